import { once } from 'node:events';
import { expect, test } from 'vitest';
import { type AttackedServer, survives } from '../testing/attack-kit.ts';
import {
  createRandom,
  MAX_MESSAGE_BYTES,
  type Random,
  randomPieces,
  randomStream,
  SEED,
  scaledRuns,
} from '../testing/random-frames.ts';
import { type RawClient, REQUEST } from '../testing/raw-client.ts';
import { modelEvents } from '../testing/reference-model.ts';

/** So many at a time; then all of them are gone, or are made to go. */
const AT_ONCE = 100;

const UPGRADE = Buffer.from(`${REQUEST.join('\r\n')}\r\n\r\n`);

/** What the frames of a server say, in the model's words; Pongs are left out, since one may answer several Pings. */
function said(frames: Buffer): string[] {
  const words: string[] = [];
  for (let at = 0; at < frames.length; ) {
    const opcode = (frames[at] ?? 0) & 0x0f;
    const short = frames[at + 1] ?? 0;
    const from = at + (short < 126 ? 2 : 4);
    const length = short < 126 ? short : frames.readUInt16BE(at + 2);
    const payload = frames.subarray(from, from + length);
    if (opcode === 8) words.push(`close ${length < 2 ? 'empty' : payload.readUInt16BE(0)}`);
    else if (opcode < 8) words.push(`${opcode === 1 ? 'text' : 'binary'} ${payload.toString('latin1')}`);
    at = from + length;
  }
  return words;
}

/** What an echo server has to say to a stream. */
function answers(stream: Buffer): string[] {
  return modelEvents(stream, MAX_MESSAGE_BYTES).filter((event) => !/^(pong|heard|end) /.test(event));
}

/** One connection, from its first octet to some end of it. @returns what stalls, to be ended when the others are. */
async function play(arena: AttackedServer, below: Random): Promise<RawClient | undefined> {
  const client = arena.connect();
  const stream = randomStream(below);
  const end = below(4);
  await once(client.socket, 'connect');
  if (below(20) === 0) {
    // Not even the handshake is whole.
    client.socket.write(UPGRADE.subarray(0, below(UPGRADE.length)));
    if (end === 0) return client;
    if (end === 1) client.socket.end();
    else client.socket.resetAndDestroy();
    await client.waitUntil(() => client.ended);
    return undefined;
  }
  for (const piece of randomPieces(Buffer.concat([UPGRADE, stream]), 1 + below(600), below)) client.socket.write(piece);
  if (end === 0) return client;
  if (end === 1) {
    // Before, in or behind the answer to its handshake.
    if (below(2) === 0) await client.waitForBytes(below(100));
    client.socket.resetAndDestroy();
    return undefined;
  }
  // The server is heard to the end: its own, or the one that follows ours.
  client.socket.end();
  await client.waitUntil(() => client.ended);
  const frames = client.received.subarray(client.received.indexOf('\r\n\r\n') + 4);
  const wanted = answers(stream);
  const got = said(frames);
  if (got.join('\n') !== wanted.join('\n'))
    expect({ stream: stream.toString('hex'), got }).toEqual({ stream: '', got: wanted });
  client.socket.destroy();
  return undefined;
}

test(`S10 S42 S54 ${scaledRuns(10_000)} connections of seed ${SEED} end in the midst of random frames by RST, FIN or not at all`, {
  timeout: 3_600_000,
}, async () => {
  const below = createRandom(SEED + 2);
  let left = scaledRuns(10_000);
  while (left > 0) {
    const wave = Math.min(10 * AT_ONCE, left);
    left -= wave;
    await survives(
      async (arena) => {
        for (let started = 0; started < wave; started += AT_ONCE) {
          const count = Math.min(AT_ONCE, wave - started);
          const stalled = await Promise.all(
            Array.from({ length: count }, () => play(arena, createRandom(below(0xffffffff)))),
          );
          for (const client of stalled) client?.socket.destroy();
        }
      },
      { maxMessageBytes: MAX_MESSAGE_BYTES },
    );
  }
});
