import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Connection, type Ended } from './connection.ts';
import { OP } from './frame.ts';
import { FIRST_READ_BYTES } from './lent-reads.ts';
import { settle } from './options.ts';
import { Protocol } from './protocol.ts';
import { keepFromSharing, sharedSlab } from './slabs.ts';
import { whole } from './testkit.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A peer that says nothing, and takes what is written when it is told to. */
class SlowPeer extends Duplex {
  #taken: (() => void) | undefined;

  override _read(): void {}

  override _write(_chunk: Buffer, _encoding: string, done: () => void): void {
    this.#taken = done;
  }

  /** Takes the write that waits. */
  async accept(): Promise<void> {
    this.#taken?.();
    await turn();
  }
}

/** The streams' own ticks, and our flush at the end of a turn. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function connect(pieces: number) {
  const peer = new SlowPeer();
  const protocol = new Protocol({ maxMessageBytes: 1 << 20, deflateLevel: 1, deflateFromBytes: 0 });
  const limits = settle({ closeTimeoutMs: 5_000, pingIntervalMs: 20_000, pingTimeoutMs: 45_000 });
  // What a net.Socket can do beyond a Duplex is not asked for here.
  const connection = new Connection(peer as unknown as Socket, protocol, limits);
  const ended: Ended[] = [];
  connection.on('close', (how) => ended.push(how));
  connection.open(Buffer.from('HTTP/1.1 101\r\n\r\n'), Buffer.alloc(0));
  for (let n = 0; n < pieces; n++) {
    connection.send(Buffer.alloc(20_000));
    await turn();
  }
  await peer.accept();
  return { peer, connection, ended };
}

async function pass(ms: number): Promise<void> {
  vi.advanceTimersByTime(ms);
  await turn();
}

test('a peer that takes what we sent before our Close has time for it, as long as it goes on (RFC 6455 §7.1.1)', async () => {
  const { peer, connection, ended } = await connect(4);
  connection.close();
  for (let n = 0; n < 3; n++) {
    await turn();
    await peer.accept();
    await pass(5_000);
    expect(ended).toEqual([]);
  }
  // Now it stops.
  await pass(5_000);
  expect(ended).toMatchObject([{ code: 1006, clean: false }]);
});

test('a peer that says nothing and takes what we send is alive (RFC 6455 §5.5.2); one that does neither is not', async () => {
  const { peer, ended } = await connect(12);
  for (let n = 0; n < 10; n++) {
    await peer.accept();
    await pass(20_000);
    expect(ended).toEqual([]);
  }
  await pass(20_000);
  expect(ended).toEqual([]);
  await pass(25_000);
  expect(ended).toMatchObject([
    { code: 1006, clean: false, error: { message: expect.stringContaining('said nothing for 45 s') } },
  ]);
});

describe('after a read that was full and took long, others have their turn, and then reading', () => {
  /** As much as the first read may bring: a message, and what stands behind it. */
  function fullRead(behind: Buffer = Buffer.alloc(0)): Buffer {
    const header = 8;
    return Buffer.concat([whole(OP.binary, Buffer.alloc(FIRST_READ_BYTES - header - behind.length)), behind]);
  }

  /** Reads it, with an application that takes 5 ms over each message. */
  async function read(chunk: Buffer, deed: (connection: Connection) => void) {
    const { peer, connection } = await connect(0);
    connection.receive(() => {
      vi.advanceTimersByTime(5);
      deed(connection);
    });
    peer.push(chunk);
    const paused = peer.isPaused();
    await turn();
    return { peer, paused };
  }

  test('goes on', async () => {
    const { peer, paused } = await read(fullRead(), () => undefined);
    expect([paused, peer.isPaused()]).toEqual([true, false]);
  });

  test('brings half as much, and more where that is done in no time', async () => {
    let tookMs = 5;
    const { peer, connection } = await connect(0);
    connection.receive(() => void vi.advanceTimersByTime(tookMs));
    const half = whole(OP.binary, Buffer.alloc(FIRST_READ_BYTES / 2 - 8));
    const pausedBy = async (chunk: Buffer) => {
      peer.push(chunk);
      const paused = peer.isPaused();
      await turn();
      return paused;
    };
    expect(await pausedBy(half)).toBe(false);
    expect(await pausedBy(fullRead())).toBe(true);
    // Neither long nor short.
    tookMs = 3;
    expect(await pausedBy(half)).toBe(false);
    tookMs = 5;
    expect(await pausedBy(half)).toBe(true);
    expect(await pausedBy(half)).toBe(false);
    // Several that took long in one turn are as one that did.
    tookMs = 3;
    const quarter = whole(OP.binary, Buffer.alloc(FIRST_READ_BYTES / 4 - 8));
    const two = [quarter, quarter].map((chunk) => {
      peer.push(chunk);
      return peer.isPaused();
    });
    expect(two).toEqual([false, true]);
    await turn();
    expect([await pausedBy(half), await pausedBy(quarter)]).toEqual([false, false]);
    tookMs = 0;
    for (const size of [8, 4, 2, 1]) await pausedBy(whole(OP.binary, Buffer.alloc(FIRST_READ_BYTES / size - 8)));
    tookMs = 5;
    expect(await pausedBy(fullRead())).toBe(false);
    expect(await pausedBy(whole(OP.binary, Buffer.alloc(2 * FIRST_READ_BYTES - 14)))).toBe(true);
  });

  test('waits for a peer that does not take what was sent meanwhile', async () => {
    const { peer, paused } = await read(fullRead(), (connection) => {
      queueMicrotask(() => connection.send(Buffer.alloc(2 * 1024 * 1024)));
    });
    expect([paused, peer.isPaused()]).toEqual([true, true]);
    // The header, then the octets themselves.
    await peer.accept();
    await peer.accept();
    expect(peer.isPaused()).toBe(false);
  });

  test('goes on into nothing where our FIN is in line, though the peer takes nothing (RFC 6455 §7.1.1)', async () => {
    const { peer, paused } = await read(fullRead(whole(OP.close)), (connection) => {
      connection.send(Buffer.alloc(2 * 1024 * 1024));
    });
    expect([paused, peer.isPaused()]).toEqual([true, false]);
  });
});

test('a peer that does not take its answers is not read from until it does (RFC 6455 §10.4)', async () => {
  const { peer, connection } = await connect(0);
  connection.receive(() => {
    connection.send(Buffer.alloc(2 * 1024 * 1024));
  });
  peer.push(whole(OP.text, 'much, please'));
  await turn();
  expect(peer.isPaused()).toBe(true);
  await peer.accept();
  await peer.accept();
  expect(peer.isPaused()).toBe(false);
});

/** Answers every message with `answer`, to a peer that takes nothing of it. */
async function unread(answer: Buffer, messages: number) {
  const { peer, connection } = await connect(0);
  connection.receive(() => connection.send(answer));
  for (let n = 0; n < messages; n++) {
    peer.push(whole(OP.text, 'an answer, please'));
    await turn();
  }
}

test('a thousand small answers that wait hold on to no more memory than they need (RFC 6455 §10.4)', async () => {
  const before = process.memoryUsage().arrayBuffers;
  await unread(Buffer.alloc(100), 1_000);
  // Each in shared memory of its own would be 512 MiB.
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * 1024 * 1024);
});

test('what waits is not written over by answers to others, and its memory is used again when it has left', async () => {
  const { peer, connection } = await connect(0);
  connection.receive((kind, bytes, from, to) => connection.sendRange(kind, bytes, from, to));
  const first = sharedSlab();
  peer.push(Buffer.concat(Array.from({ length: 10 }, () => whole(OP.binary, Buffer.alloc(10_000)))));
  await turn();
  const second = sharedSlab();
  expect(second).not.toBe(first);
  await peer.accept();
  keepFromSharing([second.bytes]);
  expect(sharedSlab()).toBe(first);
});
