import {
  type Case,
  CUT_SENTENCES,
  CUT_TITLES,
  type Cut,
  defineCase,
  EMPTY,
  type Family,
  frame,
  gotText,
  killAfter,
  type Payload,
  PING,
  SERVER_FAILS,
  TEXT,
  text,
} from './case.ts';

const HELLO = text('Hello, world!');
const PAYLOAD = text('reserved opcode payload');

const KINDS = [
  { sub: '4.1', first: 3, name: 'data', range: '3 to 7', rfc: ['RFC 6455 5.2', 'RFC 6455 7.1.7'] },
  {
    sub: '4.2',
    first: 11,
    name: 'control',
    range: '11 to 15',
    rfc: ['RFC 6455 5.2', 'RFC 6455 5.5', 'RFC 6455 7.1.7'],
  },
] as const;
type Kind = (typeof KINDS)[number];

const singleFrame = (kind: Kind, n: number, payload: Payload, suffix: string): Case =>
  defineCase({
    id: `${kind.sub}.${n}`,
    title: `Opcode ${kind.first + n - 1}, ${suffix}`,
    sends: `One frame with the reserved ${kind.name} opcode ${kind.first + n - 1}, ${suffix}.`,
    demands: `The server fails the connection (1002): opcodes ${kind.range} are reserved for future ${kind.name} frames, and a server must not skip a frame with an unknown opcode.`,
    rfc: kind.rfc,
    script: [frame(kind.first + n - 1, payload), killAfter(1)],
    allowed: { OK: [] },
    close: SERVER_FAILS,
  });

const afterValidText = (kind: Kind, n: number, payload: Payload, suffix: string, cut: Cut): Case =>
  defineCase({
    id: `${kind.sub}.${n}`,
    title: `Valid text, opcode ${kind.first + n - 1} ${suffix}, ping${CUT_TITLES[cut]}`,
    sends: `A valid text message, a frame with the reserved ${kind.name} opcode ${kind.first + n - 1} ${suffix}, then a Ping.${CUT_SENTENCES[cut]}`,
    demands: `The server echoes the text and fails the connection (1002) at the reserved opcode. It does not answer the Ping. If the echo is lost with the connection, the case is NON-STRICT.`,
    rfc: kind.rfc,
    script: [
      frame(TEXT, HELLO, { cut }),
      frame(kind.first + n - 1, payload, { cut }),
      frame(PING, EMPTY, { cut }),
      killAfter(1),
    ],
    allowed: { OK: [gotText(HELLO)], 'NON-STRICT': [] },
    close: SERVER_FAILS,
  });

const cases: Case[] = KINDS.flatMap((kind) => [
  singleFrame(kind, 1, EMPTY, 'without payload'),
  singleFrame(kind, 2, PAYLOAD, 'with payload'),
  afterValidText(kind, 3, EMPTY, 'without payload', 'together'),
  afterValidText(kind, 4, HELLO, 'with payload', 'together'),
  afterValidText(kind, 5, HELLO, 'with payload', 'bytes'),
]);

/** The cases of category 4: opcodes that no standard has defined yet. */
export const opcodes: Family = {
  category: '4',
  title: 'Opcodes',
  subcategories: { '4.1': 'Reserved data opcodes', '4.2': 'Reserved control opcodes' },
  cases,
};
