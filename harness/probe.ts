import { createHash, randomBytes } from 'node:crypto';
import net from 'node:net';
import tls from 'node:tls';

/** What counts as an answer: a correct opening handshake, or that the TCP connection opens at all. */
export type Readiness = 'handshake' | 'tcp';

/**
 * Whether a WebSocket server speaks: one TCP connection, one opening handshake (RFC 6455 4.1), nothing more. It is how
 * we know that a target is ready, and that one which has been silent for long is still alive.
 * @returns `open` after a correct 101; else a sentence why not. Never rejects.
 */
export async function probe(
  url: string,
  timeoutMs: number,
  until: Readiness = 'handshake',
): Promise<'open' | { why: string }> {
  const { protocol, hostname, port, pathname, search } = new URL(url);
  const secure = protocol === 'wss:';
  const host = hostname.replace(/^\[|\]$/g, '');
  const connectTo = { host, port: Number(port || (secure ? 443 : 80)) };
  // Only whether it speaks is asked here, so any certificate will do.
  const socket = secure ? tls.connect({ ...connectTo, rejectUnauthorized: false }) : net.connect(connectTo);
  const key = randomBytes(16).toString('base64');
  return await new Promise((resolve) => {
    let answer = '';
    const finish = (result: 'open' | { why: string }) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
    const timer = setTimeout(
      () => finish({ why: `no answer to the opening handshake within ${timeoutMs} ms` }),
      timeoutMs,
    );
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      if (until === 'tcp') return finish('open');
      socket.write(
        `GET ${pathname}${search} HTTP/1.1\r\nHost: ${hostname}:${connectTo.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
          `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
      );
    });
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
      const end = answer.indexOf('\r\n\r\n');
      if (end < 0 && answer.length < 65_536) return;
      const status = answer.slice(0, Math.max(0, answer.indexOf('\r\n')));
      if (!/^HTTP\/1\.1 101(?: |$)/.test(status))
        return finish({ why: `the opening handshake was answered with "${printable(status)}"` });
      const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
      if (!answer.slice(0, end).includes(accept))
        return finish({ why: 'the answer to the opening handshake has a wrong Sec-WebSocket-Accept' });
      finish('open');
    });
    socket.once('error', (error) => finish({ why: error.message }));
    socket.once('close', () => finish({ why: 'the connection was closed during the opening handshake' }));
  });
}

function printable(text: string): string {
  return text.slice(0, 80).replace(/[^\x20-\x7e]/g, '?');
}
