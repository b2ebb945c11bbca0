import {
  BINARY,
  type Case,
  closeAfter,
  defineCase,
  type Family,
  frame,
  message,
  type Payload,
  pattern,
  run,
  size,
  TEXT,
  WE_CLOSE,
} from './case.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const TEXT_PATTERN = Buffer.from('BAsd7&jh23', 'ascii');
const BINARY_PATTERN = Buffer.from('00fe23faf0', 'hex');
const ECHO = 'The server echoes a message of the same type and length';

/** Makes a case with one message. Only the type and the length of the echo are judged. */
const oneMessage = (facts: {
  id: string;
  title: string;
  sends: string;
  binary: boolean;
  length: number;
  seconds: number;
  rfc: readonly string[];
  script: Case['script'];
}): Case =>
  defineCase({
    id: facts.id,
    title: facts.title,
    sends: facts.sends,
    demands: `${ECHO} within ${facts.seconds} s. The report shows how long the echo took.`,
    rfc: facts.rfc,
    script: [...facts.script, closeAfter(facts.seconds)],
    criterion: { by: 'size', binary: facts.binary, length: facts.length },
    allowed: {},
    close: WE_CLOSE,
    wirelog: 'quiet',
    reportTime: true,
  });

const KINDS = [
  { binary: false, opcode: TEXT, name: 'text', title: 'Text', pattern: TEXT_PATTERN },
  { binary: true, opcode: BINARY, name: 'binary', title: 'Binary', pattern: BINARY_PATTERN },
] as const;
type Kind = (typeof KINDS)[number];

const LENGTHS = [64 * KIB, 256 * KIB, MIB, 4 * MIB, 8 * MIB, 16 * MIB];
/**
 * Time limits in seconds for text and binary messages, one for each length in `LENGTHS`. In Autobahn, a binary message
 * of 1 or 4 MiB has only a tenth of the time of a text.
 */
const SECONDS: Record<Kind['name'], readonly number[]> = {
  text: [10, 10, 100, 100, 100, 100],
  binary: [10, 10, 10, 10, 100, 100],
};

const growing = (sub: string, kind: Kind): Case[] =>
  LENGTHS.map((length, i) =>
    oneMessage({
      id: `${sub}.${i + 1}`,
      title: `${kind.title} message, ${size(length)}`,
      sends: `One ${kind.name} frame of ${size(length)}.`,
      binary: kind.binary,
      length,
      seconds: SECONDS[kind.name][i] ?? 100,
      rfc: ['RFC 6455 5.2', 'RFC 6455 10.4'],
      script: [frame(kind.opcode, pattern(kind.pattern, length))],
    }),
  );

const fragmented = (sub: string, kind: Kind): Case[] =>
  [64, 256, KIB, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB, 4 * MIB].map((fragment, i) =>
    oneMessage({
      id: `${sub}.${i + 1}`,
      title: `${kind.title} message of 4 MiB in frames of ${size(fragment)}`,
      sends:
        fragment === 4 * MIB
          ? `A ${kind.name} message of 4 MiB in a single frame.`
          : `A ${kind.name} message of 4 MiB in ${(4 * MIB) / fragment} frames of ${size(fragment)} and an empty last frame.`,
      binary: kind.binary,
      length: 4 * MIB,
      seconds: 100,
      rfc: ['RFC 6455 5.4', 'RFC 6455 10.4'],
      // In Autobahn, the message of 9.4.1 consists of bytes fe; all others of 9.3 and 9.4 consist of bytes 2a.
      script: [message(run(sub === '9.4' && i === 0 ? 0xfe : 0x2a, 4 * MIB), { binary: kind.binary, fragment })],
    }),
  );

const chopped = (sub: string, kind: Kind): Case[] =>
  [64, 128, 256, 512, 1024, 2048].map((chop, i) =>
    oneMessage({
      id: `${sub}.${i + 1}`,
      title: `${kind.title} message of 1 MiB, ${chop} bytes per write`,
      sends: `One ${kind.name} frame of 1 MiB, written ${chop} bytes at a time.`,
      binary: kind.binary,
      length: MIB,
      seconds: 1000,
      rfc: ['RFC 6455 5.2', 'RFC 6455 10.4'],
      script: [frame(kind.opcode, pattern(kind.pattern, MIB), { chop })],
    }),
  );

const ROUND_TRIPS: readonly { length: number; seconds: number }[] = [
  { length: 0, seconds: 60 },
  { length: 16, seconds: 60 },
  { length: 64, seconds: 60 },
  { length: 256, seconds: 120 },
  { length: 1024, seconds: 240 },
  { length: 4096, seconds: 480 },
];
const COUNT = 1000;

const roundTrips = (sub: string, kind: Kind): Case[] =>
  ROUND_TRIPS.map(({ length, seconds }, i) => {
    const payload: Payload = pattern(Buffer.from([kind.binary ? 0xfe : 0x2a]), length);
    return defineCase({
      id: `${sub}.${i + 1}`,
      title: `${COUNT} ${kind.name} round trips, ${size(length)} each`,
      sends: `${COUNT} ${kind.name} messages of ${size(length)}, each sent after the echo of the previous message.`,
      demands: `The server echoes every message with the same type and length, all within ${seconds} s. The report shows how long the echoes took.`,
      rfc: ['RFC 6455 5.6'],
      script: [closeAfter(seconds), frame(kind.opcode, payload)],
      criterion: { by: 'round-trips', binary: kind.binary, payload, length, count: COUNT },
      allowed: {},
      close: WE_CLOSE,
      wirelog: 'switched',
      reportTime: true,
    });
  });

const [TEXTS, BINARIES] = KINDS;

/** The cases of category 9: large messages, many frames, many small messages. */
export const limits: Family = {
  category: '9',
  title: 'Limits and performance',
  subcategories: {
    '9.1': 'Text messages of growing length',
    '9.2': 'Binary messages of growing length',
    '9.3': 'A text of 4 MiB in frames of growing length',
    '9.4': 'A binary message of 4 MiB in frames of growing length',
    '9.5': 'A text of 1 MiB in writes of growing length',
    '9.6': 'A binary message of 1 MiB in writes of growing length',
    '9.7': 'Text round trips',
    '9.8': 'Binary round trips',
  },
  cases: [
    ...growing('9.1', TEXTS),
    ...growing('9.2', BINARIES),
    ...fragmented('9.3', TEXTS),
    ...fragmented('9.4', BINARIES),
    ...chopped('9.5', TEXTS),
    ...chopped('9.6', BINARIES),
    ...roundTrips('9.7', TEXTS),
    ...roundTrips('9.8', BINARIES),
  ],
};
