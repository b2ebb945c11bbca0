import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';

// Level 1 as ours: at its own default of 6 ws compresses smaller and takes longer.
const server = new WebSocketServer({
  port: 0,
  host: '127.0.0.1',
  perMessageDeflate: { threshold: 0, zlibDeflateOptions: { level: 1 } },
});
server.on('connection', (socket) => socket.on('message', (data, binary) => socket.send(data, { binary })));
server.on('listening', () => console.log(`listening ${(server.address() as AddressInfo).port}`));
