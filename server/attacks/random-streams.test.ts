import { expect, test } from 'vitest';
import { Protocol, type ProtocolSettings } from '../protocol/protocol.ts';
import { feed, tell } from '../testing/protocol-kit.ts';
import { dice, randomPieces, randomStream, runs, SEED, STREAM_LIMIT, shrink } from '../testing/random-frames.ts';
import { modelEvents } from '../testing/reference-model.ts';

const SETTINGS: ProtocolSettings = { maxMessageBytes: STREAM_LIMIT, deflateLevel: 1, deflateFromBytes: 0 };

const model = (stream: Buffer) => modelEvents(stream, STREAM_LIMIT).join('\n');

/** What a stream means in one piece, taken by the fast path where it takes it. */
function byRanges(stream: Buffer): string {
  const protocol = new Protocol(SETTINGS);
  const heard: string[] = [];
  protocol.receive(Buffer.from(stream), {
    perform: (step) => heard.push(...tell([step])),
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

test(`${runs(1_000_000)} random streams of seed ${SEED} mean what the model says, in one piece and in many`, {
  timeout: 3_600_000,
}, () => {
  const below = dice(SEED);
  for (let run = runs(1_000_000); run > 0; run--) {
    const stream = randomStream(below);
    const meaning = model(stream);
    if (byRanges(stream) !== meaning) disagreed(stream, byRanges);
    const cut = below(0xffffffff);
    const inPieces = (what: Buffer) => byPieces(randomPieces(what, 200, dice(cut)));
    if (inPieces(stream) !== meaning) disagreed(stream, inPieces);
  }
});

test(`${runs(20_000)} random streams of seed ${SEED} mean the same octet by octet, whole, and in 16 random cuts`, {
  timeout: 3_600_000,
}, () => {
  const below = dice(SEED + 1);
  for (let run = runs(20_000); run > 0; run--) {
    const stream = randomStream(below);
    const meaning = model(stream);
    const octets = (what: Buffer) => byPieces(randomPieces(what, 1, below));
    if (octets(stream) !== meaning) disagreed(stream, octets);
    if (byPieces([stream]) !== meaning) disagreed(stream, (what) => byPieces([what]));
    for (let n = 0; n < 16; n++) {
      const cut = below(0xffffffff);
      const inPieces = (what: Buffer) => byPieces(randomPieces(what, 2 + n * 6, dice(cut)));
      if (inPieces(stream) !== meaning) disagreed(stream, inPieces);
    }
  }
});

test('a stream that is wrong is told in as few octets as are wrong', () => {
  const stream = Buffer.from('many octets, of which one ! is wrong');
  expect(shrink(stream, (less) => less.includes('!')).toString()).toBe('!');
});
