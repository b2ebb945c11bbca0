import { expect, test } from 'vitest';
import { Protocol, type ProtocolSettings } from '../protocol/protocol.ts';
import { describeSteps, feed } from '../testing/protocol-kit.ts';
import {
  createRandom,
  MAX_MESSAGE_BYTES,
  randomPieces,
  randomStream,
  SEED,
  scaledRuns,
  shrink,
} from '../testing/random-frames.ts';
import { modelEvents } from '../testing/reference-model.ts';

const SETTINGS: ProtocolSettings = { maxMessageBytes: MAX_MESSAGE_BYTES, deflateLevel: 1, deflateFromBytes: 0 };

const model = (stream: Buffer) => modelEvents(stream, MAX_MESSAGE_BYTES).join('\n');

/**
 * Reads a stream as one chunk with the fast path, which reads complete uncompressed messages in a faster way.
 *
 * @returns the events, one per line.
 */
function eventsByFastPath(stream: Buffer): string {
  const protocol = new Protocol(SETTINGS);
  const events: string[] = [];
  protocol.receive(Buffer.from(stream), {
    perform: (step) => events.push(...describeSteps([step])),
    message: (kind, bytes, from, to) => events.push(`${kind} ${bytes.toString('latin1', from, to)}`) > 0,
  });
  protocol.dispose();
  return events.join('\n');
}

/** Reads a stream in pieces without the fast path. @returns the events, one per line. */
function eventsByPieces(pieces: readonly Buffer[]): string {
  const protocol = new Protocol(SETTINGS);
  const events = feed(protocol, pieces).join('\n');
  protocol.dispose();
  return events;
}

/**
 * Fails the test and prints the shortest stream on which the server and the reference model differ. Add that stream to
 * fixtures/corpus.
 */
function failShortest(stream: Buffer, eventsOf: (stream: Buffer) => string): never {
  const shortest = shrink(stream, (candidate) => eventsOf(candidate) !== model(candidate));
  expect.fail(
    `${shortest.toString('hex')}: the server reports\n${eventsOf(shortest)}\nthe model reports\n${model(shortest)}`,
  );
}

test(`${scaledRuns(1_000_000)} random streams of seed ${SEED} cause the events of the model, in one piece and in many`, {
  timeout: 3_600_000,
}, () => {
  const random = createRandom(SEED);
  for (let run = scaledRuns(1_000_000); run > 0; run--) {
    const stream = randomStream(random);
    const expected = model(stream);
    if (eventsByFastPath(stream) !== expected) failShortest(stream, eventsByFastPath);
    const cut = random(0xffffffff);
    const inPieces = (what: Buffer) => eventsByPieces(randomPieces(what, 200, createRandom(cut)));
    if (inPieces(stream) !== expected) failShortest(stream, inPieces);
  }
});

test(`${scaledRuns(20_000)} random streams of seed ${SEED} cause the same events byte by byte, whole, and in 16 random splits`, {
  timeout: 3_600_000,
}, () => {
  const random = createRandom(SEED + 1);
  for (let run = scaledRuns(20_000); run > 0; run--) {
    const stream = randomStream(random);
    const expected = model(stream);
    const byteByByte = (what: Buffer) => eventsByPieces(randomPieces(what, 1, random));
    if (byteByByte(stream) !== expected) failShortest(stream, byteByByte);
    if (eventsByPieces([stream]) !== expected) failShortest(stream, (what) => eventsByPieces([what]));
    for (let n = 0; n < 16; n++) {
      const cut = random(0xffffffff);
      const inPieces = (what: Buffer) => eventsByPieces(randomPieces(what, 2 + n * 6, createRandom(cut)));
      if (inPieces(stream) !== expected) failShortest(stream, inPieces);
    }
  }
});

test('shrink reduces a failing stream to the bytes that make it fail', () => {
  const stream = Buffer.from('many bytes, of which one ! is wrong');
  expect(shrink(stream, (less) => less.includes('!')).toString()).toBe('!');
});
