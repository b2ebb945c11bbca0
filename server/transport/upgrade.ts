import { EventEmitter } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { CLOSE } from '../protocol/close.ts';
import { Protocol, type ProtocolSettings } from '../protocol/protocol.ts';
import { Connection } from './connection.ts';
import { checkUpgrade, isForPath, type Refusal, refusePlainRequest, type UpgradeDecision } from './handshake.ts';
import { type Rejection, resolveOptions, type ServerOptions, type Settings } from './options.ts';

/** Largest size of request line and headers together. Node answers larger requests with the HTTP status 431. */
const MAX_HEADER_BYTES = 16 * 1024;

/**
 * Creates the protocol object of one connection. A test server that breaks a rule on purpose passes a function that
 * creates its own subclass of Protocol.
 */
export type ProtocolMaker = (settings: ProtocolSettings) => Protocol;

/** Events of a WebSocketServer with their arguments. */
export type ServerEvents = {
  /**
   * A handshake succeeded. Attach the listeners of the connection synchronously: messages that arrived together with
   * the request are read right after this event.
   */
  connection: [connection: Connection, request: IncomingMessage];
  /**
   * A function that the application passed as an option (`verify`, `protocols`, `allowedOrigins`) threw. The client got
   * the HTTP status 500.
   */
  fault: [error: unknown];
};

/** A WebSocket server. It listens on its own port (`listen`), serves on existing HTTP servers (`attach`), or both. */
export class WebSocketServer extends EventEmitter<ServerEvents> {
  readonly #settings: Settings;
  readonly #makeProtocol: ProtocolMaker;
  readonly #http: Server;
  readonly #connections = new Set<Connection>();
  readonly #attached = new Set<Server | SecureServer>();
  /** Sockets whose handshake waits for the `verify` function. */
  readonly #unverified = new Set<Duplex>();
  #closing = false;
  #onLastClose: () => void = doNothing;

  constructor(options: ServerOptions, makeProtocol: ProtocolMaker) {
    super();
    this.#settings = resolveOptions(options);
    this.#makeProtocol = makeProtocol;
    const { handshakeTimeoutMs } = this.#settings;
    this.#http = createHttpServer({
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: handshakeTimeoutMs,
      requestTimeout: handshakeTimeoutMs,
      // Node checks request timeouts only at this interval, which is 30 s by default.
      connectionsCheckingInterval: Math.min(1_000, handshakeTimeoutMs),
    });
    // 0 disables Node's limit for the number of headers: Node drops further headers silently. The limit for the total
    // size stays.
    this.#http.maxHeadersCount = 0;
    this.#http.on('upgrade', this.#onOwnUpgrade);
    this.#http.on('request', (request, response) => {
      // The `url` of an IncomingMessage is undefined only for responses that a client receives.
      const refusal = refusePlainRequest(request.url as string, this.#settings);
      for (const header of refusal.headers) {
        const [name = '', value = ''] = header.split(': ');
        response.setHeader(name, value);
      }
      response.setHeader('Server', this.#settings.agent);
      response.writeHead(refusal.status, { 'Content-Type': 'text/plain' });
      response.end(`${refusal.why}\n`);
      request.resume();
    });
  }

  /**
   * Starts listening. Port 0 means any free port.
   *
   * @returns the WebSocket URL of the server, with the actual port.
   * @throws Node's error if the port is not available (`EADDRINUSE`, `EACCES`).
   */
  async listen(port = 0, host = '127.0.0.1'): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#http.once('error', reject);
      this.#http.listen(port, host, () => {
        this.#http.off('error', reject);
        resolve();
      });
    });
    const { address, family, port: actualPort } = this.#http.address() as AddressInfo;
    return `ws://${family === 'IPv6' ? `[${address}]` : address}:${actualPort}${this.#settings.path}`;
  }

  /**
   * Serves WebSockets on an existing HTTP server, which also continues to answer its own requests. The request limits
   * of the HTTP server apply. An upgrade request for another path is left to the other `upgrade` listeners. If there
   * are no others, the request is refused.
   */
  attach(http: Server | SecureServer): void {
    if (this.#attached.has(http)) return;
    this.#attached.add(http);
    http.on('upgrade', this.#onAttachedUpgrade);
  }

  /** Number of open connections. */
  get connections(): number {
    return this.#connections.size;
  }

  /**
   * Stops accepting connections, closes all open connections with close code 1001, and resolves when all of them are
   * closed. The server drops a peer that does not answer and takes no data for `closeTimeoutMs`. HTTP servers passed to
   * `attach` continue to run, without WebSockets.
   */
  async close(): Promise<void> {
    this.#closing = true;
    for (const http of this.#attached) http.off('upgrade', this.#onAttachedUpgrade);
    this.#attached.clear();
    for (const socket of this.#unverified) socket.destroy();
    const closed: Promise<unknown>[] = [new Promise<void>((resolve) => this.#http.close(() => resolve()))];
    // Closes plain HTTP connections only: node:http no longer tracks upgraded sockets.
    this.#http.closeAllConnections();
    for (const connection of this.#connections) connection.close(CLOSE.goingAway);
    if (this.#connections.size > 0) {
      closed.push(
        new Promise<void>((resolve) => {
          this.#onLastClose = resolve;
        }),
      );
    }
    await Promise.all(closed);
  }

  readonly #onOwnUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    this.#upgrade(request, socket, head);
  };

  readonly #onAttachedUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const others = [...this.#attached].some((http) => http.listenerCount('upgrade') > 1);
    if (others && !isForPath(request.url as string, this.#settings.path)) return;
    this.#upgrade(request, socket, head);
  };

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Attach the error listener first: if a socket has no such listener, an 'error' event ends the process.
    socket.on('error', doNothing);
    const { method = '', url = '', httpVersion, rawHeaders } = request;
    try {
      const decision = checkUpgrade({ method, url, httpVersion, rawHeaders }, this.#settings);
      if (decision.is === 'refused') writeRefusal(socket, decision, this.#settings);
      else if (this.#settings.verify === undefined) this.#openConnection(request, socket, head, decision);
      else void this.#verify(this.#settings.verify, request, socket, head, decision);
    } catch (error) {
      this.#onHookError(error, socket);
    }
  }

  /**
   * Waits for the application's function `verify`. In the meantime Node buffers up to 64 KiB of the data that the
   * client sends.
   */
  async #verify(
    verify: NonNullable<Settings['verify']>,
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    decision: Upgraded,
  ): Promise<void> {
    this.#unverified.add(socket);
    const timeout = setTimeout(() => socket.destroy(), this.#settings.handshakeTimeoutMs);
    try {
      const answer = await verify(request);
      if (socket.destroyed) return;
      if (answer === true) this.#openConnection(request, socket, head, decision);
      else writeRefusal(socket, toRefusal(answer), this.#settings);
    } catch (error) {
      this.#onHookError(error, socket);
    } finally {
      clearTimeout(timeout);
      this.#unverified.delete(socket);
    }
  }

  /** Handles an error that a function passed as an option threw: the client gets 500, and the process continues. */
  #onHookError(error: unknown, socket: Duplex): void {
    if (!socket.destroyed) writeRefusal(socket, INTERNAL_ERROR, this.#settings);
    this.emit('fault', error);
  }

  #openConnection(request: IncomingMessage, socket: Duplex, head: Buffer, decision: Upgraded): void {
    // A function passed as an option (for example `verify`) can have closed the server during this handshake.
    if (this.#closing) {
      socket.destroy();
      return;
    }
    const { deflate } = this.#settings;
    const protocol = this.#makeProtocol({
      ...this.#settings,
      deflateLevel: deflate?.level ?? 1,
      deflateFromBytes: deflate?.fromBytes ?? 0,
      deflate: decision.deflate,
    });
    // node:http types the socket as Duplex, but passes the original net.Socket.
    const connection = new Connection(socket as Socket, protocol, this.#settings, decision.protocol);
    socket.on('error', connection.onSocketError);
    this.#connections.add(connection);
    connection.once('close', () => {
      this.#connections.delete(connection);
      if (this.#connections.size === 0) this.#onLastClose();
    });
    this.emit('connection', connection, request);
    const lines = ['HTTP/1.1 101 Switching Protocols', `Server: ${this.#settings.agent}`, ...decision.headers];
    connection.open(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head);
  }
}

type Upgraded = Extract<UpgradeDecision, { is: 'upgraded' }>;

const INTERNAL_ERROR: Refusal = { is: 'refused', status: 500, why: 'internal server error', headers: [] };

/**
 * Converts the Rejection of `verify` to an HTTP error.
 *
 * @throws {RangeError} if the status is not a known error status.
 */
function toRefusal({ status, why }: Rejection): Refusal {
  if (STATUS_CODES[status] === undefined || status < 400) {
    throw new RangeError(`verify returned status ${status}: it must be a known HTTP status from 400 to 511`);
  }
  return { is: 'refused', status, why, headers: [] };
}

/** Writes an HTTP error response and ends the socket. After `closeTimeoutMs` the socket is destroyed. */
function writeRefusal(socket: Duplex, { status, why, headers }: Refusal, settings: Settings): void {
  const body = `${why}\n`;
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `Server: ${settings.agent}`,
    'Connection: close',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...headers,
  ];
  const timer = setTimeout(() => socket.destroy(), settings.closeTimeoutMs);
  socket.on('close', () => clearTimeout(timer));
  socket.resume();
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
}

function doNothing(): void {}

/** Default ProtocolMaker: creates the conformant protocol. */
export function createProtocol(settings: ProtocolSettings): Protocol {
  return new Protocol(settings);
}
