import type { IncomingMessage } from 'node:http';
import type { DeflateWishes } from '../protocol/offers.ts';

/** What can be set about a server. Everything has a default that suits the open internet. */
export type ServerOptions = {
  /** The path that serves WebSockets; others get 404. Default `/`. */
  readonly path?: string;
  /** What the `Server` header says. Default `websock server`. */
  readonly agent?: string;
  /**
   * Origins (`https://example.org`) that may connect, or who decides; others get 403. With a list, so does a request
   * that names none. Default: no check (RFC 6455 §10.2).
   */
  readonly allowedOrigins?: readonly string[] | ((origin: string | undefined) => boolean);
  /**
   * Subprotocols we speak, of which the first the client names is agreed; or who chooses one of those offered
   * (RFC 6455 §1.9). Default: none.
   */
  readonly protocols?: readonly string[] | ((offered: readonly string[]) => string | undefined);
  /**
   * Asked about each handshake that is otherwise good, before it is answered: true, or why not. It may take up to
   * `handshakeTimeoutMs`. Where it throws, the client gets 500 and the server's `fault` event the error.
   */
  readonly verify?: (request: IncomingMessage) => true | Rejection | Promise<true | Rejection>;
  /** permessage-deflate (RFC 7692): what we want of it, or false for none. */
  readonly deflate?: Partial<DeflateOptions> | false;
} & Partial<Limits>;

/** Why a handshake is not answered: an HTTP status from 400 to 599, and what its body says. */
export type Rejection = { readonly status: number; readonly why: string };

/** Limits, each with its unit. */
export type Limits = {
  /** The largest message taken, inclusive, also after inflating. Default 16 MiB. */
  readonly maxMessageBytes: number;
  /** The most frames a message may be in; more get 1008. Default 131,072: twice what Autobahn's 9.3.1 sends. */
  readonly maxFragmentsPerMessage: number;
  /** What all unfinished messages of this process may hold together; more gets 1008. Default 256 MiB. */
  readonly maxIncompleteBytesPerProcess: number;
  /** A request has this long to be complete. Default 10 s. */
  readonly handshakeTimeoutMs: number;
  /** A peer that says nothing for this long is pinged. Default 20 s. */
  readonly pingIntervalMs: number;
  /** A peer that says nothing for this long, Pongs included, is given up. Default 45 s. */
  readonly pingTimeoutMs: number;
  /** After our Close, or our FIN, the peer has this long to do its part. Default 5 s. */
  readonly closeTimeoutMs: number;
  /** We stop reading from a peer that leaves this much unread of ours. Default 1 MiB. */
  readonly pauseReadingAtUnsentBytes: number;
};

/** How we compress. */
export type DeflateOptions = DeflateWishes & {
  /**
   * zlib's level, 1 to 9. Default 1: on JSON messages of 128 KiB it takes 0.10 ms where zlib's usual 6 takes 0.51 ms,
   * and makes 7.8 KB where 6 makes 5.0 KB.
   */
  readonly level: number;
  /** Smaller messages are sent uncompressed. Default 0: all are compressed. */
  readonly fromBytes: number;
};

/** Options with every default filled in. */
export type Settings = {
  readonly path: string;
  readonly agent: string;
  readonly allowedOrigins: ServerOptions['allowedOrigins'];
  readonly protocols: NonNullable<ServerOptions['protocols']>;
  readonly verify: ServerOptions['verify'];
  readonly deflate: DeflateOptions | undefined;
} & Limits;

const DEFLATE: DeflateOptions = {
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  serverMaxWindowBits: 15,
  level: 1,
  fromBytes: 0,
};

/**
 * Fills in the defaults.
 *
 * @throws {RangeError} for a limit that is not a positive number, or deflate options that zlib does not know.
 */
export function resolveOptions(options: ServerOptions = {}): Settings {
  const deflate = options.deflate === false ? undefined : { ...DEFLATE, ...options.deflate };
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
  // Both go into responses as they are.
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

function assertInRange(name: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new RangeError(`${name} is ${value}: it must be a whole number from ${least} to ${most}`);
  }
}
