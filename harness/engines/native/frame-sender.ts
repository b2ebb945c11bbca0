import { payloadText } from '../../suites/autobahn/payload-text.ts';
import { newTraffic } from './endpoint-facts.ts';
import type { PreparedMessage } from './messages/message-store.ts';
import { encodeFrame, type FrameHead, maskFor, maskInto, type Role, writeHeader } from './protocol/wire.ts';
import type { Transport } from './transport.ts';
import type { WireLog } from './wire-log.ts';
import { type WriteMode, WriteQueue } from './write-queue.ts';

/** The state of a WebSocket connection, as one side of it sees it. `closing`: this side has sent a Close frame. */
export type State = 'connecting' | 'open' | 'closing' | 'closed';

/**
 * A frame that is sent in pieces: its header has been sent, and its payload follows. `phase`: payload bytes sent so
 * far.
 */
export interface StreamedFrame {
  readonly mask: Buffer | null;
  phase: number;
}

/** What a FrameSender needs to know about its connection. */
interface SendingConnection {
  readonly role: Role;
  readonly state: State;
  /** Whether received bytes are being processed at this moment. */
  readonly reading: boolean;
}

/**
 * Sends frames, legal or not. Frames of a client are masked, frames of a server are not. Counts and logs everything
 * that is sent.
 */
export class FrameSender {
  /** Counts of the bytes, frames and messages that have been sent. */
  readonly traffic = newTraffic();
  readonly #connection: SendingConnection;
  readonly #transport: Pick<Transport, 'write'>;
  readonly #log: WireLog;
  readonly #queue: WriteQueue;

  constructor(connection: SendingConnection, transport: Pick<Transport, 'write'>, log: WireLog) {
    this.#connection = connection;
    this.#transport = transport;
    this.#log = log;
    this.#queue = new WriteQueue({
      write: (bytes, sync) => this.bytes(bytes, sync),
      get closed() {
        return connection.state === 'closed';
      },
      get reading() {
        return connection.reading;
      },
    });
  }

  /**
   * Sends one frame in any state of the connection. If `repeat` is given, the frame's payload has `repeat` bytes,
   * filled with repetitions of `payload`.
   */
  frame(head: FrameHead, payload: Buffer, how: WriteMode & { repeat?: number | undefined } = {}): void {
    const { chop, sync = false, repeat } = how;
    const whole = repeat === undefined ? payload : Buffer.alloc(repeat, payload);
    const mask = maskFor(this.#connection.role);
    this.#log.frameSent(head, payload, mask, { repeat, chop, sync });
    this.#queue.send(encodeFrame(head, whole, mask), { chop, sync });
  }

  /** Sends the frames of a message that was encoded in advance. Does nothing if the connection is not open. */
  prepared(message: PreparedMessage): void {
    if (this.#connection.state !== 'open') return;
    for (const [opcode, times] of message.frames) this.#log.countFrames(opcode, times);
    for (const [length, times] of message.writes) this.#log.countWrites(length, times);
    this.#log.framesSent(message.bytes);
    this.traffic.frames += message.frames.reduce((sum, [, times]) => sum + times, 0);
    this.traffic.messages += 1;
    this.traffic.wire += message.bytes.length;
    this.traffic.webSocket += message.payloadLength;
    this.traffic.app += message.plain.length;
    this.#transport.write(message.bytes);
  }

  /** Sends the header of a frame without FIN that announces `length` bytes of payload. Call `piece` for the payload. */
  header(opcode: number, length: number): StreamedFrame {
    const mask = maskFor(this.#connection.role);
    const maskText = mask === null ? 'none' : mask.toString('hex');
    this.#log.note(() => `sending a frame header: opcode ${opcode}, ${length} bytes to follow, mask ${maskText}`);
    const header = Buffer.allocUnsafe(14);
    const end = writeHeader(header, 0, { opcode, fin: false, rsv: 0 }, length, mask);
    this.#queue.send(header.subarray(0, end));
    return { mask, phase: 0 };
  }

  /** Sends the next piece of a frame's payload. The method `header` has sent the header of this frame before. */
  piece(frame: StreamedFrame, payload: Buffer): void {
    this.#log.note(
      () => `sending ${payload.length} bytes of that frame's payload: ${JSON.stringify(payloadText(payload))}`,
    );
    const bytes = Buffer.from(payload);
    if (frame.mask !== null) maskInto(bytes, 0, payload, frame.mask, frame.phase);
    frame.phase += payload.length;
    this.#queue.send(bytes);
  }

  /** Must be called each time received bytes have been processed. The class WriteQueue explains why. */
  readHandled(): void {
    this.#queue.readHandled();
  }

  /** Sends bytes without any change: an encoded frame, or a part of the opening handshake. */
  bytes(bytes: Buffer, sync = false): void {
    if (this.#connection.state === 'open') this.traffic.wire += bytes.length;
    else if (this.#connection.state === 'connecting') this.traffic.preopen += bytes.length;
    this.#log.wrote(bytes, sync);
    this.#transport.write(bytes);
  }
}
