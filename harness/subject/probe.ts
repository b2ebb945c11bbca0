import { createHash, randomBytes } from 'node:crypto';
import net from 'node:net';
import tls from 'node:tls';
import { addressOf } from './address.ts';
import { type HandshakeOptions, linesOf } from './handshake-options.ts';

/** What counts as an answer: a correct opening handshake, a text that comes back after it, or that TCP connects at all. */
export type ProbeKind = 'handshake' | 'echo' | 'tcp';

/**
 * Whether a WebSocket server speaks: one TCP connection, one opening handshake (RFC 6455 4.1), and if need be one text.
 * It is how we know that a target is ready, and that one which has been silent for long is still alive.
 * @returns `open` after what was waited for; else a sentence why not. Never rejects.
 */
export async function probe(
  url: string,
  timeoutMs: number,
  until: ProbeKind = 'handshake',
  greeting: HandshakeOptions = {},
): Promise<'open' | { why: string }> {
  const { host, port, secure } = addressOf(url);
  const { hostname, pathname, search } = new URL(url);
  // Only whether it speaks is asked here, so any certificate will do.
  const socket = secure ? tls.connect({ host, port, rejectUnauthorized: false }) : net.connect({ host, port });
  const key = randomBytes(16).toString('base64');
  const word = `ws-conformance asks ${key}`;
  return await new Promise((resolve) => {
    let answer = Buffer.alloc(0);
    let isUpgraded = false;
    const finish = (result: 'open' | { why: string }) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
    const awaited = () =>
      isUpgraded ? 'the text that was sent did not come back' : 'no answer to the opening handshake';
    const timer = setTimeout(() => finish({ why: `${awaited()} within ${timeoutMs} ms` }), timeoutMs);
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      if (until === 'tcp') return finish('open');
      const request = [
        `GET ${pathname}${search} HTTP/1.1`,
        `Host: ${hostname}:${port}`,
        'Upgrade: websocket',
        'Connection: Upgrade',
        `Sec-WebSocket-Key: ${key}`,
        'Sec-WebSocket-Version: 13',
        ...linesOf(greeting),
      ];
      // As latin1: it is how field values that are not ASCII go over the wire (RFC 9110 5.5).
      socket.write(`${request.join('\r\n')}\r\n\r\n`, 'latin1');
    });
    socket.on('data', (chunk) => {
      answer = Buffer.concat([answer, chunk]);
      if (isUpgraded) {
        // An echo comes back in one frame, since it was sent in one; whatever else a server says is passed by.
        if (answer.includes(textFrame(word))) finish('open');
        else answer = answer.subarray(-1024);
        return;
      }
      const end = answer.indexOf('\r\n\r\n');
      if (end < 0 && answer.length < 65_536) return;
      const head = answer.toString('latin1', 0, Math.max(0, end));
      const status = answer.toString('latin1', 0, Math.max(0, answer.indexOf('\r\n')));
      if (!/^HTTP\/1\.1 101(?: |$)/.test(status))
        return finish({
          why: status.startsWith('HTTP/')
            ? `the opening handshake was answered with "${printable(status)}"`
            : 'the opening handshake was answered with something that is not HTTP',
        });
      const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
      if (!head.includes(accept))
        return finish({ why: 'the answer to the opening handshake has a wrong Sec-WebSocket-Accept' });
      if (until === 'handshake') return finish('open');
      isUpgraded = true;
      answer = answer.subarray(end + 4);
      socket.write(textFrame(word, randomBytes(4)));
    });
    socket.once('error', (error) => finish({ why: error.message }));
    socket.once('close', () => finish({ why: `the connection was closed: ${awaited()}` }));
  });
}

/** A whole text in one frame, below 126 octets (RFC 6455 5.2); masked where there is a mask, as a client's has to be. */
function textFrame(text: string, mask?: Buffer): Buffer {
  const payload = Buffer.from(text);
  if (mask === undefined) return Buffer.concat([Buffer.from([0x81, payload.length]), payload]);
  const masked = payload.map((octet, at) => octet ^ mask.readUInt8(at % 4));
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length]), mask, masked]);
}

function printable(text: string): string {
  return text.slice(0, 80).replace(/[^\x20-\x7e]/g, '?');
}
