import { EventEmitter } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { CLOSE } from '../protocol/close.ts';
import { Protocol, type ProtocolSettings } from '../protocol/protocol.ts';
import { Connection } from './connection.ts';
import { asksFor, type Judgement, judgeUpgrade, type Refusal, refusePlain } from './handshake.ts';
import { type Rejection, resolveOptions, type ServerOptions, type Settings } from './options.ts';

/** Octets of request line and headers; more gets 431 from Node. */
const MAX_HEADER_BYTES = 16 * 1024;

/** How a protocol is made. A server that is wrong on purpose makes its own kind. */
export type ProtocolMaker = (settings: ProtocolSettings) => Protocol;

/** What happens on a server. */
export type ServerEvents = {
  /** A handshake was good. Attach listeners in this event's turn: what came with the request is read right after it. */
  connection: [connection: Connection, request: IncomingMessage];
  /** A hook of the options threw; the client was told 500. */
  fault: [error: unknown];
};

/** A WebSocket server: on a port of its own (`listen`), on servers that are there (`attach`), or both. */
export class WebSocketServer extends EventEmitter<ServerEvents> {
  readonly #settings: Settings;
  readonly #makeProtocol: ProtocolMaker;
  readonly #http: Server;
  readonly #connections = new Set<Connection>();
  readonly #attached = new Set<Server | SecureServer>();
  /** Handshakes that `verify` has not judged yet. */
  readonly #undecided = new Set<Duplex>();
  #closing = false;
  #allDown: () => void = ignore;

  constructor(options: ServerOptions, makeProtocol: ProtocolMaker) {
    super();
    this.#settings = resolveOptions(options);
    this.#makeProtocol = makeProtocol;
    const { handshakeTimeoutMs } = this.#settings;
    this.#http = createHttpServer({
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: handshakeTimeoutMs,
      requestTimeout: handshakeTimeoutMs,
      // Node looks for late requests at this interval only, 30 s unless told otherwise.
      connectionsCheckingInterval: Math.min(1_000, handshakeTimeoutMs),
    });
    // Beyond some number Node leaves headers out, silently; their size is limited already.
    this.#http.maxHeadersCount = 0;
    this.#http.on('upgrade', this.#upgradeOwn);
    this.#http.on('request', (request, response) => {
      // A server's request has a url; only a client's response has none.
      const refusal = refusePlain(request.url as string, this.#settings);
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
   * Listens. Port 0 takes any that is free.
   *
   * @returns the address that clients use, with the port that was taken.
   * @throws what Node says of a port that cannot be had (`EADDRINUSE`, `EACCES`).
   */
  async listen(port = 0, host = '127.0.0.1'): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#http.once('error', reject);
      this.#http.listen(port, host, () => {
        this.#http.off('error', reject);
        resolve();
      });
    });
    const { address, family, port: taken } = this.#http.address() as AddressInfo;
    return `ws://${family === 'IPv6' ? `[${address}]` : address}:${taken}${this.#settings.path}`;
  }

  /**
   * Serves WebSockets on an HTTP server that is there, beside what else it does. Its own limits on requests stay. An
   * upgrade for another path is left to its other `upgrade` listeners, and refused where there is none.
   */
  attach(http: Server | SecureServer): void {
    if (this.#attached.has(http)) return;
    this.#attached.add(http);
    http.on('upgrade', this.#upgradeAttached);
  }

  /** How many connections are up. */
  get connections(): number {
    return this.#connections.size;
  }

  /**
   * Takes no more connections, closes those there are with 1001, and resolves when all are down: at the latest
   * `closeTimeoutMs` after the slowest of them last took an octet. Servers attached to go on without WebSockets.
   */
  async close(): Promise<void> {
    this.#closing = true;
    for (const http of this.#attached) http.off('upgrade', this.#upgradeAttached);
    this.#attached.clear();
    for (const socket of this.#undecided) socket.destroy();
    const down: Promise<unknown>[] = [new Promise<void>((resolve) => this.#http.close(() => resolve()))];
    // Not those that were upgraded: node:http has let go of them.
    this.#http.closeAllConnections();
    for (const connection of this.#connections) connection.close(CLOSE.goingAway);
    if (this.#connections.size > 0) {
      down.push(
        new Promise<void>((resolve) => {
          this.#allDown = resolve;
        }),
      );
    }
    await Promise.all(down);
  }

  readonly #upgradeOwn = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    this.#upgrade(request, socket, head);
  };

  readonly #upgradeAttached = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const others = [...this.#attached].some((http) => http.listenerCount('upgrade') > 1);
    if (others && !asksFor(request.url as string, this.#settings.path)) return;
    this.#upgrade(request, socket, head);
  };

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Before all else: a socket that fails with nobody listening would end the process.
    socket.on('error', ignore);
    const { method = '', url = '', httpVersion, rawHeaders } = request;
    try {
      const judgement = judgeUpgrade({ method, url, httpVersion, rawHeaders }, this.#settings);
      if (judgement.is === 'refused') refuse(socket, judgement, this.#settings);
      else if (this.#settings.verify === undefined) this.#open(request, socket, head, judgement);
      else void this.#verify(this.#settings.verify, request, socket, head, judgement);
    } catch (error) {
      this.#failed(error, socket);
    }
  }

  /** Asks the application. Meanwhile Node reads on, until its own buffer is full: 64 KiB at most. */
  async #verify(
    verify: NonNullable<Settings['verify']>,
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    judgement: Upgraded,
  ): Promise<void> {
    this.#undecided.add(socket);
    const late = setTimeout(() => socket.destroy(), this.#settings.handshakeTimeoutMs);
    try {
      const verdict = await verify(request);
      if (socket.destroyed) return;
      if (verdict === true) this.#open(request, socket, head, judgement);
      else refuse(socket, rejection(verdict), this.#settings);
    } catch (error) {
      this.#failed(error, socket);
    } finally {
      clearTimeout(late);
      this.#undecided.delete(socket);
    }
  }

  /** A hook threw: that is no fault of the client's, and none of the process. */
  #failed(error: unknown, socket: Duplex): void {
    if (!socket.destroyed) refuse(socket, INTERNAL_ERROR, this.#settings);
    this.emit('fault', error);
  }

  #open(request: IncomingMessage, socket: Duplex, head: Buffer, judgement: Upgraded): void {
    // Closed by a hook of the options, just now.
    if (this.#closing) {
      socket.destroy();
      return;
    }
    const { deflate } = this.#settings;
    const protocol = this.#makeProtocol({
      ...this.#settings,
      deflateLevel: deflate?.level ?? 1,
      deflateFromBytes: deflate?.fromBytes ?? 0,
      deflate: judgement.deflate,
    });
    // What node:http hands out is the net.Socket that it was given.
    const connection = new Connection(socket as Socket, protocol, this.#settings, judgement.protocol);
    socket.on('error', connection.failed);
    this.#connections.add(connection);
    connection.once('close', () => {
      this.#connections.delete(connection);
      if (this.#connections.size === 0) this.#allDown();
    });
    this.emit('connection', connection, request);
    const lines = ['HTTP/1.1 101 Switching Protocols', `Server: ${this.#settings.agent}`, ...judgement.headers];
    connection.open(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head);
  }
}

type Upgraded = Extract<Judgement, { is: 'upgraded' }>;

const INTERNAL_ERROR: Refusal = { is: 'refused', status: 500, why: 'the server failed to decide', headers: [] };

/** What `verify` said, as a response. @throws {RangeError} for a status that is no error. */
function rejection({ status, why }: Rejection): Refusal {
  if (STATUS_CODES[status] === undefined || status < 400) {
    throw new RangeError(`verify answered with status ${status}: it must be one from 400 to 511 that HTTP knows`);
  }
  return { is: 'refused', status, why, headers: [] };
}

/** Answers with an HTTP error and lets the socket go; a peer that does not close its side has `closeTimeoutMs`. */
function refuse(socket: Duplex, { status, why, headers }: Refusal, settings: Settings): void {
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

function ignore(): void {}

/** The protocol as it should be. */
export function honest(settings: ProtocolSettings): Protocol {
  return new Protocol(settings);
}
