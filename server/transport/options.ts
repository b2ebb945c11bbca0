import type { IncomingMessage } from 'node:http';
import type { DeflatePreferences } from '../protocol/offers.ts';

/** Options of `createServer`. Each option has a default that suits a server on the public internet. */
export type ServerOptions = {
  /** Path that serves WebSockets. Requests for other paths get 404. Default: `/`. */
  readonly path?: string;
  /** Value of the `Server` header in responses. Default: `websock server`. */
  readonly agent?: string;
  /**
   * Origins that may connect, such as `https://example.org`, or a function that decides. Other origins get 403. If the
   * option is a list, a request without an Origin header gets 403 too. Default: no check (RFC 6455 §10.2).
   */
  readonly allowedOrigins?: readonly string[] | ((origin: string | undefined) => boolean);
  /**
   * Subprotocols that the server supports, or a function that chooses one of the client's subprotocols (RFC 6455 §1.9).
   * If the option is a list, the server takes the client's first subprotocol that is in the list. Default: none.
   */
  readonly protocols?: readonly string[] | ((offered: readonly string[]) => string | undefined);
  /**
   * Called for each valid handshake before the response. The function returns true to accept, or the HTTP error to
   * send. If it returns a promise, the promise may take up to `handshakeTimeoutMs`. If the function throws, the client
   * gets 500, and the server emits `fault` with the error.
   */
  readonly verify?: (request: IncomingMessage) => true | Rejection | Promise<true | Rejection>;
  /** Parameters of permessage-deflate (RFC 7692), or false to disable the extension. */
  readonly deflate?: Partial<DeflateOptions> | false;
} & Partial<Limits>;

/** HTTP error that refuses a handshake: `status` is 400 to 599, and `why` is the text of the response body. */
export type Rejection = { readonly status: number; readonly why: string };

/** Limits of a server. The name of each limit ends with its unit, bytes or milliseconds. */
export type Limits = {
  /** Largest accepted message, before and after inflating. Larger messages get close code 1009. Default: 16 MiB. */
  readonly maxMessageBytes: number;
  /**
   * Largest number of frames in one message. Messages with more frames get close code 1008. Default: 131,072, twice the
   * number that case 9.3.1 of the Autobahn test suite sends.
   */
  readonly maxFragmentsPerMessage: number;
  /**
   * Largest total size of all messages of this process that have not arrived completely. A connection that exceeds the
   * limit gets close code 1008. Default: 256 MiB.
   */
  readonly maxIncompleteBytesPerProcess: number;
  /** Time until a handshake request must be complete. Default: 10 s. */
  readonly handshakeTimeoutMs: number;
  /** The server pings a peer that has sent nothing for this time. Default: 20 s. */
  readonly pingIntervalMs: number;
  /** The server drops a peer that has sent nothing, not even a Pong, for this time. Default: 45 s. */
  readonly pingTimeoutMs: number;
  /** Time in which the peer must answer the server's Close frame or FIN. Default: 5 s. */
  readonly closeTimeoutMs: number;
  /** The server stops reading from a peer if this much data for the peer is unsent. Default: 1 MiB. */
  readonly pauseReadingAtUnsentBytes: number;
};

/** Parameters of permessage-deflate (RFC 7692) and of the compression of sent messages. */
export type DeflateOptions = DeflatePreferences & {
  /**
   * zlib level, 1 to 9. Default: 1. For a JSON message of 128 KiB level 1 takes 0.10 ms and produces 7.8 KB; zlib's
   * usual level 6 takes 0.51 ms and produces 5.0 KB.
   */
  readonly level: number;
  /** Messages with fewer bytes are sent uncompressed. Default: 0, which compresses all messages. */
  readonly fromBytes: number;
};

/** Server options with all defaults filled in. */
export type Settings = {
  readonly path: string;
  readonly agent: string;
  readonly allowedOrigins: ServerOptions['allowedOrigins'];
  readonly protocols: NonNullable<ServerOptions['protocols']>;
  readonly verify: ServerOptions['verify'];
  readonly deflate: DeflateOptions | undefined;
} & Limits;

const DEFAULT_DEFLATE: DeflateOptions = {
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  serverMaxWindowBits: 15,
  level: 1,
  fromBytes: 0,
};

/**
 * Fills in the defaults of the server options.
 *
 * @throws {RangeError} if a limit is not a positive integer, a deflate option is out of the range of zlib, or `agent`
 * or `path` contains characters that must not stand in an HTTP response.
 */
export function resolveOptions(options: ServerOptions = {}): Settings {
  const deflate = options.deflate === false ? undefined : { ...DEFAULT_DEFLATE, ...options.deflate };
  if (deflate !== undefined) {
    assertInRange('deflate.serverMaxWindowBits', deflate.serverMaxWindowBits, 9, 15);
    assertInRange('deflate.level', deflate.level, 1, 9);
    assertInRange('deflate.fromBytes', deflate.fromBytes, 0, Number.MAX_SAFE_INTEGER);
  }
  const limits: Limits = {
    maxMessageBytes: options.maxMessageBytes ?? 16 * 1024 * 1024,
    maxFragmentsPerMessage: options.maxFragmentsPerMessage ?? 131_072,
    maxIncompleteBytesPerProcess: options.maxIncompleteBytesPerProcess ?? 256 * 1024 * 1024,
    handshakeTimeoutMs: options.handshakeTimeoutMs ?? 10_000,
    pingIntervalMs: options.pingIntervalMs ?? 20_000,
    pingTimeoutMs: options.pingTimeoutMs ?? 45_000,
    closeTimeoutMs: options.closeTimeoutMs ?? 5_000,
    pauseReadingAtUnsentBytes: options.pauseReadingAtUnsentBytes ?? 1024 * 1024,
  };
  for (const [name, value] of Object.entries(limits)) assertInRange(name, value, 1, Number.MAX_SAFE_INTEGER);
  const { path = '/', agent = 'websock server' } = options;
  // `agent` and `path` are written into responses unescaped, so line breaks in them would add headers.
  if (!/^[\x20-\x7e]*$/.test(agent))
    throw new RangeError(`agent is ${JSON.stringify(agent)}: it must be printable ASCII`);
  if (!/^\/[\x21-\x7e]*$/.test(path))
    throw new RangeError(`path is ${JSON.stringify(path)}: it must begin with / and be printable ASCII`);
  return {
    path,
    agent,
    allowedOrigins: options.allowedOrigins,
    protocols: options.protocols ?? [],
    verify: options.verify,
    deflate,
    ...limits,
  };
}

function assertInRange(name: string, value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new RangeError(`${name} is ${value}: it must be a whole number from ${min} to ${max}`);
  }
}
