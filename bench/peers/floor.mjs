/**
 * Lower bound of the work that a server on Node must do for a message. It reads into the same memory each time and
 * writes with the same request object. It uses no stream, checks no rule of the protocol, and expects one message of at
 * most 125 bytes per read. It is not usable as a server.
 */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';

const { WriteWrap } = process.binding('stream_wrap');
/** Constant for the computation of Sec-WebSocket-Accept (RFC 6455 §1.3). */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const memory = Buffer.alloc(64 * 1024);
const answer = Buffer.alloc(127);
const request = new WriteWrap();

const http = createServer();
http.on('upgrade', ({ headers }, socket) => {
  const accept = createHash('sha1')
    .update(headers['sec-websocket-key'] + GUID)
    .digest('base64');
  socket.on('error', () => {});
  socket.setNoDelay(true);
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  const handle = socket._handle;
  const fields = new Map(Object.getOwnPropertySymbols(socket).map((symbol) => [symbol.description, symbol]));
  socket[fields.get('kBuffer')] = memory;
  socket[fields.get('kBufferGen')] = null;
  socket[fields.get('kBufferCb')] = () => {
    const bytes = memory[1] & 0x7f;
    answer[0] = memory[0];
    answer[1] = bytes;
    for (let n = 0; n < bytes; n++) answer[n + 2] = memory[n + 6] ^ memory[2 + (n & 3)];
    handle.writeBuffer(request, bytes === 125 ? answer : answer.subarray(0, bytes + 2));
  };
  handle.useUserBuffer(memory);
  socket.resume();
});
http.listen(0, '127.0.0.1', () => console.log(`listening ${http.address().port}`));
