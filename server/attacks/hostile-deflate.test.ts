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

/** Returns the events that the server reports for a compressed message, one per line. */
function eventsOf(bytes: Buffer): string {
  const protocol = new Protocol(SETTINGS);
  const events = describeSteps(protocol.receive(frame(FIN | RSV1 | OP.binary, bytes))).join('\n');
  protocol.dispose();
  return events;
}

const TOO_BIG = 'close 1009\nend by 7.4.1';
const INVALID = 'close 1007\nend by 7692 7.2.2';
const FLUSH = { finishFlush: constants.Z_SYNC_FLUSH };

/** Returns the error code with which Node's zlib refuses a payload; undefined if zlib can inflate the payload. */
function zlibErrorCode(payload: Buffer, options: ZlibOptions): string | undefined {
  try {
    inflateRawSync(payload, { ...FLUSH, ...options });
    return undefined;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

/**
 * Tells whether a payload inflates to too many bytes and is also invalid at its end. For such a payload the chunk size
 * decides which of the two errors comes first.
 */
function isTooLargeAndInvalid(payload: Buffer): boolean {
  const whole = Buffer.concat([payload, TAIL]);
  // Node checks the output size only when a chunk is full, which is every 16 KiB by default.
  const tooMuch = zlibErrorCode(whole, { maxOutputLength: LIMIT, chunkSize: LIMIT + 1 }) === 'ERR_BUFFER_TOO_LARGE';
  return tooMuch && zlibErrorCode(whole, {}) === 'Z_DATA_ERROR';
}

/**
 * Returns the expected events for a payload. They come from Node's inflateRawSync, which is called once for each
 * deflate stream in the payload (RFC 7692 §7.2.2, §7.2.3.4).
 */
function expectedEvents(payload: Buffer): string {
  if (payload.length > LIMIT) return TOO_BIG;
  const plain: Buffer[] = [];
  let bytes = 0;
  let rest = Buffer.concat([payload, TAIL]);
  // A deflate stream can end inside the four tail bytes. The rest of the tail then contains no data.
  while (rest.length > TAIL.length || plain.length === 0) {
    try {
      const { buffer, engine } = inflateRawSync(rest, {
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
      rest = rest.subarray(engine.bytesWritten);
    } catch (error) {
      return (error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE' ? TOO_BIG : INVALID;
    }
  }
  return `binary ${Buffer.concat(plain).toString('latin1')}`;
}

/** Asserts that the server reports the same events for a payload as Node's zlib. */
function expectAgreement(payload: Buffer): void {
  const [actual, expected] = [eventsOf(payload), expectedEvents(payload)];
  if (actual === expected) return;
  if ([TOO_BIG, INVALID].includes(actual) && [TOO_BIG, INVALID].includes(expected) && isTooLargeAndInvalid(payload))
    return;
  expect({ payload: payload.toString('hex'), actual }).toEqual({ payload: '', actual: expected });
}

const compress = (bytes: Buffer, level: number, strategy: number = constants.Z_DEFAULT_STRATEGY) =>
  deflateRawSync(bytes, { level, strategy, finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);

const JSON_TEXT = Buffer.from('{"a":[1,2,3],"b":"text text text"}'.repeat(20));

/** Valid messages with each type of deflate block: stored, fixed codes and dynamic codes. */
const GOOD: readonly Buffer[] = [
  compress(JSON_TEXT, 0),
  compress(JSON_TEXT, 1, constants.Z_FIXED),
  compress(JSON_TEXT, 9),
  compress(Buffer.from('a'), 9),
  compress(Buffer.alloc(LIMIT), 9),
  deflateRawSync(JSON_TEXT),
];

test('S57 S61 more than 300 payloads are inflated or refused as Node does: single bytes, cut, doubled, bombs', () => {
  const fixed = [
    ...Array.from({ length: 256 }, (_, byte) => Buffer.from([byte])),
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
  for (const payload of fixed) expectAgreement(payload);
});

test(`S61 ${scaledRuns(50_000)} mutated or random payloads of seed ${SEED} are inflated or refused as Node does`, {
  timeout: 3_600_000,
}, () => {
  const random = createRandom(SEED);
  for (let run = scaledRuns(50_000); run > 0; run--) {
    if (run % 5 === 0) {
      expectAgreement(Buffer.from(Array.from({ length: random(60) }, () => random(256))));
      continue;
    }
    const mutated = Buffer.from(GOOD[random(GOOD.length)] ?? TAIL);
    for (let count = 1 + random(3); count > 0; count--) mutated[random(mutated.length)] = random(256);
    expectAgreement(random(4) === 0 ? Buffer.concat([mutated, GOOD[random(GOOD.length)] ?? TAIL]) : mutated);
  }
});
