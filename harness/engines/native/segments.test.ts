import { Socket } from 'node:net';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { caseById } from '../../suites/autobahn/cases/index.ts';
import { CasePlay } from './case-play.ts';
import { Corpora } from './messages/corpora.ts';
import { MessageStore } from './messages/message-store.ts';
import { startRecorder } from './testing/recorder.ts';
import { TIMEOUTS } from './timers.ts';

/**
 * This file tests the sizes of the socket writes. Each write is a TCP segment of its own, because Nagle's algorithm is
 * off. The expected numbers were measured with the real suite (Autobahn). The receiver cannot tell the segments apart,
 * because one read can return two of them.
 */

let recorder: Awaited<ReturnType<typeof startRecorder>>;
beforeAll(async () => {
  recorder = await startRecorder();
});
afterAll(() => recorder.close());

/** The lengths of the writes after the opening handshake, up to `count` of them. */
async function writes(id: string, count: number): Promise<number[]> {
  const testCase = caseById(id);
  if (testCase === undefined) throw new Error(`no case ${id}`);
  const port = Number(new URL(recorder.url).port);
  const lengths: number[] = [];
  const write = vi.spyOn(Socket.prototype, 'write').mockImplementation(function (this: Socket, chunk: unknown) {
    if (this.remotePort === port && Buffer.isBuffer(chunk)) lengths.push(chunk.length);
    return original.call(this, chunk as Buffer);
  } as Socket['write']);
  const address = { host: '127.0.0.1', port };
  const play = new CasePlay(testCase, {
    address: { ...address, tls: null },
    request: { ...address, resource: `/${id}`, userAgent: 'test' },
    timeouts: { ...TIMEOUTS, second: 0.02 },
    messages: new MessageStore(new Corpora(null)),
  });
  await vi.waitFor(() => expect(lengths.length).toBeGreaterThan(count), { interval: 1 });
  play.abandon();
  write.mockRestore();
  return lengths.slice(1, 1 + count);
}
const original = Socket.prototype.write as (this: Socket, chunk: Buffer) => boolean;

it.each([
  ['2.10', 'ten Pings', [150]],
  ['5.3', 'two frames of one message', [30]],
  ['6.2.3', 'eleven frames of one message', [209]],
])('in %s the plain frames leave in one segment: %s', async (id, _, expected) => {
  expect(await writes(id, expected.length)).toEqual(expected);
});

it.each([
  ['3.3', 'three frames', [38, 6]],
  ['5.4', 'two frames', [30]],
  ['5.10', 'two frames', [49]],
  ['2.11', 'ten Pings, byte by byte', [2, 1, 1, 1]],
  ['5.5', 'two frames, byte by byte', [2, 1, 1, 1]],
])('in %s the first two of the separate pieces leave in one segment: %s', async (id, _, expected) => {
  expect(await writes(id, expected.length)).toEqual(expected);
});

it('in 5.20 each piece behind the wait leaves in a segment of its own', async () => {
  expect(await writes('5.20', 6)).toEqual([30, 15, 15, 15, 15, 15]);
});
