import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { isBorrowed } from '../memory/borrowed-memory.ts';
import { sharedWriteBuffer, withdrawFromSharing } from '../memory/write-buffers.ts';
import { OP } from '../protocol/frame.ts';
import { Protocol } from '../protocol/protocol.ts';
import { finalFrame } from '../testing/protocol-kit.ts';
import { Connection, type Ended } from '../transport/connection.ts';
import { resolveOptions } from '../transport/options.ts';
import { FIRST_READ_BYTES } from '../transport/shared-read-buffer.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A fake socket of a silent peer. The peer takes written data only when the test calls `acceptWrite`. */
class SlowPeer extends Duplex {
  /** If true, the peer takes all written data at once. */
  quick = false;
  /** Copy of all data that the peer took. */
  taken = Buffer.alloc(0);
  #acceptWaiting: (() => void) | undefined;

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    const take = () => {
      this.#acceptWaiting = undefined;
      this.taken = Buffer.concat([this.taken, chunk]);
      done();
    };
    if (this.quick) take();
    else this.#acceptWaiting = take;
  }

  /** Makes the peer take the data of the write that waits. */
  async acceptWrite(): Promise<void> {
    this.#acceptWaiting?.();
    await nextTurn();
  }
}

/**
 * Waits for the next turn of the event loop. Before that turn the streams emit their events and the connection writes
 * its output.
 */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function connect(pieces: number) {
  const peer = new SlowPeer();
  const protocol = new Protocol({ maxMessageBytes: 1 << 20, deflateLevel: 1, deflateFromBytes: 0 });
  const limits = resolveOptions({ closeTimeoutMs: 5_000, pingIntervalMs: 20_000, pingTimeoutMs: 45_000 });
  // The fake socket is a Duplex stream. This is enough here, because Connection uses nothing else of a net.Socket.
  const connection = new Connection(peer as unknown as Socket, protocol, limits);
  const ended: Ended[] = [];
  connection.on('close', (how) => ended.push(how));
  connection.open(Buffer.from('HTTP/1.1 101\r\n\r\n'), Buffer.alloc(0));
  for (let n = 0; n < pieces; n++) {
    connection.send(Buffer.alloc(20_000));
    await nextTurn();
  }
  await peer.acceptWrite();
  return { peer, connection, ended };
}

async function pass(ms: number): Promise<void> {
  vi.advanceTimersByTime(ms);
  await nextTurn();
}

test('a peer is not dropped after close while it keeps taking earlier data (RFC 6455 §7.1.1)', async () => {
  const { peer, connection, ended } = await connect(4);
  connection.close();
  for (let n = 0; n < 3; n++) {
    await nextTurn();
    await peer.acceptWrite();
    await pass(5_000);
    expect(ended).toEqual([]);
  }
  // Now the peer stops taking data.
  await pass(5_000);
  expect(ended).toMatchObject([{ code: 1006, clean: false }]);
});

test('a silent peer that takes data is alive, and one that takes no data is dropped (RFC 6455 §5.5.2)', async () => {
  const { peer, ended } = await connect(12);
  for (let n = 0; n < 10; n++) {
    await peer.acceptWrite();
    await pass(20_000);
    expect(ended).toEqual([]);
  }
  await pass(20_000);
  expect(ended).toEqual([]);
  await pass(25_000);
  expect(ended).toMatchObject([
    { code: 1006, clean: false, error: { message: expect.stringContaining('sent nothing for 45 s') } },
  ]);
});

describe('after a full read that took long, reading', () => {
  /** Builds a chunk that fills the first read of a connection exactly: a message followed by `behind`. */
  function fullRead(behind: Buffer = Buffer.alloc(0)): Buffer {
    const header = 8;
    return Buffer.concat([finalFrame(OP.binary, Buffer.alloc(FIRST_READ_BYTES - header - behind.length)), behind]);
  }

  /** Makes a connection read `chunk`, with an application that works 5 ms on each message. */
  async function read(chunk: Buffer, behaviour: (connection: Connection) => void) {
    const { peer, connection } = await connect(0);
    connection.receive(() => {
      vi.advanceTimersByTime(5);
      behaviour(connection);
    });
    peer.push(chunk);
    const paused = peer.isPaused();
    await nextTurn();
    return { peer, paused };
  }

  test('pauses for one turn and then continues', async () => {
    const { peer, paused } = await read(fullRead(), () => undefined);
    expect([paused, peer.isPaused()]).toEqual([true, false]);
  });

  test('uses half the read size, and a larger one after quick reads', async () => {
    let tookMs = 5;
    const { peer, connection } = await connect(0);
    connection.receive(() => void vi.advanceTimersByTime(tookMs));
    const half = finalFrame(OP.binary, Buffer.alloc(FIRST_READ_BYTES / 2 - 8));
    const pausedBy = async (chunk: Buffer) => {
      peer.push(chunk);
      const paused = peer.isPaused();
      await nextTurn();
      return paused;
    };
    expect(await pausedBy(half)).toBe(false);
    expect(await pausedBy(fullRead())).toBe(true);
    // A read that takes 3 ms makes the read size neither larger nor smaller.
    tookMs = 3;
    expect(await pausedBy(half)).toBe(false);
    tookMs = 5;
    expect(await pausedBy(half)).toBe(true);
    expect(await pausedBy(half)).toBe(false);
    // Two reads of 3 ms in one turn of the event loop count together as one long read.
    tookMs = 3;
    const quarter = finalFrame(OP.binary, Buffer.alloc(FIRST_READ_BYTES / 4 - 8));
    const two = [quarter, quarter].map((chunk) => {
      peer.push(chunk);
      return peer.isPaused();
    });
    expect(two).toEqual([false, true]);
    await nextTurn();
    expect([await pausedBy(half), await pausedBy(quarter)]).toEqual([false, false]);
    tookMs = 0;
    for (const size of [8, 4, 2, 1]) await pausedBy(finalFrame(OP.binary, Buffer.alloc(FIRST_READ_BYTES / size - 8)));
    tookMs = 5;
    expect(await pausedBy(fullRead())).toBe(false);
    expect(await pausedBy(finalFrame(OP.binary, Buffer.alloc(2 * FIRST_READ_BYTES - 14)))).toBe(true);
  });

  test('stays paused while the peer does not take sent data', async () => {
    const { peer, paused } = await read(fullRead(), (connection) => {
      queueMicrotask(() => connection.send(Buffer.alloc(2 * 1024 * 1024)));
    });
    expect([paused, peer.isPaused()]).toEqual([true, true]);
    // The first write is the frame header, the second the payload.
    await peer.acceptWrite();
    await peer.acceptWrite();
    expect(peer.isPaused()).toBe(false);
  });

  test('continues after the FIN and ignores the data, even if the peer takes nothing (RFC 6455 §7.1.1)', async () => {
    const { peer, paused } = await read(fullRead(finalFrame(OP.close)), (connection) => {
      connection.send(Buffer.alloc(2 * 1024 * 1024));
    });
    expect([paused, peer.isPaused()]).toEqual([true, false]);
  });
});

test('reading pauses while a peer does not take its answers (RFC 6455 §10.4)', async () => {
  const { peer, connection } = await connect(0);
  connection.receive(() => {
    connection.send(Buffer.alloc(2 * 1024 * 1024));
  });
  peer.push(finalFrame(OP.text, 'much, please'));
  await nextTurn();
  expect(peer.isPaused()).toBe(true);
  await peer.acceptWrite();
  await peer.acceptWrite();
  expect(peer.isPaused()).toBe(false);
});

/** Makes a connection answer `messages` messages with `answer` each, while the peer takes no data. */
async function leaveUnread(answer: Buffer, messages: number) {
  const { peer, connection } = await connect(0);
  connection.receive(() => connection.send(answer));
  for (let n = 0; n < messages; n++) {
    peer.push(finalFrame(OP.text, 'an answer, please'));
    await nextTurn();
  }
}

test('1,000 small unsent answers do not retain whole write buffers (RFC 6455 §10.4)', async () => {
  const before = process.memoryUsage().arrayBuffers;
  await leaveUnread(Buffer.alloc(100), 1_000);
  // If each of the 1,000 answers kept its own write buffer of 512 KiB in use, the total would be about 500 MiB.
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * 1024 * 1024);
});

test('unsent data is not overwritten by other connections, and its write buffer is reused after sending', async () => {
  const { peer, connection } = await connect(0);
  connection.receive((kind, bytes, from, to) => connection.sendRange(kind, bytes, from, to));
  const first = sharedWriteBuffer();
  peer.push(Buffer.concat(Array.from({ length: 10 }, () => finalFrame(OP.binary, Buffer.alloc(10_000)))));
  await nextTurn();
  const second = sharedWriteBuffer();
  expect(second).not.toBe(first);
  await peer.acceptWrite();
  withdrawFromSharing([second.bytes]);
  expect(sharedWriteBuffer()).toBe(first);
  // The write buffer must be released exactly once, not again after the next write.
  peer.push(Buffer.concat(Array.from({ length: 10 }, () => finalFrame(OP.binary, Buffer.alloc(10_000)))));
  await nextTurn();
  await peer.acceptWrite();
  const spares = Array.from({ length: 16 }, () => {
    const { bytes } = sharedWriteBuffer();
    withdrawFromSharing([bytes]);
    return bytes;
  });
  expect(new Set(spares).size).toBe(spares.length);
});

describe('a large message received in pieces is sent without a copy (RFC 6455 §5.4)', () => {
  const size = 70_000;

  /** Starts a connection that echoes, and records the memory that contains each message. */
  async function echoingConnection() {
    const { peer, connection } = await connect(0);
    const memories: Buffer[] = [];
    connection.receive((kind, bytes, from, to) => {
      memories.push(bytes);
      connection.sendRange(kind, bytes, from, to);
    });
    peer.taken = Buffer.alloc(0);
    return { peer, connection, memories };
  }

  /** Sends a large message from the peer to the connection, in two reads. */
  function receiveLarge(peer: SlowPeer, fill: string): void {
    const message = finalFrame(OP.binary, Buffer.alloc(size, fill));
    peer.push(message.subarray(0, 40_000));
    peer.push(message.subarray(40_000));
  }

  /** Builds the unmasked frame that the server sends (RFC 6455 §5.1). */
  function sentFrame(fill: string): Buffer {
    return Buffer.concat([Buffer.from([0x82, 127, 0, 0, 0, 0, 0, 1, 0x11, 0x70]), Buffer.alloc(size, fill)]);
  }

  test('and is not overwritten before it is sent; then its memory is freed', async () => {
    const { peer, memories } = await echoingConnection();
    const other = await echoingConnection();
    other.peer.quick = true;
    receiveLarge(peer, 'a');
    await nextTurn();
    receiveLarge(other.peer, 'b');
    receiveLarge(peer, 'c');
    await nextTurn();
    expect(other.peer.taken.equals(sentFrame('b'))).toBe(true);
    expect(memories.map(({ length }) => length)).toEqual([size, size]);
    await pass(1_000);
    for (let n = 0; n < 4; n++) await peer.acceptWrite();
    expect(peer.taken.equals(Buffer.concat([sentFrame('a'), sentFrame('c')]))).toBe(true);
    await pass(1_000);
    expect(memories.map(({ length }) => length)).toEqual([0, 0]);
  });

  test('and its memory is freed if the peer takes it at once', async () => {
    const { peer, memories } = await echoingConnection();
    peer.quick = true;
    receiveLarge(peer, 'a');
    expect(peer.taken.equals(sentFrame('a'))).toBe(true);
    expect(memories).toHaveLength(1);
    await pass(1_000);
    expect(memories[0]).toHaveLength(0);
  });

  test('and its memory is freed if the connection breaks', async () => {
    const { peer, memories } = await echoingConnection();
    receiveLarge(peer, 'a');
    await nextTurn();
    expect(memories[0]).toHaveLength(size);
    peer.destroy();
    await nextTurn();
    await pass(1_000);
    expect(memories[0]).toHaveLength(0);
  });

  test('and its memory is freed if the application destroys the connection before the write', async () => {
    const { peer, connection, memories } = await echoingConnection();
    connection.receive((kind, bytes, from, to) => {
      memories.push(bytes);
      connection.sendRange(kind, bytes, from, to);
      connection.destroy();
    });
    receiveLarge(peer, 'a');
    expect(memories).toHaveLength(1);
    await pass(1_000);
    expect(memories[0]).toHaveLength(0);
  });

  test('but a message event gets its own copy', async () => {
    const { peer, connection } = await connect(0);
    const messages: Buffer[] = [];
    connection.on('message', ({ bytes }) => messages.push(bytes));
    for (const fill of ['a', 'b']) receiveLarge(peer, fill);
    expect(messages.map((bytes) => bytes.equals(Buffer.alloc(size, bytes[0])))).toEqual([true, true]);
    expect(messages.map(isBorrowed)).toEqual([false, false]);
  });
});
