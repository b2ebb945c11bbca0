import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/**
 * Minimal WebSocket client for benchmarks. It builds frames in advance with a masking key of zero, and it only counts
 * the bytes of the echoes.
 */

const REQUEST = [
  'GET / HTTP/1.1',
  'Host: 127.0.0.1',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
];

/** Builds a client frame with a masking key of zero. `first` is the whole first byte of the header. */
export function clientFrame(first: number, payload: Buffer): Buffer {
  const { length } = payload;
  const head = Buffer.alloc(length < 126 ? 6 : length < 65_536 ? 8 : 14);
  head[0] = first;
  head[1] = 0x80 | (length < 126 ? length : length < 65_536 ? 126 : 127);
  if (length >= 65_536) head.writeBigUInt64BE(BigInt(length), 2);
  else if (length >= 126) head.writeUInt16BE(length, 2);
  return Buffer.concat([head, payload]);
}

/** Returns the size in bytes of the server's frame for a payload of this length. */
export function echoBytes(length: number): number {
  return length + (length < 126 ? 2 : length < 65_536 ? 4 : 10);
}

/** Opens a WebSocket connection. @throws {Error} if the server refuses the handshake or closes the connection. */
export async function open(port: number, deflate = false): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  socket.on('error', () => {});
  const extension = deflate ? ['Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover'] : [];
  socket.write(`${[...REQUEST, ...extension].join('\r\n')}\r\n\r\n`);
  const [response] = (await Promise.race([once(socket, 'data'), once(socket, 'close')])) as [Buffer | boolean];
  if (!Buffer.isBuffer(response) || !response.toString('latin1').startsWith('HTTP/1.1 101')) {
    socket.destroy();
    throw new Error(`not upgraded: ${String(response).split('\r\n')[0]}`);
  }
  return socket;
}

/** Sends a frame and waits for an answer of `bytes` bytes. @throws {Error} if the connection closes before. */
export async function echoed(socket: Socket, frame: Buffer, bytes: number): Promise<void> {
  let remaining = bytes;
  await new Promise<void>((resolve, reject) => {
    const onClose = () => reject(new Error('the server closed'));
    const onData = (chunk: Buffer) => {
      remaining -= chunk.length;
      if (remaining > 0) return;
      socket.off('data', onData).off('close', onClose);
      resolve();
    };
    socket.on('data', onData).once('close', onClose);
    socket.write(frame);
  });
}

/** Returns a percentile of `numbers`: the share `share` (0 to 1) of the numbers is at most as large as the result. */
export function percentile(numbers: readonly number[], share: number): number {
  const sorted = Float64Array.from(numbers).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Waits for `ms` milliseconds. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
