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

/** What a stream means in one piece, taken by the fast path where it takes it. */
function byRanges(stream: Buffer): string {
  const protocol = new Protocol(SETTINGS);
  const heard: string[] = [];
  protocol.receive(Buffer.from(stream), {
    perform: (step) => heard.push(...describeSteps([step])),
    message: (kind, bytes, from, to) => heard.push(`${kind} ${bytes.toString('latin1', from, to)}`) > 0,
  });
  protocol.dispose();
  return heard.join('\n');
}

function byPieces(pieces: readonly Buffer[]): string {
  const protocol = new Protocol(SETTINGS);
  const told = feed(protocol, pieces).join('\n');
  protocol.dispose();
  return told;
}

/** Says what is wrong with the least stream that is still wrong; it belongs into fixtures/corpus. */
function disagreed(stream: Buffer, means: (stream: Buffer) => string): never {
  const least = shrink(stream, (less) => means(less) !== model(less));
  expect.fail(`${least.toString('hex')} means\n${means(least)}\nand not\n${model(least)}`);
}

test(`${scaledRuns(1_000_000)} random streams of seed ${SEED} mean what the model says, in one piece and in many`, {
  timeout: 3_600_000,
}, () => {
  const below = createRandom(SEED);
  for (let run = scaledRuns(1_000_000); run > 0; run--) {
    const stream = randomStream(below);
    const meaning = model(stream);
    if (byRanges(stream) !== meaning) disagreed(stream, byRanges);
    const cut = below(0xffffffff);
    const inPieces = (what: Buffer) => byPieces(randomPieces(what, 200, createRandom(cut)));
    if (inPieces(stream) !== meaning) disagreed(stream, inPieces);
  }
});

test(`${scaledRuns(20_000)} random streams of seed ${SEED} mean the same octet by octet, whole, and in 16 random cuts`, {
  timeout: 3_600_000,
}, () => {
  const below = createRandom(SEED + 1);
  for (let run = scaledRuns(20_000); run > 0; run--) {
    const stream = randomStream(below);
    const meaning = model(stream);
    const octets = (what: Buffer) => byPieces(randomPieces(what, 1, below));
    if (octets(stream) !== meaning) disagreed(stream, octets);
    if (byPieces([stream]) !== meaning) disagreed(stream, (what) => byPieces([what]));
    for (let n = 0; n < 16; n++) {
      const cut = below(0xffffffff);
      const inPieces = (what: Buffer) => byPieces(randomPieces(what, 2 + n * 6, createRandom(cut)));
      if (inPieces(stream) !== meaning) disagreed(stream, inPieces);
    }
  }
});

test('a stream that is wrong is told in as few octets as are wrong', () => {
  const stream = Buffer.from('many octets, of which one ! is wrong');
  expect(shrink(stream, (less) => less.includes('!')).toString()).toBe('!');
});
