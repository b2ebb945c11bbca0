import { constants, deflateRawSync, inflateRawSync, type ZlibOptions } from 'node:zlib';
import { expect, test } from 'vitest';
import { FIN, OP, RSV1 } from '../protocol/frame.ts';
import { Protocol } from '../protocol/protocol.ts';
import { describeSteps, frame } from '../testing/protocol-kit.ts';
import { createRandom, SEED, scaledRuns } from '../testing/random-frames.ts';

const LIMIT = 20_000;
const SETTINGS = {
  maxMessageBytes: LIMIT,
  deflateLevel: 1,
  deflateFromBytes: 0,
  deflate: {
    serverNoContextTakeover: true,
    clientNoContextTakeover: true,
    serverMaxWindowBits: 15,
    clientMaxWindowBits: 15,
  },
};

const TAIL = Buffer.from([0x00, 0x00, 0xff, 0xff]);

function told(bytes: Buffer): string {
  const protocol = new Protocol(SETTINGS);
  const words = describeSteps(protocol.receive(frame(FIN | RSV1 | OP.binary, bytes))).join('\n');
  protocol.dispose();
  return words;
}

const TOO_BIG = 'close 1009\nend by 7.4.1';
const BROKEN = 'close 1007\nend by 7692 7.2.2';
const FLUSH = { finishFlush: constants.Z_SYNC_FLUSH };

/** The code of what Node throws at it, if it throws. */
function complaint(payload: Buffer, options: ZlibOptions): string | undefined {
  try {
    inflateRawSync(payload, { ...FLUSH, ...options });
    return undefined;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

/** Yields too much, and breaks at last: which of the two is told depends on how much is looked at in one go. */
function isBoth(payload: Buffer): boolean {
  const whole = Buffer.concat([payload, TAIL]);
  // Node looks when a chunk is full, 16 KiB unless it is told otherwise.
  const tooMuch = complaint(whole, { maxOutputLength: LIMIT, chunkSize: LIMIT + 1 }) === 'ERR_BUFFER_TOO_LARGE';
  return tooMuch && complaint(whole, {}) === 'Z_DATA_ERROR';
}

/** What a payload means, by one call of Node's own for each stream that is in it (RFC 7692 §7.2.2, §7.2.3.4). */
function meaning(payload: Buffer): string {
  if (payload.length > LIMIT) return TOO_BIG;
  const plain: Buffer[] = [];
  let bytes = 0;
  let left = Buffer.concat([payload, TAIL]);
  // Of a stream that ends within the tail nothing is left that could mean anything.
  while (left.length > TAIL.length || plain.length === 0) {
    try {
      const { buffer, engine } = inflateRawSync(left, {
        ...FLUSH,
        maxOutputLength: LIMIT + 1,
        info: true,
      }) as unknown as {
        buffer: Buffer;
        engine: { bytesWritten: number };
      };
      plain.push(buffer);
      bytes += buffer.length;
      if (bytes > LIMIT) return TOO_BIG;
      left = left.subarray(engine.bytesWritten);
    } catch (error) {
      return (error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE' ? TOO_BIG : BROKEN;
    }
  }
  return `binary ${Buffer.concat(plain).toString('latin1')}`;
}

function agree(payload: Buffer): void {
  const [got, wanted] = [told(payload), meaning(payload)];
  if (got === wanted) return;
  if ([TOO_BIG, BROKEN].includes(got) && [TOO_BIG, BROKEN].includes(wanted) && isBoth(payload)) return;
  expect({ payload: payload.toString('hex'), got }).toEqual({ payload: '', got: wanted });
}

const compress = (bytes: Buffer, level: number, strategy: number = constants.Z_DEFAULT_STRATEGY) =>
  deflateRawSync(bytes, { level, strategy, finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);

const JSON_TEXT = Buffer.from('{"a":[1,2,3],"b":"text text text"}'.repeat(20));

/** Good messages of every type of block: stored, with fixed codes, with codes of their own. */
const GOOD: readonly Buffer[] = [
  compress(JSON_TEXT, 0),
  compress(JSON_TEXT, 1, constants.Z_FIXED),
  compress(JSON_TEXT, 9),
  compress(Buffer.from('a'), 9),
  compress(Buffer.alloc(LIMIT), 9),
  deflateRawSync(JSON_TEXT),
];

test('S57 S61 more than 300 payloads mean what Node says: each octet alone, good ones cut anywhere, doubled, ended, bombs', () => {
  const fixed = [
    ...Array.from({ length: 256 }, (_, octet) => Buffer.from([octet])),
    ...GOOD.flatMap((good) => [
      good,
      Buffer.concat([good, TAIL]),
      Buffer.concat([good, TAIL, good]),
      Buffer.concat([good, good]),
      Buffer.concat([deflateRawSync(JSON_TEXT), good]),
      Buffer.concat([good, Buffer.from([0x03, 0x00])]),
      Buffer.concat([good, Buffer.alloc(5, 0xff)]),
      ...Array.from({ length: Math.min(80, good.length) }, (_, cut) => good.subarray(0, cut)),
    ]),
    ...[LIMIT - 1, LIMIT, LIMIT + 1, LIMIT + 2, 65_536, 1 << 20, 1 << 24].flatMap((size) => [
      compress(Buffer.alloc(size), 9),
      deflateRawSync(Buffer.alloc(size)),
      Buffer.concat([deflateRawSync(JSON_TEXT), compress(Buffer.alloc(size), 1)]),
    ]),
  ];
  expect(fixed.length).toBeGreaterThanOrEqual(300);
  for (const payload of fixed) agree(payload);
});

test(`S61 ${scaledRuns(50_000)} mutated or made up payloads of seed ${SEED} mean what Node says, and nothing else`, {
  timeout: 3_600_000,
}, () => {
  const below = createRandom(SEED);
  for (let run = scaledRuns(50_000); run > 0; run--) {
    if (run % 5 === 0) {
      agree(Buffer.from(Array.from({ length: below(60) }, () => below(256))));
      continue;
    }
    const mutated = Buffer.from(GOOD[below(GOOD.length)] ?? TAIL);
    for (let count = 1 + below(3); count > 0; count--) mutated[below(mutated.length)] = below(256);
    agree(below(4) === 0 ? Buffer.concat([mutated, GOOD[below(GOOD.length)] ?? TAIL]) : mutated);
  }
});
