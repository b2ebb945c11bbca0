import type { ServerOptions } from './transport/options.ts';
import { honest, type ProtocolMaker, WebSocketServer } from './transport/upgrade.ts';

export { echo } from './echo.ts';
export { CLOSE, type Close, NO_CLOSE, NO_CODE } from './protocol/close.ts';
export type { Kind, Message } from './protocol/message.ts';
export { Protocol, type ProtocolSettings, type Step } from './protocol/protocol.ts';
export { Violation } from './protocol/violation.ts';
export type { Connection, ConnectionEvents, Ended, Receiver } from './transport/connection.ts';
export type { DeflateOptions, Limits, Rejection, ServerOptions } from './transport/options.ts';
export type { ProtocolMaker, ServerEvents, WebSocketServer } from './transport/upgrade.ts';

/**
 * Makes a WebSocket server (RFC 6455, with permessage-deflate of RFC 7692).
 *
 * ```ts
 * const server = createServer({ path: '/ws' });
 * server.on('connection', (connection) => connection.on('message', (message) => connection.send(message)));
 * console.log(await server.listen(8888)); // ws://127.0.0.1:8888/ws
 * ```
 *
 * @param makeProtocol the rules each connection goes by. For servers that are wrong on purpose; leave it out.
 * @throws {RangeError} for an option out of its range.
 */
export function createServer(options: ServerOptions = {}, makeProtocol: ProtocolMaker = honest): WebSocketServer {
  return new WebSocketServer(options, makeProtocol);
}
