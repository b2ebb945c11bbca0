import { createServer } from 'node:http';
import websocket from 'websocket';

const http = createServer();
const most = 16 * 1024 * 1024;
const server = new websocket.server({
  httpServer: http,
  maxReceivedFrameSize: most,
  maxReceivedMessageSize: most,
  fragmentOutgoingMessages: false,
});
server.on('request', (request) => {
  const connection = request.accept();
  connection.on('message', (message) => {
    if (message.type === 'utf8') connection.sendUTF(message.utf8Data);
    else connection.sendBytes(message.binaryData);
  });
});
http.listen(0, '127.0.0.1', () => console.log(`listening ${http.address().port}`));
