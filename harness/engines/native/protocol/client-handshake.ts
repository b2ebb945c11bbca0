import { randomBytes } from 'node:crypto';
import {
  acceptFor,
  type Fields,
  type HandshakeStep,
  HeadCollector,
  type OpeningHandshake,
  parseHead,
  upgradeFault,
} from './opening-handshake.ts';
import { type ExtensionVerdict, readExtensions } from './permessage-deflate.ts';
import { asciiOnly, parseInteger, splitWords } from './python2-text.ts';

/** The HTTP request with which a client asks for a WebSocket connection (RFC 6455 4.1). */
export interface Request {
  host: string;
  port: number;
  /** Path and query of the URL. */
  resource: string;
  userAgent: string;
  /** Value of `Sec-WebSocket-Key`: 16 random bytes in base64. */
  key: string;
  origin?: string | undefined;
  protocols?: readonly string[] | undefined;
  /** Elements of the field `Sec-WebSocket-Extensions`, in order of preference. An empty list leaves out the field. */
  offers: readonly string[];
  /** Additional header fields by name. They are sent before `Sec-WebSocket-Version`, the last field. */
  headers?: Readonly<Record<string, string>> | undefined;
}

/**
 * The opening handshake of a client. It reads and writes bytes without an HTTP library, for two reasons: frames that
 * arrive together with the response must reach the case, and a library would hide mistakes of the server.
 */
export function clientHandshake(facts: Omit<Request, 'key'>): OpeningHandshake {
  const request: Request = { ...facts, key: randomBytes(16).toString('base64') };
  const collector = new HeadCollector();
  return {
    start: () => ({
      send: Buffer.from(requestText(request), 'utf8'),
      request: requestText(withoutSecrets(request)),
    }),
    receive(bytes: Buffer): HandshakeStep {
      const collected = collector.push(bytes);
      if (collected === null) return {};
      const { head, rest } = collected;
      const verdict = readResponse(head, request);
      return {
        response: head.toString('utf8'),
        outcome: verdict.ok ? { opened: true, deflate: verdict.deflate, rest } : { opened: false, why: verdict.why },
      };
    },
  };
}

/**
 * Replaces the values of the user's additional header fields by `…`. The values can be credentials, and results are
 * published.
 */
const withoutSecrets = (request: Request): Request => ({
  ...request,
  headers: Object.fromEntries(Object.keys(request.headers ?? {}).map((name) => [name, '…'])),
});

/** Returns the text of the HTTP request. The order of its fields is that of Autobahn's client. */
export function requestText(request: Request): string {
  const optional = (name: string, value: string | undefined): string[] =>
    value === undefined || value === '' ? [] : [`${name}: ${value}`];
  return `${[
    `GET ${request.resource} HTTP/1.1`,
    `User-Agent: ${request.userAgent}`,
    `Host: ${request.host}:${request.port}`,
    'Upgrade: WebSocket',
    'Connection: Upgrade',
    'Pragma: no-cache',
    'Cache-Control: no-cache',
    `Sec-WebSocket-Key: ${request.key}`,
    ...optional('Origin', request.origin),
    ...optional('Sec-WebSocket-Protocol', request.protocols?.join(',')),
    ...optional('Sec-WebSocket-Extensions', request.offers.join(', ')),
    ...Object.entries(request.headers ?? {}).map(([name, value]) => `${name}: ${value}`),
    'Sec-WebSocket-Version: 13',
  ].join('\r\n')}\r\n\r\n`;
}

/**
 * Checks the head of an HTTP response, including its final blank line (RFC 6455 4.1, items 1 to 6 on the server's
 * response). The checks have the order of Autobahn's, and the first fault is reported. Throws TypeError if the head is
 * not UTF-8, or if a chosen extension or subprotocol is not ASCII. In these cases Autobahn throws too, and its
 * exception ends TCP without a message to the server.
 */
export function readResponse(head: Buffer, request: Pick<Request, 'key' | 'protocols' | 'offers'>): ExtensionVerdict {
  const { firstLine, fields } = parseHead(head);
  const why = statusFault(firstLine) ?? upgradeFault(fields) ?? acceptFault(fields, request.key);
  if (why !== null) return { ok: false, why };
  const extensions = readExtensionsField(fields, request.offers);
  if (!extensions.ok) return extensions;
  const protocol = protocolFault(fields, request.protocols ?? []);
  return protocol === null ? extensions : { ok: false, why: protocol };
}

function statusFault(statusLine: string): string | null {
  const [version, code, ...reason] = splitWords(statusLine);
  if (code === undefined) return `the status line ${JSON.stringify(statusLine)} has no status code`;
  if (version !== 'HTTP/1.1') return `the response is ${JSON.stringify(version)}, not HTTP/1.1`;
  const status = parseInteger(code);
  if (status === null) return `the status code ${JSON.stringify(code)} is not a number`;
  return status === 101 ? null : `the server answered ${[code, ...reason].join(' ')}, not 101`;
}

function readExtensionsField(fields: Fields, offers: readonly string[]): ExtensionVerdict {
  const extensions = fields.get('sec-websocket-extensions');
  if (extensions === undefined) return { ok: true, deflate: null };
  if (extensions.count > 1) return { ok: false, why: 'Sec-WebSocket-Extensions came more than once' };
  return readExtensions(extensions.value, offers.length > 0);
}

function acceptFault(fields: Fields, key: string): string | null {
  const accept = fields.get('sec-websocket-accept');
  if (accept === undefined) return 'the field Sec-WebSocket-Accept is missing';
  if (accept.count > 1) return 'Sec-WebSocket-Accept came more than once';
  const right = acceptFor(key);
  return accept.value === right ? null : `Sec-WebSocket-Accept is ${JSON.stringify(accept.value)}, not ${right}`;
}

function protocolFault(fields: Fields, offered: readonly string[]): string | null {
  const protocol = fields.get('sec-websocket-protocol');
  if (protocol === undefined) return null;
  if (protocol.count > 1) return 'Sec-WebSocket-Protocol came more than once';
  asciiOnly(protocol.value, 'the subprotocol');
  if (protocol.value === '' || offered.includes(protocol.value)) return null;
  return `the server chose the subprotocol ${JSON.stringify(protocol.value)}, which was not offered`;
}
