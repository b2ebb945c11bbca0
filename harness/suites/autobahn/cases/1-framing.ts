import {
  aCase,
  BINARY,
  type Case,
  EMPTY,
  type Family,
  frame,
  gotBinary,
  gotText,
  killAfter,
  run,
  size,
  TEXT,
  WE_CLOSE,
} from './case.ts';

/** Lengths that need 7, 16 and 64 bits in the header, and the ones on either side (RFC 6455 5.2). */
const SIZES: readonly { length: number; seconds: number; chop?: number; why: string }[] = [
  { length: 0, seconds: 1, why: 'no payload at all, though a mask still stands in the header' },
  { length: 125, seconds: 1, why: 'the longest payload whose length fits into 7 bits' },
  { length: 126, seconds: 1, why: 'the shortest payload that needs the 16-bit length' },
  { length: 127, seconds: 1, why: 'a 16-bit length whose value is the marker of the 64-bit form' },
  { length: 128, seconds: 1, why: 'a 16-bit length whose low octet has its top bit set' },
  { length: 65_535, seconds: 10, why: 'the longest payload the 16-bit length can tell' },
  { length: 65_536, seconds: 10, why: 'the shortest payload that needs the 64-bit length' },
  {
    length: 65_536,
    seconds: 10,
    chop: 997,
    why: 'the same 64-bit length, with cuts that fall inside header and payload',
  },
];

const KINDS = [
  { sub: '1.1', opcode: TEXT, octet: 0x2a, name: 'text', title: 'Text', got: gotText },
  { sub: '1.2', opcode: BINARY, octet: 0xfe, name: 'binary', title: 'Binary', got: gotBinary },
] as const;

const cases: Case[] = KINDS.flatMap((kind) =>
  SIZES.map(({ length, seconds, chop, why }, i) => {
    const payload = length === 0 ? EMPTY : run(kind.octet, length);
    return aCase({
      id: `${kind.sub}.${i + 1}`,
      title: `${kind.title} message, ${size(length)}${chop ? `, ${chop} octets per write` : ''}`,
      sends: `One ${kind.name} frame with ${length === 0 ? 'an empty payload' : `a payload of ${size(length)}`}${
        chop ? `, written ${chop} octets at a time` : ''
      }: ${why}.`,
      demands: `The same ${kind.name} message comes back within ${seconds} s, whatever form its length takes on the wire; then our Close is answered and TCP ended.`,
      rfc: ['RFC 6455 5.2', 'RFC 6455 5.6'],
      script: [frame(kind.opcode, payload, chop ? { chop } : {}), killAfter(seconds)],
      allowed: { OK: [kind.got(payload)] },
      close: WE_CLOSE,
    });
  }),
);

/** 1.x: unfragmented messages of every length encoding. */
export const framing: Family = {
  category: '1',
  title: 'Framing',
  subcategories: { '1.1': 'Text messages', '1.2': 'Binary messages' },
  cases,
};
