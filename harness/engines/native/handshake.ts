import { createHash } from 'node:crypto';

/**
 * The opening handshake as a client does it (RFC 6455 4.1), on octets: no HTTP library stands between, because what
 * arrives together with the response belongs to the case, and because a server's mistakes must be seen as they are.
 */
export interface Request {
  host: string;
  port: number;
  /** Path and query. */
  resource: string;
  userAgent: string;
  /** 16 random octets in base64. */
  key: string;
  origin?: string | undefined;
  protocols?: readonly string[] | undefined;
  /** Elements of `Sec-WebSocket-Extensions`; none are sent when empty. */
  offers: readonly string[];
  /** Further header fields, sent last but one. */
  headers?: Readonly<Record<string, string>> | undefined;
}

/**
 * The same request as it may be shown: without the values of the fields it was given beside its own, which are there to
 * get past a login, and would be published with every report.
 */
export const forShow = (request: Request): Request => ({
  ...request,
  headers: Object.fromEntries(Object.keys(request.headers ?? {}).map((name) => [name, '…'])),
});

/** The request in the order in which Autobahn writes it. */
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

/** What the two sides agreed on about permessage-deflate (RFC 7692 7.1). */
export interface Deflate {
  serverNoContextTakeover: boolean;
  clientNoContextTakeover: boolean;
  /** 8 to 15. */
  serverMaxWindowBits: number;
  clientMaxWindowBits: number;
}

export type HandshakeVerdict = { ok: true; deflate: Deflate | null } | { ok: false; why: string };

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** The value of `Sec-WebSocket-Accept` that answers a key (RFC 6455 4.2.2, item 5.4). */
export const acceptFor = (key: string): string =>
  createHash('sha1')
    .update(key + GUID)
    .digest('base64');

/**
 * Reads a response header block, final blank line included. The first thing wrong decides (RFC 6455 4.1, items 1–6 of
 * the server's response). Throws TypeError where the block is not UTF-8.
 */
export function readResponse(block: Buffer, request: Pick<Request, 'key' | 'protocols' | 'offers'>): HandshakeVerdict {
  const [status = '', ...lines] = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    .decode(block)
    .replace(/\r\n\r\n$/, '')
    .split('\r\n');
  const fields = readFields(lines);
  const why =
    statusFault(status) ??
    upgradeFault(fields) ??
    acceptFault(fields, request.key) ??
    protocolFault(fields, request.protocols ?? []);
  const extensions = fields.get('sec-websocket-extensions');
  // Extensions are read before the subprotocol, but nothing of the verdict hangs on that order.
  if (why !== null) return { ok: false, why };
  if (extensions === undefined) return { ok: true, deflate: null };
  if (extensions.count > 1) return { ok: false, why: 'Sec-WebSocket-Extensions came more than once' };
  return readExtensions(extensions.value, request.offers.length > 0);
}

interface Field {
  value: string;
  count: number;
}

/** Fields by lower-case name; repeated ones joined by commas, and counted. */
function readFields(lines: readonly string[]): Map<string, Field> {
  const fields = new Map<string, Field>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    const before = fields.get(name);
    fields.set(name, before ? { value: `${before.value}, ${value}`, count: before.count + 1 } : { value, count: 1 });
  }
  return fields;
}

function statusFault(status: string): string | null {
  const [version, code, ...reason] = status.trim().split(/\s+/);
  if (code === undefined) return `the status line ${JSON.stringify(status)} has no status code`;
  if (version !== 'HTTP/1.1') return `the response is ${JSON.stringify(version)}, not HTTP/1.1`;
  if (!/^[+-]?\d+$/.test(code)) return `the status code ${JSON.stringify(code)} is not a number`;
  return Number(code) === 101 ? null : `the server answered ${[code, ...reason].join(' ')}, not 101`;
}

function upgradeFault(fields: Map<string, Field>): string | null {
  const upgrade = fields.get('upgrade');
  if (upgrade === undefined) return 'the field Upgrade is missing';
  if (upgrade.value.toLowerCase() !== 'websocket') return `Upgrade is ${JSON.stringify(upgrade.value)}, not websocket`;
  const connection = fields.get('connection');
  if (connection === undefined) return 'the field Connection is missing';
  const tokens = connection.value.split(',').map((token) => token.trim().toLowerCase());
  return tokens.includes('upgrade') ? null : `Connection is ${JSON.stringify(connection.value)}, without upgrade`;
}

function acceptFault(fields: Map<string, Field>, key: string): string | null {
  const accept = fields.get('sec-websocket-accept');
  if (accept === undefined) return 'the field Sec-WebSocket-Accept is missing';
  if (accept.count > 1) return 'Sec-WebSocket-Accept came more than once';
  const right = acceptFor(key);
  return accept.value === right
    ? null
    : `Sec-WebSocket-Accept is ${JSON.stringify(accept.value)} where ${right} is right`;
}

function protocolFault(fields: Map<string, Field>, offered: readonly string[]): string | null {
  const protocol = fields.get('sec-websocket-protocol');
  if (protocol === undefined) return null;
  if (protocol.count > 1) return 'Sec-WebSocket-Protocol came more than once';
  if (protocol.value === '' || offered.includes(protocol.value)) return null;
  return `the server chose the subprotocol ${JSON.stringify(protocol.value)}, which was not offered`;
}

/** RFC 7692 7.1: one permessage-deflate at most, every parameter known, once, and rightly valued. */
function readExtensions(header: string, offered: boolean): HandshakeVerdict {
  let deflate: Deflate | null = null;
  // Empty elements say nothing (RFC 9110 5.6.1.2).
  for (const element of header.split(',').filter((part) => part.trim() !== '')) {
    const [name = '', ...parameters] = element.split(';').map((part) => part.trim());
    if (name.toLowerCase() !== 'permessage-deflate')
      return { ok: false, why: `the server chose the extension ${JSON.stringify(name)}, which was not offered` };
    if (deflate !== null) return { ok: false, why: 'the server chose permessage-deflate twice' };
    const read = readDeflate(parameters);
    if (typeof read === 'string') return { ok: false, why: read };
    deflate = read;
  }
  if (deflate !== null && !offered)
    return { ok: false, why: 'the server chose permessage-deflate, which was not offered' };
  return { ok: true, deflate };
}

function readDeflate(parameters: readonly string[]): Deflate | string {
  const deflate: Deflate = {
    serverNoContextTakeover: false,
    clientNoContextTakeover: false,
    serverMaxWindowBits: 15,
    clientMaxWindowBits: 15,
  };
  const seen = new Set<string>();
  for (const parameter of parameters) {
    const [rawName = '', rawValue] = parameter.split('=');
    const name = rawName.trim().toLowerCase();
    const value = rawValue === undefined ? null : rawValue.trim().replace(/^"(.*)"$/, '$1');
    if (seen.has(name)) return `the parameter ${name} of permessage-deflate came twice`;
    seen.add(name);
    const fault = `the parameter ${JSON.stringify(parameter)} of permessage-deflate is not valid`;
    switch (name) {
      case 'server_no_context_takeover':
        if (value !== null) return fault;
        deflate.serverNoContextTakeover = true;
        break;
      case 'client_no_context_takeover':
        if (value !== null) return fault;
        deflate.clientNoContextTakeover = true;
        break;
      case 'server_max_window_bits':
        if (value === null || !/^(?:[89]|1[0-5])$/.test(value)) return fault;
        deflate.serverMaxWindowBits = Number(value);
        break;
      case 'client_max_window_bits':
        if (value === null || !/^(?:[89]|1[0-5])$/.test(value)) return fault;
        deflate.clientMaxWindowBits = Number(value);
        break;
      default:
        return fault;
    }
  }
  return deflate;
}
