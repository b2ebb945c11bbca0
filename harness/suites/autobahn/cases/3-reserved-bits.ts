import {
  BINARY,
  type Case,
  CLOSE,
  CUT_SENTENCES,
  CUT_TITLES,
  type Cut,
  defineCase,
  EMPTY,
  type Family,
  frame,
  gotText,
  hex,
  killAfter,
  PING,
  SERVER_FAILS,
  TEXT,
  text,
} from './case.ts';

const HELLO = text('Hello, world!');
const RFC = ['RFC 6455 5.2', 'RFC 6455 7.1.7'];

/** Returns the names of the reserved bits that are set: `RSV1 and RSV3` for 5. */
function bitNames(rsv: number): string {
  const names = [rsv & 4 ? 'RSV1' : '', rsv & 2 ? 'RSV2' : '', rsv & 1 ? 'RSV3' : ''].filter((name) => name !== '');
  return names.length === 1 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

const singleFrame = (id: string, rsv: number, opcode: number, name: string, payload = HELLO): Case =>
  defineCase({
    id,
    title: `${name} with ${bitNames(rsv)}`,
    sends: `One ${name.toLowerCase()} frame with ${bitNames(rsv)} set.`,
    demands:
      'The server fails the connection (1002): no negotiated extension gives these bits a meaning. It echoes nothing.',
    rfc: RFC,
    script: [frame(opcode, payload, { rsv }), killAfter(1)],
    allowed: { OK: [] },
    close: SERVER_FAILS,
  });

const afterValidText = (id: string, rsv: number, cut: Cut): Case =>
  defineCase({
    id,
    title: `Valid text, then text with ${bitNames(rsv)}, then ping${CUT_TITLES[cut]}`,
    sends: `A valid text message, the same message again with ${bitNames(rsv)} set, then a Ping.${CUT_SENTENCES[cut]}`,
    demands:
      'The server echoes the first message and fails the connection (1002) at the second, because no negotiated extension gives the bit a meaning. It does not answer the Ping. If the first echo is lost with the connection, the case is NON-STRICT.',
    rfc: RFC,
    script: [frame(TEXT, HELLO, { cut }), frame(TEXT, HELLO, { rsv, cut }), frame(PING, EMPTY, { cut }), killAfter(1)],
    allowed: { OK: [gotText(HELLO)], 'NON-STRICT': [] },
    close: SERVER_FAILS,
  });

const cases: Case[] = [
  singleFrame('3.1', 1, TEXT, 'Text'),
  afterValidText('3.2', 2, 'together'),
  afterValidText('3.3', 3, 'apart'),
  afterValidText('3.4', 4, 'bytes'),
  singleFrame('3.5', 5, BINARY, 'Binary', hex('00fffefdfcfb00ff')),
  singleFrame('3.6', 6, BINARY, 'Binary'),
  singleFrame('3.7', 7, CLOSE, 'Close', EMPTY),
];

/** The cases of category 3: frames with reserved bits, although no extension was negotiated that allows them. */
export const reservedBits: Family = { category: '3', title: 'Reserved bits', subcategories: {}, cases };
