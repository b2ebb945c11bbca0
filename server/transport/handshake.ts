import { createHash } from 'node:crypto';
import { type Agreement, chooseOffer, isToken, parseOffers } from '../protocol/offers.ts';
import type { Settings } from './options.ts';

/** A request as far as the opening handshake looks at it. `rawHeaders`: name, value, name, value, as sent. */
export type UpgradeRequest = {
  readonly method: string;
  readonly url: string;
  readonly httpVersion: string;
  readonly rawHeaders: readonly string[];
};

/** What becomes of a request: a connection, with the response's headers and what was agreed; or an HTTP error. */
export type Judgement =
  | {
      readonly is: 'upgraded';
      readonly headers: readonly string[];
      readonly protocol: string | undefined;
      readonly deflate: Agreement | undefined;
    }
  | Refusal;

/** An HTTP error. `why` goes into the body, for whoever debugs a client. */
export type Refusal = {
  readonly is: 'refused';
  readonly status: number;
  readonly why: string;
  readonly headers: readonly string[];
};

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** What the client's key must be answered with (RFC 6455 §4.2.2, 5.4). */
export function answerKey(key: string): string {
  return createHash('sha1')
    .update(key + GUID)
    .digest('base64');
}

/** Base64 of 16 octets: the last digit before `==` has four bits to spare, which must be 0. */
const KEY = /^[A-Za-z0-9+/]{21}[AQgw]==$/;

/**
 * Judges a request to upgrade (RFC 6455 §4.2.1).
 *
 * @throws never for what a client sent; what `protocols` or `allowedOrigins` throw where they are functions, and
 * {TypeError} where a protocol is chosen that was not offered.
 */
export function judgeUpgrade(request: UpgradeRequest, settings: Settings): Judgement {
  const headers = collect(request.rawHeaders);
  if (request.method !== 'GET') return refuse(405, 'the method must be GET', ['Allow: GET']);
  if (pathOf(request.url) !== settings.path) return refuse(404, `WebSockets are served at ${settings.path}`);
  // Node's parser knows 0.9 to 1.1 here; later versions do not upgrade this way.
  if (request.httpVersion !== '1.1') return refuse(400, 'the HTTP version must be 1.1');
  if (only(headers, 'host') === undefined) return refuse(400, 'one Host header is needed');
  if (!tokens(headers, 'upgrade').includes('websocket')) return refuse(400, 'the Upgrade header must name websocket');
  if (!tokens(headers, 'connection').includes('upgrade')) return refuse(400, 'the Connection header must name Upgrade');
  // A body's octets would be taken for frames.
  if (headers.has('transfer-encoding') || !['0', undefined].includes(headers.get('content-length')?.join())) {
    return refuse(400, 'a request to upgrade has no body');
  }
  // §4.2.2, 4: the version is compared as written, since a number could also be spelt 13.0 or 0xd.
  if (only(headers, 'sec-websocket-version') !== '13') {
    return refuse(426, 'only version 13 is spoken', ['Sec-WebSocket-Version: 13']);
  }
  const key = only(headers, 'sec-websocket-key');
  if (key === undefined || !KEY.test(key)) return refuse(400, 'Sec-WebSocket-Key must be 16 octets in base64, once');
  if (!mayConnect(headers.get('origin'), settings.allowedOrigins)) return refuse(403, 'this origin may not connect');

  const protocols = offeredProtocols(headers.get('sec-websocket-protocol'));
  if (protocols === undefined) return refuse(400, 'Sec-WebSocket-Protocol must list tokens, each once');
  const protocol = chooseProtocol(protocols, settings.protocols);

  // §9.1: the header may be given in several lines, which are one list.
  const extensions = headers.get('sec-websocket-extensions');
  const offers = extensions === undefined ? [] : parseOffers(extensions.join(', '));
  if (offers === undefined) return refuse(400, 'Sec-WebSocket-Extensions breaks the grammar of RFC 6455 9.1');
  const deflate = settings.deflate && chooseOffer(offers, settings.deflate);

  const answer = ['Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${answerKey(key)}`];
  if (protocol !== undefined) answer.push(`Sec-WebSocket-Protocol: ${protocol}`);
  if (deflate !== undefined) answer.push(`Sec-WebSocket-Extensions: ${deflate.answer}`);
  return { is: 'upgraded', headers: answer, protocol, deflate: deflate?.agreement };
}

/** What a request that does not ask for an upgrade is told (RFC 9110 §15.5.22). */
export function refusePlain(url: string, settings: Settings): Refusal {
  return pathOf(url) === settings.path
    ? refuse(426, 'this address speaks WebSocket', ['Upgrade: websocket', 'Connection: Upgrade'])
    : refuse(404, `WebSockets are served at ${settings.path}`);
}

/** Does a request for `url` mean `path`? */
export function asksFor(url: string, path: string): boolean {
  return pathOf(url) === path;
}

/** Headers by lower-case name. A Map, since a header may be called `__proto__`. */
function collect(raw: readonly string[]): Map<string, string[]> {
  const headers = new Map<string, string[]>();
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const [name, value] = [(raw[at] as string).toLowerCase(), raw[at + 1] as string];
    const values = headers.get(name);
    if (values === undefined) headers.set(name, [value]);
    else values.push(value);
  }
  return headers;
}

function only(headers: Map<string, string[]>, name: string): string | undefined {
  const values = headers.get(name);
  return values?.length === 1 ? values[0] : undefined;
}

function tokens(headers: Map<string, string[]>, name: string): string[] {
  return (headers.get(name) ?? []).flatMap((value) => value.split(',')).map((token) => trimmed(token).toLowerCase());
}

/** Without the blanks and tabs that may stand around a list's items (RFC 9110 §5.6.3); `trim` would take more away. */
function trimmed(text: string): string {
  let from = 0;
  let to = text.length;
  while (text[from] === ' ' || text[from] === '\t') from++;
  while (to > from && (text[to - 1] === ' ' || text[to - 1] === '\t')) to--;
  return text.slice(from, to);
}

/** `/ws?x=1` and `http://host/ws` both ask for `/ws` (RFC 9112 §3.2). Undefined where it is no address at all. */
function pathOf(url: string): string | undefined {
  const path = /^(?:[a-z]+:\/\/[^/?#]*)?(\/[^?#]*)?/i.exec(url)?.[1];
  return path ?? (/^[a-z]+:\/\/[^/?#]+$/i.test(url) ? '/' : undefined);
}

/** RFC 6455 §10.2. With a list, a request must name one origin, and the list must name it too. */
function mayConnect(origins: readonly string[] | undefined, allowed: Settings['allowedOrigins']): boolean {
  if (allowed === undefined) return true;
  const [origin] = origins ?? [];
  if (typeof allowed === 'function') return (origins ?? []).length <= 1 && allowed(origin);
  return origin !== undefined && origins?.length === 1 && allowed.includes(origin.toLowerCase());
}

/** §4.2.2, 5: one of those offered, or none. What was not offered is never written into a header. */
function chooseProtocol(offered: readonly string[], ours: Settings['protocols']): string | undefined {
  if (typeof ours !== 'function') return offered.find((name) => ours.includes(name));
  const chosen = offered.length > 0 ? ours(offered) : undefined;
  if (chosen === undefined || offered.includes(chosen)) return chosen;
  throw new TypeError(`protocols chose ${JSON.stringify(chosen)}, which the client did not offer`);
}

/** Undefined where the list is broken (§4.1, 10): not tokens, or one of them twice. */
function offeredProtocols(values: readonly string[] | undefined): string[] | undefined {
  if (values === undefined) return [];
  const names = values.flatMap((value) => value.split(',')).map(trimmed);
  return names.every(isToken) && new Set(names).size === names.length ? names : undefined;
}

function refuse(status: Refusal['status'], why: string, headers: readonly string[] = []): Refusal {
  return { is: 'refused', status, why, headers };
}
