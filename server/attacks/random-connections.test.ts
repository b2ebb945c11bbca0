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

/** Number of connections that run at the same time. */
const AT_ONCE = 100;

const UPGRADE = Buffer.from(`${REQUEST.join('\r\n')}\r\n\r\n`);

/**
 * Describes the frames of the server in the format of the reference model (`modelEvents`). Pongs are left out, because
 * one Pong may answer several Pings.
 */
function describeFrames(frames: Buffer): string[] {
  const descriptions: string[] = [];
  for (let at = 0; at < frames.length; ) {
    const opcode = (frames[at] ?? 0) & 0x0f;
    const short = frames[at + 1] ?? 0;
    const from = at + (short < 126 ? 2 : 4);
    const length = short < 126 ? short : frames.readUInt16BE(at + 2);
    const payload = frames.subarray(from, from + length);
    if (opcode === 8) descriptions.push(`close ${length < 2 ? 'empty' : payload.readUInt16BE(0)}`);
    else if (opcode < 8) descriptions.push(`${opcode === 1 ? 'text' : 'binary'} ${payload.toString('latin1')}`);
    at = from + length;
  }
  return descriptions;
}

/**
 * Returns the frames that an echo server must send in answer to a stream, according to the reference model
 * (`modelEvents`).
 */
function expectedAnswers(stream: Buffer): string[] {
  return modelEvents(stream, MAX_MESSAGE_BYTES).filter((event) => !/^(pong|heard|end) /.test(event));
}

/**
 * Runs one connection that sends random frames and ends in a random way.
 *
 * @returns the client if it stays open, to be closed later.
 */
async function runConnection(server: AttackedServer, random: Random): Promise<RawClient | undefined> {
  const client = server.connect();
  const stream = randomStream(random);
  const end = random(4);
  await once(client.socket, 'connect');
  if (random(20) === 0) {
    // In 1 of 20 connections the request of the opening handshake is incomplete.
    client.socket.write(UPGRADE.subarray(0, random(UPGRADE.length)));
    if (end === 0) return client;
    if (end === 1) client.socket.end();
    else client.socket.resetAndDestroy();
    await client.waitUntil(() => client.ended);
    return undefined;
  }
  for (const piece of randomPieces(Buffer.concat([UPGRADE, stream]), 1 + random(600), random))
    client.socket.write(piece);
  if (end === 0) return client;
  if (end === 1) {
    // Reset the connection before, during or after the response to the handshake.
    if (random(2) === 0) await client.waitForBytes(random(100));
    client.socket.resetAndDestroy();
    return undefined;
  }
  // Read everything that the server sends until its FIN.
  client.socket.end();
  await client.waitUntil(() => client.ended);
  const frames = client.received.subarray(client.received.indexOf('\r\n\r\n') + 4);
  const expected = expectedAnswers(stream);
  const actual = describeFrames(frames);
  if (actual.join('\n') !== expected.join('\n'))
    expect({ stream: stream.toString('hex'), actual }).toEqual({ stream: '', actual: expected });
  client.socket.destroy();
  return undefined;
}

test(`S10 S42 S54 ${scaledRuns(10_000)} connections of seed ${SEED} end in the midst of random frames by RST, FIN or not at all`, {
  timeout: 3_600_000,
}, async () => {
  const random = createRandom(SEED + 2);
  let remaining = scaledRuns(10_000);
  while (remaining > 0) {
    const wave = Math.min(10 * AT_ONCE, remaining);
    remaining -= wave;
    await survives(
      async (server) => {
        for (let started = 0; started < wave; started += AT_ONCE) {
          const count = Math.min(AT_ONCE, wave - started);
          const stalled = await Promise.all(
            Array.from({ length: count }, () => runConnection(server, createRandom(random(0xffffffff)))),
          );
          for (const client of stalled) client?.socket.destroy();
        }
      },
      { maxMessageBytes: MAX_MESSAGE_BYTES },
    );
  }
});
