import {
  BINARY,
  type Case,
  defineCase,
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

/**
 * Payload lengths at and next to the limits of the 7-bit, 16-bit and 64-bit forms of the length field (RFC 6455 5.2).
 */
const LENGTHS: readonly { length: number; seconds: number; chop?: number; why: string }[] = [
  { length: 0, seconds: 1, why: 'no payload, but the header still has a mask' },
  { length: 125, seconds: 1, why: 'the longest payload whose length fits into 7 bits' },
  { length: 126, seconds: 1, why: 'the shortest payload that needs the 16-bit length' },
  { length: 127, seconds: 1, why: 'a 16-bit length whose value is the marker of the 64-bit form' },
  { length: 128, seconds: 1, why: 'a 16-bit length whose low byte has its top bit set' },
  { length: 65_535, seconds: 10, why: 'the longest payload that a 16-bit length can express' },
  { length: 65_536, seconds: 10, why: 'the shortest payload that needs the 64-bit length' },
  {
    length: 65_536,
    seconds: 10,
    chop: 997,
    why: 'the same 64-bit length, cut inside the header and inside the payload',
  },
];

const KINDS = [
  { sub: '1.1', opcode: TEXT, byte: 0x2a, name: 'text', title: 'Text', got: gotText },
  { sub: '1.2', opcode: BINARY, byte: 0xfe, name: 'binary', title: 'Binary', got: gotBinary },
] as const;

const cases: Case[] = KINDS.flatMap((kind) =>
  LENGTHS.map(({ length, seconds, chop, why }, i) => {
    const payload = length === 0 ? EMPTY : run(kind.byte, length);
    return defineCase({
      id: `${kind.sub}.${i + 1}`,
      title: `${kind.title} message, ${size(length)}${chop ? `, ${chop} bytes per write` : ''}`,
      sends: `One ${kind.name} frame with ${length === 0 ? 'an empty payload' : `a payload of ${size(length)}`}${
        chop ? `, written ${chop} bytes at a time` : ''
      }: ${why}.`,
      demands: `The server echoes the ${kind.name} message within ${seconds} s, in whatever form the length is encoded. Then it answers the client’s Close and ends TCP.`,
      rfc: ['RFC 6455 5.2', 'RFC 6455 5.6'],
      script: [frame(kind.opcode, payload, chop ? { chop } : {}), killAfter(seconds)],
      allowed: { OK: [kind.got(payload)] },
      close: WE_CLOSE,
    });
  }),
);

/** The cases of category 1: unfragmented messages with payload lengths in the 7-bit, 16-bit and 64-bit form. */
export const framing: Family = {
  category: '1',
  title: 'Framing',
  subcategories: { '1.1': 'Text messages', '1.2': 'Binary messages' },
  cases,
};
