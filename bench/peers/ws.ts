import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';

// The optional argument is the compression level. Without it ws uses zlib's default level 6, which compresses better
// and takes longer than level 1 of our server.
const [level] = process.argv.slice(2).map(Number);
const zlibDeflateOptions = level === undefined ? {} : { level };
const server = new WebSocketServer({
  port: 0,
  host: '127.0.0.1',
  perMessageDeflate: { threshold: 0, zlibDeflateOptions },
});
server.on('connection', (socket) => socket.on('message', (data, binary) => socket.send(data, { binary })));
server.on('listening', () => console.log(`listening ${(server.address() as AddressInfo).port}`));
