import {
  acceptFor,
  type Fields,
  type HandshakeStep,
  HeadCollector,
  type OpeningHandshake,
  parseHead,
  upgradeFault,
} from './opening-handshake.ts';

/**
 * The opening handshake of a server (RFC 6455 4.2). It waits for a request. The answer is 101 for a valid request, 426
 * for an unsupported version of the protocol, and 400 for any other fault. The server declines all subprotocols and
 * extensions.
 */
export function serverHandshake(): OpeningHandshake {
  const collector = new HeadCollector();
  return {
    start: () => ({}),
    receive(bytes: Buffer): HandshakeStep {
      const collected = collector.push(bytes);
      if (collected === null) return {};
      const { head, rest } = collected;
      const verdict = readRequest(head);
      const response = verdict.ok ? acceptance(verdict.key) : refusal(verdict.status);
      return {
        request: head.toString('utf8'),
        response,
        send: Buffer.from(response, 'utf8'),
        outcome: verdict.ok ? { opened: true, deflate: null, rest } : { opened: false, why: verdict.why },
      };
    },
  };
}

const acceptance = (key: string): string =>
  [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${acceptFor(key)}`,
    '\r\n',
  ].join('\r\n');

const refusal = (status: RefusalStatus): string =>
  [
    `HTTP/1.1 ${status}`,
    ...(status === UPGRADE_REQUIRED ? ['Sec-WebSocket-Version: 13'] : []),
    'Connection: close',
    'Content-Length: 0',
    '\r\n',
  ].join('\r\n');

const BAD_REQUEST = '400 Bad Request';
const UPGRADE_REQUIRED = '426 Upgrade Required';
type RefusalStatus = typeof BAD_REQUEST | typeof UPGRADE_REQUIRED;

type RequestVerdict = { ok: true; key: string } | { ok: false; status: RefusalStatus; why: string };

/**
 * Checks the head of a request (RFC 6455 4.2.1). The first fault determines the verdict. Throws TypeError if the head
 * is not UTF-8.
 */
export function readRequest(head: Buffer): RequestVerdict {
  const { firstLine, fields } = parseHead(head);
  const why = requestLineFault(firstLine) ?? hostFault(fields) ?? upgradeFault(fields) ?? keyFault(fields);
  if (why !== null) return { ok: false, status: BAD_REQUEST, why };
  const version = fields.get('sec-websocket-version')?.value ?? '';
  if (version !== '13')
    return { ok: false, status: UPGRADE_REQUIRED, why: `Sec-WebSocket-Version is ${JSON.stringify(version)}, not 13` };
  return { ok: true, key: fields.get('sec-websocket-key')?.value ?? '' };
}

function requestLineFault(line: string): string | null {
  return /^GET \S+ HTTP\/1\.1$/.test(line)
    ? null
    : `the request line is ${JSON.stringify(line)}, not a GET of HTTP/1.1`;
}

const hostFault = (fields: Fields): string | null => (fields.has('host') ? null : 'the field Host is missing');

/** The key must be 16 bytes in base64 (RFC 6455 4.2.1, item 5): 22 characters and two equals signs. */
function keyFault(fields: Fields): string | null {
  const key = fields.get('sec-websocket-key');
  if (key === undefined) return 'the field Sec-WebSocket-Key is missing';
  if (key.count > 1) return 'Sec-WebSocket-Key came more than once';
  return /^[A-Za-z0-9+/]{22}==$/.test(key.value)
    ? null
    : `Sec-WebSocket-Key is ${JSON.stringify(key.value)}, not 16 bytes in base64`;
}
