import { createHash } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Utf8Judge } from '../protocol/utf8.ts';

/**
 * A server with one intended fault for each URL path, called a mode. For example, `/close-1012` answers every Close
 * frame with code 1012, and `/echo` has no fault. The embedded engine is compared with Autobahn's grades for each path
 * in `fixtures/spec/probe-verdicts.json`. The server does not use the engine's code for frames, because a bug in shared
 * code would stay hidden.
 */
export interface ProbeServer {
  /** `ws://127.0.0.1:port/`. Append the name of a mode (an intended fault, such as `close-1012`). */
  url: string;
  close(): Promise<void>;
}

/**
 * Starts the probe server on a free port. `second`: factor for all waits; 0.1 makes each wait ten times shorter. Every
 * connection ends after eight seconds, multiplied by this factor.
 */
export function startProbeServer(second: number): Promise<ProbeServer> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    const timeout = setTimeout(() => socket.destroySoon(), 8000 * second);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(timeout);
      sockets.delete(socket);
    });
    void serve(socket, second).then(() => socket.destroySoon());
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      resolve({
        url: `ws://127.0.0.1:${port}/`,
        close: () =>
          new Promise((done) => {
            for (const socket of sockets) socket.destroy();
            server.close(() => done());
          }),
      });
    });
  });
}

interface Frame {
  fin: boolean;
  rsv: number;
  opcode: number;
  payload: Buffer;
}

const MASK = Buffer.from([1, 2, 3, 4]);

function frame(opcode: number, payload: Buffer = Buffer.alloc(0), masked = false): Buffer {
  const { length } = payload;
  const extended = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const header = Buffer.alloc(2 + extended);
  header[0] = 0x80 | opcode;
  header[1] = (masked ? 0x80 : 0) | (extended === 0 ? length : extended === 2 ? 126 : 127);
  if (extended === 2) header.writeUInt16BE(length, 2);
  if (extended === 8) header.writeBigUInt64BE(BigInt(length), 2);
  if (!masked) return Buffer.concat([header, payload]);
  return Buffer.concat([header, MASK, payload.map((byte, i) => byte ^ (MASK[i & 3] ?? 0))]);
}

const closeFrame = (code: number, reason = ''): Buffer => {
  const body = Buffer.alloc(2);
  body.writeUInt16BE(code);
  return frame(8, Buffer.concat([body, Buffer.from(reason, 'latin1')]));
};

/**
 * Reads from a socket. Each method resolves when the requested bytes have arrived, and rejects if the connection ends
 * first.
 */
class Input {
  #buffered = Buffer.alloc(0);
  #ended = false;
  #wake: () => void = () => undefined;

  constructor(socket: Socket) {
    socket.on('data', (chunk: Buffer) => {
      this.#buffered = Buffer.concat([this.#buffered, chunk]);
      this.#wake();
    });
    socket.on('close', () => {
      this.#ended = true;
      this.#wake();
    });
  }

  async take(length: number): Promise<Buffer> {
    while (this.#buffered.length < length) await this.#more();
    const bytes = this.#buffered.subarray(0, length);
    this.#buffered = this.#buffered.subarray(length);
    return bytes;
  }

  async takeHead(): Promise<string> {
    for (;;) {
      const end = this.#buffered.indexOf('\r\n\r\n');
      if (end >= 0) return (await this.take(end + 4)).toString('latin1');
      await this.#more();
    }
  }

  async frame(): Promise<Frame> {
    const [first = 0, second = 0] = await this.take(2);
    let length = second & 0x7f;
    if (length === 126) length = (await this.take(2)).readUInt16BE();
    else if (length === 127) length = Number((await this.take(8)).readBigUInt64BE());
    const mask = Buffer.from(await this.take(4));
    const payload = Buffer.from(await this.take(length));
    for (let i = 0; i < length; i++) payload[i] = (payload[i] ?? 0) ^ (mask[i & 3] ?? 0);
    return { fin: first >= 0x80, rsv: (first >> 4) & 7, opcode: first & 15, payload };
  }

  async #more(): Promise<void> {
    if (this.#ended) throw new Error('the client has closed the connection');
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }
}

/** Close codes below 3000 that an endpoint may send (RFC 6455 7.4.1). */
const LEGAL_CODES = new Set([1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011]);

/**
 * Modes (intended faults) in which the server does not check reserved bits, opcodes, lengths or the order of frames.
 */
const UNCHECKED_FRAMES = new Set(['lenient']);
/** Modes (intended faults) in which the server does not check the UTF-8 of text when each frame arrives. */
const UNCHECKED_TEXT = new Set(['lenient', 'utf8-late']);

async function serve(socket: Socket, second: number): Promise<void> {
  try {
    const input = new Input(socket);
    const mode = await upgrade(socket, input, second);
    if (mode !== null) await new ProbeConnection(socket, input, mode, second).run();
  } catch {
    // Reading fails when the client has closed the connection.
  }
}

/**
 * Answers the opening handshake and returns the mode (the intended fault that the URL path names). Returns null if the
 * mode does not open the connection.
 */
async function upgrade(socket: Socket, input: Input, second: number): Promise<string | null> {
  const head = await input.takeHead();
  const mode = head.split(' ')[1]?.slice(1) ?? '';
  const key = /^sec-websocket-key: *(\S+)/im.exec(head)?.[1] ?? '';
  const correctAccept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  if (mode === 'hs-drop') return null;
  if (mode === 'hs-timeout') {
    await sleep(100_000 * second, undefined, { ref: false });
    return null;
  }
  if (mode === 'hs-404') {
    socket.write('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
    await sleep(1000 * second);
    return null;
  }
  const accept = mode === 'hs-badaccept' ? `AAAA${correctAccept.slice(4)}` : correctAccept;
  const extension = mode === 'ext-unrequested' ? 'Sec-WebSocket-Extensions: permessage-deflate\r\n' : '';
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nServer: probe/1.0\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${extension}Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  return mode;
}

/** One open connection of the probe server. */
class ProbeConnection {
  readonly #socket: Socket;
  readonly #input: Input;
  readonly #mode: string;
  readonly #second: number;
  #failed = false;
  /** Payloads of the frames of a message that has begun and not ended. */
  #parts: Buffer[] | null = null;
  #opcode = 1;
  #text = new Utf8Judge();

  constructor(socket: Socket, input: Input, mode: string, second: number) {
    this.#socket = socket;
    this.#input = input;
    this.#mode = mode;
    this.#second = second;
  }

  async run(): Promise<void> {
    if (this.#mode === 'pong-first') this.#socket.write(frame(10, Buffer.from('hi')));
    if (this.#mode === 'ping-first') this.#socket.write(frame(9, Buffer.from('hi')));
    if (this.#mode === 'close-first-hang') this.#socket.write(closeFrame(1000));
    while (await this.#handle(await this.#input.frame()));
  }

  /**
   * Reacts to a frame. The mode of the server (its intended fault) decides how. Returns false to end the connection.
   */
  async #handle(received: Frame): Promise<boolean> {
    switch (this.#mode) {
      case 'silent':
        return true;
      case 'drop':
        return false;
      case 'reset':
        this.#socket.resetAndDestroy();
        return false;
      case 'peerclose-hang':
        this.#fail(closeFrame(1002));
        return true;
      case 'peerclose':
        this.#fail(closeFrame(1002));
        return received.opcode !== 8;
      case 'peerclose-1012':
        this.#fail(closeFrame(1012));
        return received.opcode !== 8;
      case 'peerclose-cut':
        this.#fail(closeFrame(1002, 'ab\xce'));
        return received.opcode !== 8;
    }
    if (this.#failed) return received.opcode !== 8;
    if (!UNCHECKED_FRAMES.has(this.#mode) && this.#isIllegal(received)) {
      this.#fail(closeFrame(1002));
      return true;
    }
    if (received.opcode === 8) return this.#close(received.payload);
    if (received.opcode === 9) this.#socket.write(frame(10, received.payload, this.#mode === 'masked'));
    if (received.opcode <= 2) await this.#data(received);
    return true;
  }

  #fail(closeFrameBytes: Buffer): void {
    if (!this.#failed) this.#socket.write(closeFrameBytes);
    this.#failed = true;
  }

  #isIllegal({ fin, rsv, opcode, payload }: Frame): boolean {
    return (
      rsv !== 0 ||
      (opcode > 2 && opcode < 8) ||
      opcode > 10 ||
      (opcode >= 8 && (!fin || payload.length > 125)) ||
      (opcode === 0 && this.#parts === null) ||
      ((opcode === 1 || opcode === 2) && this.#parts !== null)
    );
  }

  async #data({ fin, opcode, payload }: Frame): Promise<void> {
    if (opcode !== 0) {
      this.#parts = [];
      this.#opcode = opcode;
      this.#text = new Utf8Judge();
    } else if (this.#parts === null) {
      this.#parts = [];
      this.#opcode = 1;
    }
    this.#parts.push(payload);
    const checksText = this.#opcode === 1 && (!UNCHECKED_TEXT.has(this.#mode) || (this.#mode === 'utf8-late' && fin));
    if (checksText && !this.#isText(payload, fin)) {
      this.#fail(closeFrame(1007));
      return;
    }
    if (!fin) return;
    const message = Buffer.concat(this.#parts);
    this.#parts = null;
    if (this.#mode === 'late-echo') await sleep(700 * this.#second);
    if (this.#mode === 'no-echo') return;
    const echo = frame(this.#opcode, message, this.#mode === 'masked');
    this.#socket.write(this.#mode === 'double-echo' ? Buffer.concat([echo, echo]) : echo);
  }

  #isText(payload: Buffer, fin: boolean): boolean {
    const bytes = this.#mode === 'utf8-late' ? Buffer.concat(this.#parts ?? []) : payload;
    return this.#text.push(bytes) && (!fin || this.#text.complete);
  }

  /**
   * Answers a Close frame. The mode of the server (its intended fault) decides how. Returns false to end the
   * connection.
   */
  #close(body: Buffer): boolean {
    switch (this.#mode) {
      case 'no-close':
        return true;
      case 'close-drop':
        return false;
      case 'close-999':
      case 'close-1001':
      case 'close-1002':
      case 'close-1012':
        this.#socket.write(closeFrame(Number(this.#mode.slice('close-'.length))));
        return false;
      case 'close-empty':
        this.#socket.write(frame(8));
        return false;
      case 'close-badreason':
        this.#socket.write(closeFrame(1000, '\xff\xfe'));
        return false;
      case 'close-cutreason':
        this.#socket.write(closeFrame(1000, 'ab\xce'));
        return false;
      case 'echo':
        this.#socket.write(isLegal(body) ? frame(8, body.subarray(0, 2)) : closeFrame(1002));
        return false;
      case 'close-hang':
        this.#socket.write(frame(8, body));
        return true;
      default:
        this.#socket.write(frame(8, body, this.#mode === 'masked'));
        return false;
    }
  }
}

/** Whether the body of a Close is legal (RFC 6455 5.5.1, 7.4). */
function isLegal(body: Buffer): boolean {
  if (body.length === 0) return true;
  if (body.length === 1) return false;
  const code = body.readUInt16BE();
  const reason = new Utf8Judge();
  return (LEGAL_CODES.has(code) || (code >= 3000 && code < 5000)) && reason.push(body.subarray(2)) && reason.complete;
}
