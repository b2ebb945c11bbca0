import {
  aCase,
  BINARY,
  type Case,
  CLOSE,
  CUT_SENTENCES,
  CUT_TITLES,
  type Cut,
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

/** The frame's RSV field as bits: 4 is RSV1, 2 is RSV2, 1 is RSV3. */
function bits(rsv: number): string {
  const names = [rsv & 4 ? 'RSV1' : '', rsv & 2 ? 'RSV2' : '', rsv & 1 ? 'RSV3' : ''].filter((name) => name !== '');
  return names.length === 1 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

const alone = (id: string, rsv: number, opcode: number, name: string, payload = HELLO): Case =>
  aCase({
    id,
    title: `${name} with ${bits(rsv)}`,
    sends: `One ${name.toLowerCase()} frame with ${bits(rsv)} set.`,
    demands:
      'The server fails the connection (1002): no extension that gives these bits a meaning was agreed on. Nothing comes back.',
    rfc: RFC,
    script: [frame(opcode, payload, { rsv }), killAfter(1)],
    allowed: { OK: [] },
    close: SERVER_FAILS,
  });

const afterGood = (id: string, rsv: number, cut: Cut): Case =>
  aCase({
    id,
    title: `Good text, then text with ${bits(rsv)}, then ping${CUT_TITLES[cut]}`,
    sends: `A good text message, the same one again with ${bits(rsv)} set, then a Ping.${CUT_SENTENCES[cut]}`,
    demands:
      'The first message is echoed, then the server fails the connection (1002) at the second: the bit has no agreed meaning. The Ping after it is not answered. Dropping the first echo with the connection is allowed but not strict.',
    rfc: RFC,
    script: [frame(TEXT, HELLO, { cut }), frame(TEXT, HELLO, { rsv, cut }), frame(PING, EMPTY, { cut }), killAfter(1)],
    allowed: { OK: [gotText(HELLO)], 'NON-STRICT': [] },
    close: SERVER_FAILS,
  });

const cases: Case[] = [
  alone('3.1', 1, TEXT, 'Text'),
  afterGood('3.2', 2, 'together'),
  afterGood('3.3', 3, 'apart'),
  afterGood('3.4', 4, 'octets'),
  alone('3.5', 5, BINARY, 'Binary', hex('00fffefdfcfb00ff')),
  alone('3.6', 6, BINARY, 'Binary'),
  alone('3.7', 7, CLOSE, 'Close', EMPTY),
];

/** 3.x: reserved bits without an extension that would define them. */
export const reservedBits: Family = { category: '3', title: 'Reserved bits', subcategories: {}, cases };
