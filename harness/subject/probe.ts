import { createHash, randomBytes } from 'node:crypto';
import net from 'node:net';
import tls from 'node:tls';
import { addressOf } from './address.ts';
import { type HandshakeOptions, headerLines } from './handshake-options.ts';

/**
 * What a probe (a short test connection) waits for. `tcp`: a TCP connection. `handshake`: a correct answer to the
 * opening handshake. `echo`: a text message that comes back after the handshake.
 */
export type ProbeKind = 'handshake' | 'echo' | 'tcp';

/** Result of a probe: `open` if the server answered as expected, else a part of a sentence that says what was wrong. */
export type ProbeResult = 'open' | { why: string };

/**
 * Maximum number of bytes that are read of the answer to the opening handshake. A longer answer is judged by these
 * bytes.
 */
const MAX_ANSWER_BYTES = 65_536;
/** Maximum number of bytes after the handshake that are kept in memory while the probe waits for the echo. */
const MAX_KEPT_BYTES = 1024;
/** This text is appended to the key of the request to compute Sec-WebSocket-Accept (RFC 6455 section 4.2.2). */
const ACCEPT_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/**
 * Asks a WebSocket server whether it works, over one TCP connection. The tool uses this probe to find out when a
 * started server is ready, and whether a server that makes no progress still answers. Never rejects.
 */
export async function probe(
  url: string,
  timeoutMs: number,
  kind: ProbeKind = 'handshake',
  options: HandshakeOptions = {},
): Promise<ProbeResult> {
  const { host, port, secure } = addressOf(url);
  // Every certificate is accepted here. Other code (`certificates.ts`) checks whether a certificate can be trusted.
  const socket = secure ? tls.connect({ host, port, rejectUnauthorized: false }) : net.connect({ host, port });
  const key = randomBytes(16).toString('base64');
  const message = `ws-conformance asks ${key}`;
  return await new Promise((resolve) => {
    let received = Buffer.alloc(0);
    let isUpgraded = false;
    const finish = (result: ProbeResult) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
    const missing = () =>
      isUpgraded ? 'the text that was sent did not come back' : 'no answer to the opening handshake';
    const timer = setTimeout(() => finish({ why: `${missing()} within ${timeoutMs} ms` }), timeoutMs);
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      // Non-ASCII characters of header values are sent as latin1 (RFC 9110 section 5.5).
      if (kind === 'tcp') finish('open');
      else socket.write(upgradeRequest(url, key, options), 'latin1');
    });
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (isUpgraded) {
        // The echo of the message is expected in one frame, because the message was sent in one frame. Other frames are
        // ignored.
        if (received.includes(textFrame(message))) finish('open');
        else received = received.subarray(-MAX_KEPT_BYTES);
        return;
      }
      const end = received.indexOf('\r\n\r\n');
      if (end < 0 && received.length < MAX_ANSWER_BYTES) return;
      const head = received.toString('latin1', 0, end < 0 ? MAX_ANSWER_BYTES : end);
      const isEndless = `the answer to the opening handshake does not end within ${MAX_ANSWER_BYTES} bytes`;
      const problem = refusal(head, key) ?? (end < 0 ? isEndless : undefined);
      if (problem !== undefined) return finish({ why: problem });
      if (kind === 'handshake') return finish('open');
      isUpgraded = true;
      received = received.subarray(end + 4);
      socket.write(textFrame(message, randomBytes(4)));
    });
    socket.once('error', (error) => finish({ why: error.message }));
    socket.once('close', () => finish({ why: `the connection was closed: ${missing()}` }));
  });
}

/** The request of the client's opening handshake (RFC 6455 section 4.1). */
function upgradeRequest(url: string, key: string, options: HandshakeOptions): string {
  const { hostname, pathname, search } = new URL(url);
  const lines = [
    `GET ${pathname}${search} HTTP/1.1`,
    `Host: ${hostname}:${addressOf(url).port}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Key: ${key}`,
    'Sec-WebSocket-Version: 13',
    ...headerLines(options),
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/**
 * Returns why an HTTP answer is not a correct answer to the opening handshake; undefined if it is correct.
 * @param head status line and header fields.
 */
function refusal(head: string, key: string): string | undefined {
  const status = head.split('\r\n', 1)[0] ?? '';
  if (!/^HTTP\/1\.1 101(?: |$)/.test(status)) {
    return status.startsWith('HTTP/')
      ? `the opening handshake was answered with "${printable(status)}"`
      : 'the opening handshake was answered with something that is not HTTP';
  }
  const accept = createHash('sha1').update(`${key}${ACCEPT_GUID}`).digest('base64');
  return head.includes(accept) ? undefined : 'the answer to the opening handshake has a wrong Sec-WebSocket-Accept';
}

/**
 * Encodes a text message of less than 126 bytes as one frame (RFC 6455 section 5.2).
 * @param mask masking key; a server's frame has none.
 */
function textFrame(text: string, mask?: Buffer): Buffer {
  const payload = Buffer.from(text);
  if (mask === undefined) return Buffer.concat([Buffer.from([0x81, payload.length]), payload]);
  const masked = payload.map((byte, at) => byte ^ mask.readUInt8(at % 4));
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length]), mask, masked]);
}

/**
 * Returns the first 80 characters of a text from the server. Everything that is not printable ASCII is replaced by `?`.
 */
function printable(text: string): string {
  return text.slice(0, 80).replace(/[^\x20-\x7e]/g, '?');
}
