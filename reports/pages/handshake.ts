import { createHash } from 'node:crypto';

/** The parsed headers of an HTTP request or response. */
export interface Head {
  /** The first line of the header block: the request line or the status line. */
  first: string;
  headers: readonly { name: string; value: string }[];
  /** The whole header block as text, with one line for each header. */
  raw: string;
}

/** The examination of an opening handshake (RFC 6455 section 4), which the page of a case shows. */
export interface Examined {
  /**
   * The sent Sec-WebSocket-Key (`key`), the Sec-WebSocket-Accept that follows from the key (`wanted`), and the received
   * Sec-WebSocket-Accept (`got`). null if the request or the response was not recorded.
   */
  accept: { key: string; wanted: string; got: string | null; right: boolean } | null;
  /** The extensions that the client offered and that the server chose, in words. */
  extensions: readonly string[];
  /** The rules that the response breaks, each in words. */
  problems: readonly string[];
  /** The unusual parts of the response that the rules allow, each in words. */
  notes: readonly string[];
}

/** The GUID that is appended to the Sec-WebSocket-Key before hashing (RFC 6455 1.3). */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** Parses a recorded header block. Returns null for `?`, which means that no header block was recorded. */
export function parseHead(raw: string): Head | null {
  if (raw === '' || raw === '?') return null;
  const lines = raw.split(/\r\n|\n|\r/).filter((line) => line !== '');
  const headers = lines.slice(1).map((line) => {
    const colon = line.indexOf(':');
    return colon === -1
      ? { name: line, value: '' }
      : { name: line.slice(0, colon), value: line.slice(colon + 1).trim() };
  });
  return { first: lines[0] ?? '', headers, raw: lines.join('\n') };
}

/** Checks the server's response to the upgrade request against RFC 6455 4.1 and 4.2.2. */
export function examineHandshake(request: Head | null, response: Head | null): Examined {
  const examined = { accept: null, extensions: [], problems: [], notes: [] };
  if (request === null || response === null) return examined;
  const [key] = valuesOf(request, 'Sec-WebSocket-Key');
  const wanted =
    key === undefined
      ? undefined
      : createHash('sha1')
          .update(key + GUID)
          .digest('base64');
  const got = valuesOf(response, 'Sec-WebSocket-Accept')[0] ?? null;
  return {
    accept: key === undefined || wanted === undefined ? null : { key, wanted, got, right: got === wanted },
    extensions: explainExtensions(request, response),
    problems: problemsOf(request, response, wanted),
    notes: response.headers.flatMap(({ name }) => unusualName(name)),
  };
}

function valuesOf(head: Head, name: string): string[] {
  return head.headers.filter((header) => header.name.toLowerCase() === name.toLowerCase()).map(({ value }) => value);
}

/**
 * Lists the rules that the response breaks and that make a client fail the connection, in the order of RFC 6455 4.1.
 */
function problemsOf(request: Head, response: Head, accept: string | undefined): string[] {
  const problems: string[] = [];
  if (!/^HTTP\/1\.1 101( |$)/.test(response.first))
    problems.push('The status line is not HTTP/1.1 101 (RFC 6455 4.2.2).');
  const upgrade = valuesOf(response, 'Upgrade');
  if (upgrade.length === 0) problems.push('There is no Upgrade header (RFC 6455 4.1, 2).');
  else if (!upgrade.some((value) => value.toLowerCase() === 'websocket'))
    problems.push(`Upgrade is “${upgrade.join(', ')}”, not websocket (RFC 6455 4.1, 2).`);
  const tokens = valuesOf(response, 'Connection').flatMap((value) => value.toLowerCase().split(/\s*,\s*/));
  if (!tokens.includes('upgrade')) problems.push('Connection does not contain the token Upgrade (RFC 6455 4.1, 3).');
  const accepts = valuesOf(response, 'Sec-WebSocket-Accept');
  if (accepts.length === 0) problems.push('There is no Sec-WebSocket-Accept header (RFC 6455 4.1, 4).');
  else if (accepts.length > 1) problems.push('There is more than one Sec-WebSocket-Accept header (RFC 6455 11.3.3).');
  else if (accept !== undefined && accepts[0] !== accept)
    problems.push(`Sec-WebSocket-Accept does not match the key (RFC 6455 4.1, 4).`);
  const offered = valuesOf(request, 'Sec-WebSocket-Extensions').flatMap(extensionNames);
  for (const name of valuesOf(response, 'Sec-WebSocket-Extensions').flatMap(extensionNames))
    if (!offered.includes(name)) problems.push(`The extension “${name}” was chosen but not offered (RFC 6455 4.1, 5).`);
  const protocols = valuesOf(request, 'Sec-WebSocket-Protocol').flatMap((value) => value.split(/\s*,\s*/));
  const chosen = valuesOf(response, 'Sec-WebSocket-Protocol');
  if (chosen.length > 1) problems.push('There is more than one Sec-WebSocket-Protocol header (RFC 6455 11.3.4).');
  for (const name of chosen)
    if (!protocols.includes(name))
      problems.push(`The subprotocol “${name}” was chosen but not offered (RFC 6455 4.1, 6).`);
  return problems;
}

/**
 * Reports a header name with unusual letter case. RFC 9110 5.1 allows any case, but some clients compare names by case.
 */
function unusualName(name: string): string[] {
  const usual = [
    'Upgrade',
    'Connection',
    'Sec-WebSocket-Accept',
    'Sec-WebSocket-Extensions',
    'Sec-WebSocket-Protocol',
  ].find((candidate) => candidate.toLowerCase() === name.toLowerCase());
  return usual === undefined || usual === name
    ? []
    : [
        `“${name}” is commonly written ${usual}. Header names are case-insensitive (RFC 9110 5.1), but some clients compare the case.`,
      ];
}

function extensionNames(value: string): string[] {
  return value
    .split(',')
    .map((part) => (part.split(';')[0] ?? '').trim())
    .filter((name) => name !== '');
}

function explainExtensions(request: Head, response: Head): string[] {
  const offered = valuesOf(request, 'Sec-WebSocket-Extensions');
  const taken = valuesOf(response, 'Sec-WebSocket-Extensions');
  if (offered.length === 0 && taken.length === 0) return ['No extension was offered or chosen.'];
  const offers = offered
    .join(', ')
    .split(',')
    .filter((part) => part.trim() !== '').length;
  const head = `${offers === 1 ? 'One offer was' : `${offers} offers were`} made, best first: ${offered.join(', ')}.`;
  if (taken.length === 0) return [head, 'The server chose none: messages are not compressed.'];
  return [
    head,
    `The server chose ${taken.join(', ')}.`,
    ...taken.flatMap((value) => value.split(';').slice(1)).flatMap(explainParameter),
  ];
}

/** Explains one of the four permessage-deflate parameters in a server's answer (RFC 7692 7.1). */
function explainParameter(parameter: string): string[] {
  const [name = '', value = ''] = parameter.split('=').map((part) => part.trim().replace(/^"|"$/g, ''));
  const window = () => `a window of 2^${value} bytes`;
  switch (name) {
    case 'server_no_context_takeover':
      return ['server_no_context_takeover: the server compresses each message separately (RFC 7692 7.1.1.1).'];
    case 'client_no_context_takeover':
      return ['client_no_context_takeover: the client must compress each message separately (RFC 7692 7.1.1.2).'];
    case 'server_max_window_bits':
      return [`server_max_window_bits: the server compresses with ${window()} at most (RFC 7692 7.1.2.1).`];
    case 'client_max_window_bits':
      return [`client_max_window_bits: the client must use at most ${window()} (RFC 7692 7.1.2.2).`];
    default:
      return [`“${name}” is not a parameter of permessage-deflate (RFC 7692 7.1).`];
  }
}

/** Returns whether the response chooses permessage-deflate. The bit RSV1 has a meaning only then (RFC 7692 6). */
export function takesDeflate(response: Head | null): boolean {
  return (
    response !== null &&
    valuesOf(response, 'Sec-WebSocket-Extensions').flatMap(extensionNames).includes('permessage-deflate')
  );
}
