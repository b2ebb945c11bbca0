import {
  aCase,
  type Case,
  CUT_SENTENCES,
  CUT_TITLES,
  type Cut,
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
const LONE = text('reserved opcode payload');

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

const alone = (kind: Kind, n: number, payload: Payload, filled: string): Case =>
  aCase({
    id: `${kind.sub}.${n}`,
    title: `Opcode ${kind.first + n - 1}, ${filled}`,
    sends: `One frame with the reserved ${kind.name} opcode ${kind.first + n - 1}, ${filled}.`,
    demands: `The server fails the connection (1002): opcodes ${kind.range} are kept for later ${kind.name} frames, and an unknown opcode must not be skipped.`,
    rfc: kind.rfc,
    script: [frame(kind.first + n - 1, payload), killAfter(1)],
    allowed: { OK: [] },
    close: SERVER_FAILS,
  });

const afterGood = (kind: Kind, n: number, payload: Payload, filled: string, cut: Cut): Case =>
  aCase({
    id: `${kind.sub}.${n}`,
    title: `Good text, opcode ${kind.first + n - 1} ${filled}, ping${CUT_TITLES[cut]}`,
    sends: `A good text message, a frame with the reserved ${kind.name} opcode ${kind.first + n - 1} ${filled}, then a Ping.${CUT_SENTENCES[cut]}`,
    demands: `The text is echoed, then the server fails the connection (1002) at the reserved opcode; the Ping is not answered. Dropping the echo with the connection is allowed but not strict.`,
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
  alone(kind, 1, EMPTY, 'without payload'),
  alone(kind, 2, LONE, 'with payload'),
  afterGood(kind, 3, EMPTY, 'without payload', 'together'),
  afterGood(kind, 4, HELLO, 'with payload', 'together'),
  afterGood(kind, 5, HELLO, 'with payload', 'octets'),
]);

/** 4.x: opcodes nobody has defined yet. */
export const opcodes: Family = {
  category: '4',
  title: 'Opcodes',
  subcategories: { '4.1': 'Reserved data opcodes', '4.2': 'Reserved control opcodes' },
  cases,
};
