import { createHash } from 'node:crypto';
import type { FaultList, Place } from './faults.ts';

/** The parts of a client's opening handshake that a random server needs. */
export interface ClientRequest {
  path: string;
  key: string;
  /** The first offer of permessage-deflate; null if compression was not offered. */
  offer: string | null;
}

/** Reads the head of a request. */
export function readRequest(head: string): ClientRequest {
  const value = (name: string): string => new RegExp(`^${name}: *(.*)$`, 'im').exec(head)?.[1]?.trim() ?? '';
  const [offer = ''] = value('sec-websocket-extensions').split(',');
  return {
    path: head.split(' ')[1] ?? '/',
    key: value('sec-websocket-key'),
    offer: offer.startsWith('permessage-deflate') ? offer : null,
  };
}

/**
 * Returns how a server without faults answers an offer of compression: it uses no context takeover, and the window size
 * that the client asked for.
 */
export function agreement(offer: string, faults: FaultList): { value: string; windowBits: number } {
  const bits = /server_max_window_bits=(\d+)/.exec(offer)?.[1];
  const window = bits === undefined ? '' : `; server_max_window_bits=${bits}`;
  const takeover = faults.first('agreed takeover') === undefined ? '; server_no_context_takeover' : '';
  return {
    value: `permessage-deflate${takeover}; client_no_context_takeover${window}`,
    windowBits: faults.first('wide window') === undefined ? Number(bits ?? 15) : 15,
  };
}

type Field = [name: string, value: string];

/** Makes the head of the HTTP response, already changed by the faults of the server. */
export function responseHead(request: ClientRequest, faults: FaultList): Buffer {
  const accept = createHash('sha1').update(`${request.key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  const fields: Field[] = [
    ['Upgrade', 'websocket'],
    ['Connection', 'Upgrade'],
    ['Sec-WebSocket-Accept', accept],
    ['X-Server', 'random'],
  ];
  if (request.offer !== null && faults.first('extensions') === undefined)
    fields.push(['Sec-WebSocket-Extensions', agreement(request.offer, faults).value]);
  for (const { value, twice } of faults.all('extensions'))
    for (let i = twice ? 2 : 1; i > 0; i--) fields.push(['Sec-WebSocket-Extensions', value]);
  for (const { value, twice } of faults.all('subprotocol'))
    for (let i = twice ? 2 : 1; i > 0; i--) fields.push(['Sec-WebSocket-Protocol', value]);
  changeFields(fields, faults);
  const lines = [
    Buffer.from(faults.first('status line')?.line ?? 'HTTP/1.1 101 Switching Protocols'),
    ...fields.map(([name, value]) => Buffer.from(`${name}: ${value}`)),
  ];
  for (const { line, position } of faults.all('additional line'))
    lines.splice(1 + (position % lines.length), 0, Buffer.from(line));
  for (const { hex, position } of faults.all('additional bytes'))
    lines.splice(1 + (position % lines.length), 0, Buffer.concat([Buffer.from('X-Bytes: '), Buffer.from(hex, 'hex')]));
  return Buffer.concat([
    ...faults.all('text before the head').map(({ text }) => Buffer.from(text)),
    ...lines.flatMap((line, i) => [line, Buffer.from(lineEnd(faults, i, lines.length - 1))]),
    Buffer.from('\r\n'),
  ]);
}

function changeFields(fields: Field[], faults: FaultList): void {
  const at = (name: string): number => fields.findIndex(([known]) => known === name);
  for (const { field, value } of faults.all('field value')) {
    const found = fields[at(field)];
    if (found !== undefined) found[1] = value.replace('{}', found[1]);
  }
  for (const { field, value } of faults.all('repeated field')) {
    const found = fields[at(field)];
    if (found !== undefined) fields.push([field, value.replace('{}', found[1])]);
  }
  for (const { field, where, text } of faults.all('white space')) {
    const found = fields[at(field)];
    if (found !== undefined) fields[at(field)] = withSpace(found, where, text);
  }
  for (const { field } of faults.all('missing field')) if (at(field) >= 0) fields.splice(at(field), 1);
}

function withSpace([name, value]: Field, where: Place, text: string): Field {
  switch (where) {
    case 'before name':
      return [`${text}${name}`, value];
    case 'behind name':
      return [`${name}${text}`, value];
    case 'before value':
      return [name, `${text}${value}`];
    case 'behind value':
      return [name, `${value}${text}`];
    case 'inside value':
      return [name, `${value.slice(0, 3)}${text}${value.slice(3)}`];
    case 'between two fields':
      return [`X-Before: 1${text}${name}`, value];
  }
}

function lineEnd(faults: FaultList, line: number, last: number): string {
  const fault = faults
    .all('line end')
    .find(
      ({ line: which }) =>
        which === 'all' ||
        (which === 'first' && line === 0) ||
        (which === 'second' && line === 1) ||
        (which === 'last' && line === last),
    );
  return fault?.text ?? '\r\n';
}
