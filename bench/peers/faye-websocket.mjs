import { createServer } from 'node:http';
import WebSocket from 'faye-websocket';

const http = createServer();
http.on('upgrade', (request, socket, head) => {
  const peer = new WebSocket(request, socket, head);
  peer.on('message', (event) => peer.send(event.data));
});
http.listen(0, '127.0.0.1', () => console.log(`listening ${http.address().port}`));
