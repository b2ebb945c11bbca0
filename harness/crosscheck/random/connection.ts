import type { Socket } from 'node:net';
import { inflateRawSync, constants as zlib } from 'node:zlib';
import { closeAnswer, codeBody, refusal, TextCheck } from './checks.ts';
import { echoParts } from './echo.ts';
import {
  type EventName,
  type Fault,
  FaultList,
  type FrameSpec,
  means,
  type OwnFrame,
  type TimedFault,
} from './faults.ts';
import { type ClientFrame, encode, takeFrame } from './frames.ts';
import { agreement, type ClientRequest, readRequest, responseHead } from './head.ts';
import { Output } from './output.ts';

/**
 * Seconds without a received frame after which the server ends a connection. Without this limit, the real suite would
 * wait for ever.
 */
const OPEN_LIMIT = 4.7;
/**
 * Seconds after which the server ends a connection whose opening handshake has not ended. This is longer than the
 * suite's own limit of 5 s.
 */
const OPENING_LIMIT = 6.7;
/** Minimum number of seconds between two small writes. */
const BETWEEN_WRITES = 0.02;
/**
 * Number of frames that the fault `small writes` splits into small writes. Only the first frames are split, because the
 * 1,000 echoes of a case of category 12 would take too long.
 */
const CUT_FRAMES = 6;

interface Message {
  opcode: number;
  compressed: boolean;
  text: TextCheck | null;
  parts: Buffer[];
}

/**
 * One connection of a random server, which is an echo server with faults. Its behavior depends only on the faults and
 * on what both sides have sent so far, never on a clock. The only exception: some faults contain pauses.
 */
export class RandomConnection {
  readonly #second: number;
  readonly #faultsOf: (path: string) => readonly Fault[];
  readonly #output: Output;
  #faults = new FaultList([]);
  #limit: NodeJS.Timeout;
  #buffered = Buffer.alloc(0);
  #state: 'opening' | 'open' | 'deaf' = 'opening';
  #windowBits: number | null = null;
  #message: Message | null = null;
  #lastMessage: Buffer = Buffer.alloc(0);
  #closeSent = false;
  #closeReceived = false;
  readonly #counts = { frame: 0, message: 0, sent: 0, echo: 0, pong: 0, close: 0 };
  readonly #held: Buffer[] = [];

  /**
   * `faultsOf` returns the faults for the path of the request. `second`: factor for all waits; 0.1 makes each wait ten
   * times shorter.
   */
  constructor(socket: Socket, faultsOf: (path: string) => readonly Fault[], second: number) {
    this.#second = second;
    this.#faultsOf = faultsOf;
    this.#output = new Output(socket, second);
    this.#limit = this.#endAfter(OPENING_LIMIT);
    socket.on('data', (bytes: Buffer) => this.#received(bytes));
    socket.on('error', () => this.#over());
    socket.on('end', () => {
      this.#over();
      socket.destroySoon();
    });
    socket.on('close', () => this.#over());
  }

  #endAfter(seconds: number): NodeJS.Timeout {
    return setTimeout(() => this.#output.endNow('fin'), seconds * 1000 * this.#second);
  }

  #over(): void {
    clearTimeout(this.#limit);
    this.#output.stop();
  }

  #received(bytes: Buffer): void {
    if (this.#output.over || this.#state === 'deaf') return;
    this.#buffered = Buffer.concat([this.#buffered, bytes]);
    if (this.#state === 'opening') {
      const end = this.#buffered.indexOf('\r\n\r\n');
      if (end < 0) return;
      const head = this.#buffered.toString('latin1', 0, end + 2);
      this.#buffered = this.#buffered.subarray(end + 4);
      this.#answer(readRequest(head));
    }
    while (this.#state === 'open') {
      const taken = takeFrame(this.#buffered);
      if (taken === null) break;
      this.#buffered = Buffer.from(taken.rest);
      this.#frame(taken.frame);
    }
  }

  // ---- the opening handshake

  #answer(request: ClientRequest): void {
    const faults = new FaultList(this.#faultsOf(request.path));
    this.#faults = faults;
    if (request.offer !== null) this.#windowBits = agreement(request.offer, faults).windowBits;
    const output = this.#output;
    const head = responseHead(request, faults);
    output.pause(faults.first('late head')?.pause);
    const end = faults.first('end in the head');
    if (end !== undefined) {
      output.bytes(head.subarray(0, end.at));
      this.#state = 'deaf';
      if (end.how !== 'nothing') output.end(end.how);
      return;
    }
    this.#state = 'open';
    clearTimeout(this.#limit);
    this.#limit = this.#endAfter(OPEN_LIMIT);
    const behind = faults.all('bytes behind the head').map(({ hex }) => Buffer.from(hex, 'hex'));
    const bytes = Buffer.concat([head, ...behind]);
    const cuts = faults.all('head in pieces').flatMap(({ at }) => at.filter((cut) => cut < bytes.length));
    const starts = [0, ...cuts.sort((a, b) => a - b)];
    for (const [i, start] of starts.entries()) {
      if (i > 0) output.pause(BETWEEN_WRITES);
      output.bytes(bytes.subarray(start, starts[i + 1]));
    }
    this.#happened('opened', 1);
    if (faults.all('deaf').some(({ to }) => to === 'everything')) this.#state = 'deaf';
  }

  // ---- what the client sends

  #frame(frame: ClientFrame): void {
    this.#limit.refresh();
    const isReplaced = this.#happened('frame', ++this.#counts.frame);
    if (this.#closeSent && frame.opcode !== 8) return;
    const state = { inMessage: this.#message !== null, compressed: this.#windowBits !== null };
    const code = refusal(frame, state, this.#faults);
    if (code !== null) this.#fail(code);
    else if (frame.opcode === 8) this.#close(frame.payload);
    else if (frame.opcode === 9) {
      if (!isReplaced && !this.#faults.all('deaf').some(({ to }) => to === 'pings')) this.#pong(frame.payload);
    } else if (frame.opcode < 3) this.#data(frame);
  }

  #data({ opcode, fin, rsv, payload }: ClientFrame): void {
    if (this.#message === null || opcode !== 0) {
      const checksText = opcode === 1 && !this.#faults.all('lenient').some(({ without }) => without.includes('text'));
      this.#message = {
        opcode: opcode || 1,
        compressed: this.#windowBits !== null && rsv === 4,
        text: checksText ? new TextCheck() : null,
        parts: [],
      };
    }
    const message = this.#message;
    message.parts.push(payload);
    if (!message.compressed && message.text?.push(payload, fin) === false) {
      this.#fail(1007);
      return;
    }
    if (!fin) return;
    this.#message = null;
    const joined = Buffer.concat(message.parts);
    const bytes = message.compressed ? inflate(joined) : joined;
    if (bytes === null || (message.compressed && message.text?.push(bytes, true) === false)) {
      this.#fail(1007);
      return;
    }
    const isReplaced = this.#happened('message', ++this.#counts.message);
    if (!isReplaced && !this.#faults.all('deaf').some(({ to }) => to === 'messages')) this.#echo(message.opcode, bytes);
    this.#lastMessage = bytes;
  }

  #close(body: Buffer): void {
    const faults = this.#faults;
    this.#closeReceived = true;
    this.#happened('close', 1);
    if (this.#closeSent) {
      this.#end();
      return;
    }
    const none = faults.first('no close');
    if (none !== undefined) {
      this.#state = 'deaf';
      if (none.next !== undefined) this.#output.end(none.next);
      return;
    }
    this.#aroundClose('before');
    const answer = faults.all('close body').find(({ own }) => own === undefined)?.body;
    this.#send('close', { opcode: 8, payload: answer ?? closeAnswer(body, faults).toString('hex') });
    this.#closeSent = true;
    for (const second of faults.all('second close')) {
      this.#output.pause(second.pause);
      this.#raw({ opcode: 8, payload: second.body });
    }
    this.#aroundClose('behind');
    this.#happened('answered', 1);
    this.#end();
  }

  #aroundClose(side: 'before' | 'behind'): void {
    for (const { frames, pause } of this.#faults
      .all('frames around the close')
      .filter((fault) => fault.side === side)) {
      if (side === 'behind') this.#output.pause(pause);
      for (const frame of frames) this.#raw(frame);
      if (side === 'before') this.#output.pause(pause);
    }
  }

  // ---- what the server sends

  /** Refuses what the client sent, with a Close frame. The connection ends when the client has answered it. */
  #fail(code: number): void {
    const own = this.#faults.all('close body').find((fault) => fault.own === true)?.body;
    this.#send('close', { opcode: 8, payload: own ?? codeBody(code).toString('hex') });
    this.#closeSent = true;
    if (this.#closeReceived) this.#end();
  }

  #end(): void {
    this.#release();
    this.#state = 'deaf';
    const late = this.#faults.first('late end');
    if (late?.pause === null) return;
    this.#output.pause(late?.pause);
    this.#output.end(late?.how ?? 'fin');
  }

  #echo(opcode: number, payload: Buffer): void {
    const { message: n } = this.#counts;
    const echoed = { n, opcode, payload, windowBits: this.#windowBits, before: this.#lastMessage };
    for (const part of echoParts(echoed, this.#faults)) {
      if ('pause' in part) this.#output.pause(part.pause);
      else if ('stop' in part) {
        if (part.stop === 'fin') this.#output.end('fin');
        if (part.stop === 'close') this.#ownClose();
      } else if (part.isLast) this.#send('echo', part.frame);
      else this.#raw(part.frame);
    }
  }

  #ownClose(): void {
    this.#raw({ opcode: 8, payload: '03e8' });
    this.#closeSent = true;
  }

  #pong(payload: Buffer): void {
    const fault = this.#faults.all('changed pong').find(({ n }) => means(n, this.#counts.pong + 1));
    const changed = (): Buffer => {
      switch (fault?.how) {
        case 'empty':
          return Buffer.alloc(0);
        case 'cut':
          return payload.subarray(0, -1);
        case 'flip':
          return Buffer.from(payload.map((byte, i) => (i === 0 ? byte ^ 1 : byte)));
        case 'append':
          return Buffer.concat([payload, Buffer.from('+')]);
        case 'long':
          return Buffer.alloc(126, 'p');
        case undefined:
          return payload;
      }
    };
    this.#send('pong', { opcode: 10, payload: changed().toString('hex') });
  }

  /** Sends a frame that the server itself creates. Faults of the server may change the frame. */
  #send(kind: Exclude<OwnFrame, 'any'>, frame: FrameSpec): void {
    const faults = this.#faults;
    const sent = ++this.#counts.sent;
    const ofKind = ++this.#counts[kind];
    const isHit = ({ of, n }: { of: OwnFrame; n: number }): boolean =>
      of === 'any' ? means(n, sent) : of === kind && means(n, ofKind);
    if (faults.all('missing frame').some(isHit)) return;
    const changes = faults.all('header').filter(isHit);
    const bytes = encode(Object.assign({}, frame, ...changes.map(({ set }) => set)));
    const times = faults.all('repeated frame').some(isHit) ? 2 : 1;
    const all = Buffer.concat(Array.from({ length: times }, () => bytes));
    const held = faults.first('held frame');
    if (held?.n === sent) {
      this.#held.push(all);
      return;
    }
    const size = faults.first('small writes')?.size;
    if (size !== undefined && sent <= CUT_FRAMES && all.length < 200)
      for (let at = 0; at < all.length; at += size) {
        this.#output.bytes(all.subarray(at, at + size));
        this.#output.pause(BETWEEN_WRITES);
      }
    else this.#output.bytes(all);
    if (held?.until === 'next' || kind === 'close') this.#release();
    this.#happened('sent', sent);
  }

  #release(): void {
    for (const bytes of this.#held.splice(0)) this.#output.bytes(bytes);
  }

  #raw(frame: FrameSpec): void {
    this.#output.bytes(encode(frame));
  }

  /**
   * Performs the faults that belong to this event. Returns whether one of them replaces what a correct server would do.
   */
  #happened(event: EventName, n: number): boolean {
    const faults = this.#faults.takeAt(event, n);
    for (const fault of faults) this.#act(fault);
    return faults.some((fault) => fault.fault === 'frames' && fault.instead === true);
  }

  #act(fault: TimedFault): void {
    const output = this.#output;
    output.pause(fault.when.pause);
    switch (fault.fault) {
      case 'frames':
        if (fault.split === undefined)
          for (const [i, frame] of fault.frames.entries()) {
            if (i > 0) output.pause(fault.gap);
            this.#raw(frame);
          }
        else {
          const bytes = Buffer.concat(fault.frames.map(encode));
          output.bytes(bytes.subarray(0, fault.split));
          output.pause(fault.gap ?? BETWEEN_WRITES);
          output.bytes(bytes.subarray(fault.split));
        }
        this.#next(fault.next);
        break;
      case 'bytes':
        output.bytes(Buffer.from(fault.hex, 'hex'));
        this.#next(fault.next);
        break;
      case 'end':
        output.end(fault.how);
        break;
      case 'first close':
        this.#raw({ opcode: 8, payload: fault.body });
        if (fault.next === 'message') this.#raw({ opcode: 1, payload: '6f6b' });
        if (fault.next === 'ping') this.#raw({ opcode: 9, payload: '6f6b' });
        if (fault.next === 'fin') output.end('fin');
        if (fault.next !== 'go on') this.#closeSent = true;
        break;
    }
  }

  #next(next: 'close' | 'fin' | undefined): void {
    if (next === 'close') this.#ownClose();
    if (next === 'fin') this.#output.end('fin');
  }
}

/**
 * Decompresses a message of the client. The client uses no context takeover. Returns null if the bytes are not deflate
 * data.
 */
function inflate(bytes: Buffer): Buffer | null {
  try {
    return inflateRawSync(Buffer.concat([bytes, Buffer.from([0, 0, 255, 255])]), { finishFlush: zlib.Z_SYNC_FLUSH });
  } catch {
    return null;
  }
}
