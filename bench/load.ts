/**
 * Load generator for the server benchmark. It runs in its own process, because its CPU time must not count as the
 * server's. It receives one job at a time over IPC. It builds all frames before the measurement and then only counts
 * the echoes.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { deflateRawSync } from 'node:zlib';
import { cpuSeconds } from './cpu.ts';
import type { Shape } from './shapes.ts';

/**
 * One measurement job: port and process id of the server, the load shape (kind and number of messages), and how long to
 * warm up and to measure.
 */
export type Job = {
  readonly port: number;
  readonly pid: number;
  readonly shape: Shape;
  readonly warmUpMs: number;
  readonly measureMs: number;
};

/**
 * Result of a job: number of echoed messages per second of the server's CPU time (user and system), and per second of
 * wall-clock time.
 */
export type Measured = { readonly perCpuSecond: number; readonly perSecond: number } | { readonly error: string };

/**
 * Approximate total size of the frames that are built in advance. Each connection sends these frames again and again.
 */
const RING_BYTES = 4 * 1024 * 1024;

process.on('message', (job: Job) => {
  const timeout = new Promise<Measured>((resolve) => {
    setTimeout(() => resolve({ error: 'took too long' }), 5_000 + job.warmUpMs + job.measureMs).unref();
  });
  Promise.race([measure(job), timeout]).then(
    (measured) => process.send?.(measured),
    (error: unknown) => process.send?.({ error: String(error) } satisfies Measured),
  );
});

async function measure({ port, pid, shape, warmUpMs, measureMs }: Job): Promise<Measured> {
  const payload = payloadOf(shape);
  const frames = clientFrames(payload, shape);
  const peers = await Promise.all(
    Array.from({ length: shape.connections }, () => Peer.open(port, payload, frames, shape)),
  );
  try {
    for (const peer of peers) peer.start();
    await passed(warmUpMs);
    const before = { echoed: total(peers), cpu: cpuSeconds(pid), at: performance.now() };
    await passed(measureMs);
    const echoed = total(peers) - before.echoed;
    const cpu = cpuSeconds(pid) - before.cpu;
    const seconds = (performance.now() - before.at) / 1000;
    const broken = peers.find((peer) => peer.broken !== undefined)?.broken;
    if (broken !== undefined) return { error: broken };
    if (echoed === 0 || cpu === 0) return { error: `${echoed} echoes in ${cpu} s of CPU` };
    return { perCpuSecond: echoed / cpu, perSecond: echoed / seconds };
  } finally {
    for (const peer of peers) peer.stop();
  }
}

function total(peers: readonly Peer[]): number {
  let sum = 0;
  for (const peer of peers) sum += peer.echoed;
  return sum;
}

function passed(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Payload of all messages: random bytes for a binary shape, JSON text for a text shape. */
function payloadOf(shape: Shape): Buffer {
  if (shape.kind === 'binary') return randomBytes(shape.bytes);
  let text = '';
  for (let n = 0; text.length < shape.bytes; n++) {
    text += `{"id":${n * 7919},"name":"sensor-${n % 97}","value":${((n * 31) % 1000) / 10},"ok":${n % 3 > 0}},`;
  }
  return Buffer.from(text.slice(0, shape.bytes));
}

type Frames = { readonly bytes: Buffer; readonly each: number };

/** Builds masked client frames, each with its own masking key, in one buffer. */
function clientFrames(payload: Buffer, shape: Shape): Frames {
  // Compress the message without reference to earlier messages. Such a message is valid whatever parameters were
  // negotiated.
  const sent = shape.deflate ? deflateRawSync(payload, { level: 6, finishFlush: 2 }).subarray(0, -4) : payload;
  const first = 0x80 | (shape.deflate ? 0x40 : 0) | (shape.kind === 'text' ? 1 : 2);
  const head = header(first, 0x80, sent.length);
  const each = head.length + 4 + sent.length;
  const count = Math.max(shape.inFlight, Math.min(4096, Math.floor(RING_BYTES / each)));
  const bytes = Buffer.alloc(each * count);
  for (let n = 0; n < count; n++) {
    const at = n * each;
    const mask = randomBytes(4);
    head.copy(bytes, at);
    mask.copy(bytes, at + head.length);
    const from = at + head.length + 4;
    for (let i = 0; i < sent.length; i++) bytes[from + i] = (sent[i] ?? 0) ^ (mask[i & 3] ?? 0);
  }
  return { bytes, each };
}

function header(first: number, masked: number, length: number): Buffer {
  if (length < 126) return Buffer.from([first, masked | length]);
  const head = Buffer.alloc(length < 65_536 ? 4 : 10);
  head[0] = first;
  head[1] = masked | (length < 65_536 ? 126 : 127);
  if (length < 65_536) head.writeUInt16BE(length, 2);
  else head.writeBigUInt64BE(BigInt(length), 2);
  return head;
}

/** One connection to the server. It always keeps `inFlight` messages without an answer, and counts the echoes. */
class Peer {
  echoed = 0;
  broken: string | undefined;
  readonly #socket: Socket;
  readonly #shape: Shape;
  readonly #payload: Buffer;
  readonly #frames: Frames;
  readonly #echoBytes: number;
  #at = 0;
  #received = 0;
  /**
   * Bytes of the first echo, until the echo is complete and checked. The check is needed because a fast server with
   * wrong answers must not count.
   */
  #first: Buffer | undefined;
  #skip = 0;
  #cut: Buffer = Buffer.alloc(0);

  private constructor(socket: Socket, payload: Buffer, frames: Frames, shape: Shape) {
    this.#socket = socket;
    this.#payload = payload;
    this.#frames = frames;
    this.#shape = shape;
    this.#echoBytes = header(0, 0, payload.length).length + payload.length;
    this.#first = shape.deflate ? undefined : Buffer.alloc(0);
  }

  static async open(port: number, payload: Buffer, frames: Frames, shape: Shape): Promise<Peer> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    const lines = [
      'GET / HTTP/1.1',
      `Host: 127.0.0.1:${port}`,
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
      ...(shape.deflate ? ['Sec-WebSocket-Extensions: permessage-deflate'] : []),
    ];
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    let answer = '';
    while (!answer.includes('\r\n\r\n')) {
      const [chunk] = await once(socket, 'data');
      answer += chunk.toString('latin1');
    }
    if (!answer.startsWith('HTTP/1.1 101')) throw new Error(`refused: ${answer.split('\r\n')[0]}`);
    if (shape.deflate && !/permessage-deflate/i.test(answer)) throw new Error('does not speak permessage-deflate');
    const peer = new Peer(socket, payload, frames, shape);
    socket.on('data', shape.deflate ? peer.#countFrames : peer.#countBytes);
    socket.on('error', (error) => peer.#fail(error.message));
    socket.on('close', () => peer.#fail('the server closed'));
    return peer;
  }

  start(): void {
    this.#send(this.#shape.inFlight);
  }

  stop(): void {
    this.#socket.removeAllListeners('close');
    this.#socket.destroy();
  }

  #fail(why: string): void {
    this.broken ??= why;
  }

  #send(count: number): void {
    const { bytes, each } = this.#frames;
    let left = count * each;
    while (left > 0) {
      const end = Math.min(bytes.length, this.#at + left);
      this.#socket.write(bytes.subarray(this.#at, end));
      left -= end - this.#at;
      this.#at = end === bytes.length ? 0 : end;
    }
  }

  /**
   * Counts uncompressed echoes by their size, which is the same for all. Only the content of the first echo is checked.
   */
  readonly #countBytes = (chunk: Buffer): void => {
    if (this.#first !== undefined) this.#check(chunk);
    this.#received += chunk.length;
    const echoed = Math.floor(this.#received / this.#echoBytes);
    const news = echoed - this.echoed;
    this.echoed = echoed;
    if (news > 0) this.#send(news);
  };

  #check(chunk: Buffer): void {
    this.#first = Buffer.concat([this.#first ?? Buffer.alloc(0), chunk]);
    if (this.#first.length < this.#echoBytes) return;
    const first = 0x80 | (this.#shape.kind === 'text' ? 1 : 2);
    const wanted = Buffer.concat([header(first, 0, this.#payload.length), this.#payload]);
    if (!this.#first.subarray(0, this.#echoBytes).equals(wanted)) this.#fail('the first echo is not what was sent');
    this.#first = undefined;
  }

  /** Counts compressed echoes. Their sizes can differ, so this method reads each frame header. */
  readonly #countFrames = (piece: Buffer): void => {
    const chunk = this.#cut.length > 0 ? Buffer.concat([this.#cut, piece]) : piece;
    let at = this.#skip;
    let news = 0;
    while (at + 10 <= chunk.length || (at + 2 <= chunk.length && (chunk[at + 1] ?? 0) < 126)) {
      const short = chunk[at + 1] ?? 0;
      if (short < 126) at += 2 + short;
      else if (short === 126) at += 4 + chunk.readUInt16BE(at + 2);
      else at += 10 + Number(chunk.readBigUInt64BE(at + 2));
      news++;
    }
    this.#cut = at < chunk.length ? Buffer.from(chunk.subarray(at)) : Buffer.alloc(0);
    this.#skip = Math.max(0, at - chunk.length);
    this.echoed += news;
    if (news > 0) this.#send(news);
  };
}
