import { createHash } from 'node:crypto';
import { createServer, type Socket } from 'node:net';

/** A frame as it was sent, with its payload unmasked. */
export interface WireFrame {
  fin: boolean;
  rsv: number;
  opcode: number;
  masked: boolean;
  payload: Buffer;
}

/** What the server received on one connection: the head of the HTTP request, then the chunks of bytes after it. */
export interface Recording {
  head: string;
  chunks: Buffer[];
}

/**
 * Starts a server that accepts every opening handshake and then sends nothing. `recordings` has an entry for each
 * connection, in the order in which the connections were made.
 */
export async function startRecorder(): Promise<{
  url: string;
  recordings: Recording[];
  close(): Promise<void>;
}> {
  const recordings: Recording[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    const recording: Recording = { head: '', chunks: [] };
    recordings.push(recording);
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      if (recording.head !== '') {
        recording.chunks.push(chunk);
        return;
      }
      recording.head = chunk.toString('latin1');
      const key = /^sec-websocket-key: *(\S+)/im.exec(recording.head)?.[1] ?? '';
      const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
      const extension = /^sec-websocket-extensions/im.test(recording.head)
        ? 'Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover\r\n'
        : '';
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${extension}Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `ws://127.0.0.1:${port}/`,
    recordings,
    close: () =>
      new Promise((done) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => done());
      }),
  };
}

/**
 * Splits bytes into frames. If the last frame is incomplete, it is returned with the part of its payload that has
 * arrived.
 */
export function framesOf(bytes: Buffer): WireFrame[] {
  const frames: WireFrame[] = [];
  for (let at = 0; at < bytes.length; ) {
    const [first = 0, second = 0] = bytes.subarray(at);
    let length = second & 0x7f;
    at += 2;
    if (length === 126) {
      length = bytes.readUInt16BE(at);
      at += 2;
    } else if (length === 127) {
      length = Number(bytes.readBigUInt64BE(at));
      at += 8;
    }
    const masked = second >= 0x80;
    const mask = bytes.subarray(at, at + (masked ? 4 : 0));
    at += mask.length;
    const payload = Buffer.from(bytes.subarray(at, at + length));
    if (masked) for (let i = 0; i < payload.length; i++) payload[i] = (payload[i] ?? 0) ^ (mask[i & 3] ?? 0);
    at += length;
    frames.push({ fin: first >= 0x80, rsv: (first >> 4) & 7, opcode: first & 15, masked, payload });
  }
  return frames;
}
