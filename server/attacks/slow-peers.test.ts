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

/** A peer that says nothing, and takes what is written when it is told to. */
class SlowPeer extends Duplex {
  /** Takes all at once. */
  quick = false;
  /** What it took, as it was then. */
  took = Buffer.alloc(0);
  #taken: (() => void) | undefined;

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    const take = () => {
      this.#taken = undefined;
      this.took = Buffer.concat([this.took, chunk]);
      done();
    };
    if (this.quick) take();
    else this.#taken = take;
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
  const limits = resolveOptions({ closeTimeoutMs: 5_000, pingIntervalMs: 20_000, pingTimeoutMs: 45_000 });
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
    { code: 1006, clean: false, error: { message: expect.stringContaining('sent nothing for 45 s') } },
  ]);
});

describe('after a read that was full and took long, others have their turn, and then reading', () => {
  /** As much as the first read may bring: a message, and what stands behind it. */
  function fullRead(behind: Buffer = Buffer.alloc(0)): Buffer {
    const header = 8;
    return Buffer.concat([finalFrame(OP.binary, Buffer.alloc(FIRST_READ_BYTES - header - behind.length)), behind]);
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
    const half = finalFrame(OP.binary, Buffer.alloc(FIRST_READ_BYTES / 2 - 8));
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
    const quarter = finalFrame(OP.binary, Buffer.alloc(FIRST_READ_BYTES / 4 - 8));
    const two = [quarter, quarter].map((chunk) => {
      peer.push(chunk);
      return peer.isPaused();
    });
    expect(two).toEqual([false, true]);
    await turn();
    expect([await pausedBy(half), await pausedBy(quarter)]).toEqual([false, false]);
    tookMs = 0;
    for (const size of [8, 4, 2, 1]) await pausedBy(finalFrame(OP.binary, Buffer.alloc(FIRST_READ_BYTES / size - 8)));
    tookMs = 5;
    expect(await pausedBy(fullRead())).toBe(false);
    expect(await pausedBy(finalFrame(OP.binary, Buffer.alloc(2 * FIRST_READ_BYTES - 14)))).toBe(true);
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
    const { peer, paused } = await read(fullRead(finalFrame(OP.close)), (connection) => {
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
  peer.push(finalFrame(OP.text, 'much, please'));
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
    peer.push(finalFrame(OP.text, 'an answer, please'));
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
  const first = sharedWriteBuffer();
  peer.push(Buffer.concat(Array.from({ length: 10 }, () => finalFrame(OP.binary, Buffer.alloc(10_000)))));
  await turn();
  const second = sharedWriteBuffer();
  expect(second).not.toBe(first);
  await peer.accept();
  withdrawFromSharing([second.bytes]);
  expect(sharedWriteBuffer()).toBe(first);
  // Given back once, and not once more with whatever comes next.
  peer.push(Buffer.concat(Array.from({ length: 10 }, () => finalFrame(OP.binary, Buffer.alloc(10_000)))));
  await turn();
  await peer.accept();
  const spares = Array.from({ length: 16 }, () => {
    const { bytes } = sharedWriteBuffer();
    withdrawFromSharing([bytes]);
    return bytes;
  });
  expect(new Set(spares).size).toBe(spares.length);
});

describe('a large message that came in pieces is sent from where it lies (RFC 6455 §5.4)', () => {
  const size = 70_000;

  /** Echoes, and remembers where messages lay. */
  async function echoing() {
    const { peer, connection } = await connect(0);
    const lay: Buffer[] = [];
    connection.receive((kind, bytes, from, to) => {
      lay.push(bytes);
      connection.sendRange(kind, bytes, from, to);
    });
    peer.took = Buffer.alloc(0);
    return { peer, connection, lay };
  }

  function come(peer: SlowPeer, fill: string): void {
    const message = finalFrame(OP.binary, Buffer.alloc(size, fill));
    peer.push(message.subarray(0, 40_000));
    peer.push(message.subarray(40_000));
  }

  /** An unmasked frame, as servers send them (RFC 6455 §5.1). */
  function sent(fill: string): Buffer {
    return Buffer.concat([Buffer.from([0x82, 127, 0, 0, 0, 0, 0, 1, 0x11, 0x70]), Buffer.alloc(size, fill)]);
  }

  test('and nobody writes over it before it has left; then its memory goes', async () => {
    const { peer, lay } = await echoing();
    const other = await echoing();
    other.peer.quick = true;
    come(peer, 'a');
    await turn();
    come(other.peer, 'b');
    come(peer, 'c');
    await turn();
    expect(other.peer.took.equals(sent('b'))).toBe(true);
    expect(lay.map(({ length }) => length)).toEqual([size, size]);
    await pass(1_000);
    for (let n = 0; n < 4; n++) await peer.accept();
    expect(peer.took.equals(Buffer.concat([sent('a'), sent('c')]))).toBe(true);
    await pass(1_000);
    expect(lay.map(({ length }) => length)).toEqual([0, 0]);
  });

  test('and where the peer takes it at once, its memory goes', async () => {
    const { peer, lay } = await echoing();
    peer.quick = true;
    come(peer, 'a');
    expect(peer.took.equals(sent('a'))).toBe(true);
    expect(lay).toHaveLength(1);
    await pass(1_000);
    expect(lay[0]).toHaveLength(0);
  });

  test('and where the connection breaks, its memory goes too', async () => {
    const { peer, lay } = await echoing();
    come(peer, 'a');
    await turn();
    expect(lay[0]).toHaveLength(size);
    peer.destroy();
    await turn();
    await pass(1_000);
    expect(lay[0]).toHaveLength(0);
  });

  test('and where the application breaks the connection before it could be written', async () => {
    const { peer, connection, lay } = await echoing();
    connection.receive((kind, bytes, from, to) => {
      lay.push(bytes);
      connection.sendRange(kind, bytes, from, to);
      connection.destroy();
    });
    come(peer, 'a');
    expect(lay).toHaveLength(1);
    await pass(1_000);
    expect(lay[0]).toHaveLength(0);
  });

  test('but a listener’s message is its own, whatever comes later', async () => {
    const { peer, connection } = await connect(0);
    const messages: Buffer[] = [];
    connection.on('message', ({ bytes }) => messages.push(bytes));
    for (const fill of ['a', 'b']) come(peer, fill);
    expect(messages.map((bytes) => bytes.equals(Buffer.alloc(size, bytes[0])))).toEqual([true, true]);
    expect(messages.map(isBorrowed)).toEqual([false, false]);
  });
});
