import { createHash } from 'node:crypto';
import { type Agreement, chooseOffer, isToken, parseOffers } from '../protocol/offers.ts';
import type { Settings } from './options.ts';

/**
 * Parts of an HTTP request that the opening handshake needs. `rawHeaders` contains names and values in turn, as
 * received.
 */
export type UpgradeRequest = {
  readonly method: string;
  readonly url: string;
  readonly httpVersion: string;
  readonly rawHeaders: readonly string[];
};

/**
 * Decision about a handshake: an upgrade, with the response headers and the negotiated parameters, or an HTTP error.
 */
export type UpgradeDecision =
  | {
      readonly is: 'upgraded';
      readonly headers: readonly string[];
      readonly protocol: string | undefined;
      readonly deflate: Agreement | undefined;
    }
  | Refusal;

/** HTTP error that refuses a request. `why` is the response body, which helps to debug a client. */
export type Refusal = {
  readonly is: 'refused';
  readonly status: number;
  readonly why: string;
  readonly headers: readonly string[];
};

/** Constant for the computation of Sec-WebSocket-Accept (RFC 6455 §1.3). */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** Computes the value of `Sec-WebSocket-Accept` from the client's `Sec-WebSocket-Key` (RFC 6455 §4.2.2, item 5.4). */
export function answerKey(key: string): string {
  return createHash('sha1')
    .update(key + GUID)
    .digest('base64');
}

/**
 * Base64 of 16 bytes. The last digit before `==` has four unused bits, which must be 0. The digit is therefore A, Q, g
 * or w.
 */
const KEY = /^[A-Za-z0-9+/]{21}[AQgw]==$/;

/**
 * Checks an upgrade request against RFC 6455 §4.2.1 and the server's settings. A bad request leads to a refusal, not to
 * an exception.
 *
 * @throws {TypeError} if the `protocols` function chooses a subprotocol that the client did not offer. An error that
 * the function `protocols` or `allowedOrigins` throws is thrown on.
 */
export function checkUpgrade(request: UpgradeRequest, settings: Settings): UpgradeDecision {
  const headers = collectHeaders(request.rawHeaders);
  if (request.method !== 'GET') return refuse(405, 'the method must be GET', ['Allow: GET']);
  if (pathOf(request.url) !== settings.path) return refuse(404, `WebSockets are served at ${settings.path}`);
  // Node's parser accepts HTTP 0.9 to 1.1, but a WebSocket needs 1.1. HTTP/2 and later have no Upgrade header.
  if (request.httpVersion !== '1.1') return refuse(400, 'the HTTP version must be 1.1');
  if (singleValue(headers, 'host') === undefined) return refuse(400, 'exactly one Host header is required');
  if (!listTokens(headers, 'upgrade').includes('websocket'))
    return refuse(400, 'the Upgrade header must name websocket');
  if (!listTokens(headers, 'connection').includes('upgrade'))
    return refuse(400, 'the Connection header must name Upgrade');
  // Refuse a request with a body, because the bytes of the body would be read as WebSocket frames.
  if (headers.has('transfer-encoding') || !['0', undefined].includes(headers.get('content-length')?.join())) {
    return refuse(400, 'an upgrade request must not have a body');
  }
  // RFC 6455 §4.2.2, item 4: the version must be 13. Compare it as text, because as numbers 13.0 and 0xd would also
  // equal 13.
  if (singleValue(headers, 'sec-websocket-version') !== '13') {
    return refuse(426, 'only version 13 is supported', ['Sec-WebSocket-Version: 13']);
  }
  const key = singleValue(headers, 'sec-websocket-key');
  if (key === undefined || !KEY.test(key)) return refuse(400, 'Sec-WebSocket-Key must be 16 bytes in base64, once');
  if (!isAllowedOrigin(headers.get('origin'), settings.allowedOrigins))
    return refuse(403, 'connections from this origin are not allowed');

  const offeredProtocols = parseSubprotocols(headers.get('sec-websocket-protocol'));
  if (offeredProtocols === undefined) return refuse(400, 'Sec-WebSocket-Protocol must list tokens, each once');
  const protocol = chooseSubprotocol(offeredProtocols, settings.protocols);

  // RFC 6455 §9.1: Sec-WebSocket-Extensions can occur several times; all lines together are one list.
  const extensions = headers.get('sec-websocket-extensions');
  const offers = extensions === undefined ? [] : parseOffers(extensions.join(', '));
  if (offers === undefined) return refuse(400, 'Sec-WebSocket-Extensions breaks the grammar of RFC 6455 9.1');
  const deflate = settings.deflate && chooseOffer(offers, settings.deflate);

  const answer = ['Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${answerKey(key)}`];
  if (protocol !== undefined) answer.push(`Sec-WebSocket-Protocol: ${protocol}`);
  if (deflate !== undefined) answer.push(`Sec-WebSocket-Extensions: ${deflate.answer}`);
  return { is: 'upgraded', headers: answer, protocol, deflate: deflate?.agreement };
}

/**
 * HTTP error for a request that asks for no upgrade: 426 on the path of the server (RFC 9110 §15.5.22), 404 on others.
 */
export function refusePlainRequest(url: string, settings: Settings): Refusal {
  return pathOf(url) === settings.path
    ? refuse(426, 'this path serves WebSockets only', ['Upgrade: websocket', 'Connection: Upgrade'])
    : refuse(404, `WebSockets are served at ${settings.path}`);
}

/** Tells whether the request target `url` has the path `path`. */
export function isForPath(url: string, path: string): boolean {
  return pathOf(url) === path;
}

/**
 * Groups header values by lower-case name. A plain object would be unsafe, because a header can have the name
 * `__proto__`.
 */
function collectHeaders(raw: readonly string[]): Map<string, string[]> {
  const headers = new Map<string, string[]>();
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const [name, value] = [(raw[at] as string).toLowerCase(), raw[at + 1] as string];
    const values = headers.get(name);
    if (values === undefined) headers.set(name, [value]);
    else values.push(value);
  }
  return headers;
}

function singleValue(headers: Map<string, string[]>, name: string): string | undefined {
  const values = headers.get(name);
  return values?.length === 1 ? values[0] : undefined;
}

function listTokens(headers: Map<string, string[]>, name: string): string[] {
  return (headers.get(name) ?? []).flatMap((value) => value.split(',')).map((token) => trimSpace(token).toLowerCase());
}

/** Removes spaces and tabs at both ends (RFC 9110 §5.6.3). `String.trim` would also remove other white space. */
function trimSpace(text: string): string {
  let from = 0;
  let to = text.length;
  while (text[from] === ' ' || text[from] === '\t') from++;
  while (to > from && (text[to - 1] === ' ' || text[to - 1] === '\t')) to--;
  return text.slice(from, to);
}

/**
 * Returns the path of a request target: `/ws?x=1` and `http://host/ws` have the path `/ws` (RFC 9112 §3.2). Undefined
 * if the request target is invalid.
 */
function pathOf(url: string): string | undefined {
  const path = /^(?:[a-z]+:\/\/[^/?#]*)?(\/[^?#]*)?/i.exec(url)?.[1];
  return path ?? (/^[a-z]+:\/\/[^/?#]+$/i.test(url) ? '/' : undefined);
}

/**
 * Checks the Origin header (RFC 6455 §10.2). If `allowed` is a list, the request must have exactly one origin, and the
 * list must contain it.
 */
function isAllowedOrigin(origins: readonly string[] | undefined, allowed: Settings['allowedOrigins']): boolean {
  if (allowed === undefined) return true;
  const [origin] = origins ?? [];
  if (typeof allowed === 'function') return (origins ?? []).length <= 1 && allowed(origin);
  return origin !== undefined && origins?.length === 1 && allowed.includes(origin.toLowerCase());
}

/**
 * Chooses one of the client's subprotocols, or none (RFC 6455 §4.2.2, item 5).
 *
 * @throws {TypeError} if the `protocols` function returns a name that the client did not offer. This name must never
 * get into a response header.
 */
function chooseSubprotocol(offered: readonly string[], supported: Settings['protocols']): string | undefined {
  if (typeof supported !== 'function') return offered.find((name) => supported.includes(name));
  const chosen = offered.length > 0 ? supported(offered) : undefined;
  if (chosen === undefined || offered.includes(chosen)) return chosen;
  throw new TypeError(`protocols chose ${JSON.stringify(chosen)}, which the client did not offer`);
}

/** Parses `Sec-WebSocket-Protocol` (RFC 6455 §4.1, item 10). Undefined if a name is not a token or occurs twice. */
function parseSubprotocols(values: readonly string[] | undefined): string[] | undefined {
  if (values === undefined) return [];
  const names = values.flatMap((value) => value.split(',')).map(trimSpace);
  return names.every(isToken) && new Set(names).size === names.length ? names : undefined;
}

function refuse(status: Refusal['status'], why: string, headers: readonly string[] = []): Refusal {
  return { is: 'refused', status, why, headers };
}
