import type { ServerOptions } from './transport/options.ts';
import { createProtocol, type ProtocolMaker, WebSocketServer } from './transport/upgrade.ts';

export { echo } from './echo.ts';
export { CLOSE, type Close, NO_CLOSE, NO_CODE, Violation } from './protocol/close.ts';
export type { Kind, Message } from './protocol/message.ts';
export { Protocol, type ProtocolSettings, type Step } from './protocol/protocol.ts';
export type { Connection, ConnectionEvents, Ended, Receiver } from './transport/connection.ts';
export type { DeflateOptions, Limits, Rejection, ServerOptions } from './transport/options.ts';
export type { ProtocolMaker, ServerEvents, WebSocketServer } from './transport/upgrade.ts';

/**
 * Creates a WebSocket server (RFC 6455) with permessage-deflate (RFC 7692). The server does not listen yet: call
 * `listen` or `attach`.
 *
 * ```ts
 * const server = createServer({ path: '/ws' });
 * server.on('connection', (connection) => connection.on('message', (message) => connection.send(message)));
 * console.log(await server.listen(8888)); // ws://127.0.0.1:8888/ws
 * ```
 *
 * @param makeProtocol creates the protocol object of each connection. Pass this function only for a test server that
 * breaks a rule of the RFC on purpose.
 * @throws {RangeError} if an option is out of range.
 */
export function createServer(
  options: ServerOptions = {},
  makeProtocol: ProtocolMaker = createProtocol,
): WebSocketServer {
  return new WebSocketServer(options, makeProtocol);
}
