import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A client of a bench, as small as will do: frames are made beforehand with a mask of zeros, and echoes are counted. */

const REQUEST = [
  'GET / HTTP/1.1',
  'Host: 127.0.0.1',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
];

/** A client's frame; `first` is its whole first octet. */
export function clientFrame(first: number, payload: Buffer): Buffer {
  const { length } = payload;
  const head = Buffer.alloc(length < 126 ? 6 : length < 65_536 ? 8 : 14);
  head[0] = first;
  head[1] = 0x80 | (length < 126 ? length : length < 65_536 ? 126 : 127);
  if (length >= 65_536) head.writeBigUInt64BE(BigInt(length), 2);
  else if (length >= 126) head.writeUInt16BE(length, 2);
  return Buffer.concat([head, payload]);
}

/** Octets of the echo of so long a payload. */
export function echoBytes(length: number): number {
  return length + (length < 126 ? 2 : length < 65_536 ? 4 : 10);
}

/** Connects and shakes hands. @throws where it is refused, or the connection ends before. */
export async function open(port: number, deflate = false): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  socket.on('error', () => {});
  const extension = deflate ? ['Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover'] : [];
  socket.write(`${[...REQUEST, ...extension].join('\r\n')}\r\n\r\n`);
  const [answer] = (await Promise.race([once(socket, 'data'), once(socket, 'close')])) as [Buffer | boolean];
  if (!Buffer.isBuffer(answer) || !answer.toString('latin1').startsWith('HTTP/1.1 101')) {
    socket.destroy();
    throw new Error(`not upgraded: ${String(answer).split('\r\n')[0]}`);
  }
  return socket;
}

/** Sends a frame and waits for so many octets. @throws where the connection ends before. */
export async function echoed(socket: Socket, frame: Buffer, bytes: number): Promise<void> {
  let left = bytes;
  await new Promise<void>((resolve, reject) => {
    const gone = () => reject(new Error('the server closed'));
    const data = (chunk: Buffer) => {
      left -= chunk.length;
      if (left > 0) return;
      socket.off('data', data).off('close', gone);
      resolve();
    };
    socket.on('data', data).once('close', gone);
    socket.write(frame);
  });
}

/** The `share` (0 to 1) of these that is not above the result. */
export function percentile(numbers: readonly number[], share: number): number {
  const sorted = Float64Array.from(numbers).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
