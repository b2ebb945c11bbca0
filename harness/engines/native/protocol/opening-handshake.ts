import { createHash } from 'node:crypto';
import { decodePython2Utf8 } from '../../../support/python2-utf8.ts';
import type { Deflate } from './permessage-deflate.ts';
import { lower, splitLines, strip } from './python2-text.ts';

/**
 * The opening handshake of one side of one connection (RFC 6455 4). This object performs no input or output. Each
 * method returns what the endpoint (the owner of the connection) has to do next. Tests can therefore send any request
 * or response. For a transport that needs no handshake, `start` returns an outcome immediately.
 */
export interface OpeningHandshake {
  /** Called once, when the transport is connected. */
  start(): HandshakeStep;
  /** Called with the bytes that arrive, in pieces of any size, until a step has an outcome. */
  receive(bytes: Buffer): HandshakeStep;
}

/** What an endpoint does next in its opening handshake. An empty step means: wait for more bytes. */
export interface HandshakeStep {
  /** Bytes to send. They are sent before the outcome takes effect. */
  send?: Buffer;
  /** The head of the HTTP request, as it is shown in the result: without secret values. */
  request?: string;
  /** The head of the HTTP response, as it is shown in the result. */
  response?: string;
  outcome?: HandshakeOutcome;
}

/** The end of an opening handshake. `rest` contains the bytes that arrived after the handshake: the first frames. */
export type HandshakeOutcome = { opened: true; deflate: Deflate | null; rest: Buffer } | { opened: false; why: string };

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** The value of `Sec-WebSocket-Accept` that answers a `Sec-WebSocket-Key` (RFC 6455 4.2.2, item 5.4). */
export const acceptFor = (key: string): string =>
  createHash('sha1')
    .update(key + GUID)
    .digest('base64');

const HEAD_END = Buffer.from('\r\n\r\n');

/** Collects the head of an HTTP message from pieces of any size. */
export class HeadCollector {
  #buffered: Buffer = Buffer.alloc(0);

  /**
   * Returns the head, including its blank line, and the bytes after it. Returns null until the blank line has arrived.
   */
  push(bytes: Buffer): { head: Buffer; rest: Buffer } | null {
    this.#buffered = Buffer.concat([this.#buffered, bytes]);
    const end = this.#buffered.indexOf(HEAD_END);
    if (end < 0) return null;
    const length = end + HEAD_END.length;
    return { head: this.#buffered.subarray(0, length), rest: this.#buffered.subarray(length) };
  }
}

/**
 * Splits the head of an HTTP message into its first line and its fields. As in Autobahn, the rules of Python 2 decide
 * what ends a line and what is white space. Throws TypeError if the head is not UTF-8.
 */
export function parseHead(head: Buffer): { firstLine: string; fields: Fields } {
  const text = decodePython2Utf8(head);
  if (text === null) throw new TypeError('the head of the HTTP message is not UTF-8');
  const [firstLine = '', ...lines] = splitLines(text);
  return { firstLine: strip(firstLine), fields: parseFields(lines) };
}

/**
 * HTTP fields by lower-case name. If a field is repeated, its values are joined by commas, and `count` is their number.
 */
export type Fields = ReadonlyMap<string, { value: string; count: number }>;

function parseFields(lines: readonly string[]): Fields {
  const fields = new Map<string, { value: string; count: number }>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    const name = lower(strip(line.slice(0, colon)));
    const value = strip(line.slice(colon + 1));
    const earlier = fields.get(name);
    fields.set(name, earlier ? { value: `${earlier.value}, ${value}`, count: earlier.count + 1 } : { value, count: 1 });
  }
  return fields;
}

/**
 * Returns what is wrong with the fields `Upgrade` and `Connection`, which both a request and a response need; null if
 * both are right.
 */
export function upgradeFault(fields: Fields): string | null {
  const upgrade = fields.get('upgrade');
  if (upgrade === undefined) return 'the field Upgrade is missing';
  if (lower(upgrade.value) !== 'websocket') return `Upgrade is ${JSON.stringify(upgrade.value)}, not websocket`;
  const connection = fields.get('connection');
  if (connection === undefined) return 'the field Connection is missing';
  const tokens = connection.value.split(',').map((token) => lower(strip(token)));
  return tokens.includes('upgrade') ? null : `Connection is ${JSON.stringify(connection.value)}, without upgrade`;
}
