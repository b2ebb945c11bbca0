import { isUtf8 } from 'node:buffer';
import { performance } from 'node:perf_hooks';
import type { Grade } from '../../../reports/document/recorded-case.ts';
import { type Case, type Payload, payloadOctets, type Step, TEXT } from '../../suites/autobahn/cases/case.ts';
import type { MessageStore, Prepared } from './compressed.ts';
import { Endpoint, type Timeouts } from './endpoint.ts';
import type { Deflate, Request } from './handshake.ts';
import { isDone, type SeenEvent } from './judge.ts';
import { WireLog } from './log.ts';
import type { Address } from './peer.ts';
import type { Trace } from './trace.ts';
import { fragmentLengths } from './wire.ts';

/** Whom to play against. */
export interface ServerEndpoint {
  address: Address;
  request: Omit<Request, 'key' | 'offers'>;
  patience: Timeouts;
  /** Where the messages of 12.x and 13.x come from. */
  messages: MessageStore;
  /** Hears of every frame and timer as it happens. */
  trace?: Trace;
}

/** A case that has been played: all that its record is made of. */
export interface PlayedCase {
  one: Case;
  endpoint: Endpoint;
  log: WireLog;
  seen: readonly SeenEvent[];
  started: Date;
  durationMs: number;
  ownVerdict: { behavior: Grade; result: string };
  trafficStats: Readonly<Record<string, number | null>> | null;
  /** A timer had its say: the outcome may owe something to how busy the machine was. */
  timed: boolean;
  /** Milliseconds by which the latest of our timers came too late. */
  lateMs: number;
  /** It failed among others and was played again without them. */
  playedAgainAlone: boolean;
}

/** How a play ended: with something to judge, or because there was no server to connect to. */
export type CaseEnding = { played: PlayedCase } | { refused: Error };

/** One case against one server, from TCP connected to TCP gone. */
export class CasePlay {
  /** Settles when the connection is over; never, once `abandon` was called. */
  readonly ending: Promise<CaseEnding>;
  readonly #one: Case;
  readonly #log: WireLog;
  readonly #endpoint: Endpoint;
  readonly #seen: SeenEvent[] = [];
  readonly #started = new Date();
  readonly #patience: Timeouts;
  readonly #messages: MessageStore;
  #deflate: Deflate | null = null;
  #streaming: { mask: Buffer; phase: number } = { mask: Buffer.alloc(0), phase: 0 };
  #ownVerdict: PlayedCase['ownVerdict'];
  #trafficStats: PlayedCase['trafficStats'] = null;
  #timed = false;
  /** Messages sent in a series, and the one whose echo is awaited. */
  #sent = 0;
  #awaited: Prepared | null = null;

  constructor(one: Case, opponent: ServerEndpoint) {
    this.#one = one;
    const { trace } = opponent;
    this.#log = new WireLog(trace === undefined ? undefined : (moment) => trace(one.id, moment));
    this.#patience = opponent.patience;
    this.#messages = opponent.messages;
    this.#ownVerdict = { behavior: 'FAILED', result: nothingCame(one) };
    const offers = one.judging.by === 'compressed round-trips' ? one.judging.offers : [];
    let settle: (ending: CaseEnding) => void = () => undefined;
    this.ending = new Promise((resolve) => {
      settle = resolve;
    });
    this.#endpoint = new Endpoint({
      address: opponent.address,
      request: { ...opponent.request, offers },
      log: this.#log,
      patience: opponent.patience,
      events: {
        opened: (deflate) => this.#opened(deflate),
        message: (octets, binary) => this.#message(octets, binary),
        pong: (octets) => this.#saw({ kind: 'pong', octets }),
        lost: () => settle({ played: this.#played() }),
        refused: (error) => settle({ refused: error }),
      },
    });
  }

  /** Milliseconds since the server was last heard of. */
  get silentMs(): number {
    return performance.now() - this.#endpoint.heardAt;
  }

  /** Ends the connection at once; there will be no result. */
  abandon(): void {
    this.#endpoint.destroy();
  }

  #played(): PlayedCase {
    const { openedAt, facts } = this.#endpoint;
    return {
      one: this.#one,
      endpoint: this.#endpoint,
      log: this.#log,
      seen: this.#seen,
      started: this.#started,
      durationMs: openedAt === 0 ? 0 : Math.round(performance.now() - openedAt),
      ownVerdict: this.#ownVerdict,
      trafficStats: this.#trafficStats,
      timed:
        this.#timed ||
        facts.wasOpenHandshakeTimeout ||
        facts.wasCloseHandshakeTimeout ||
        facts.wasServerConnectionDropTimeout,
      lateMs: this.#endpoint.lateMs,
      playedAgainAlone: false,
    };
  }

  // ---- what is sent

  #opened(deflate: Deflate | null): void {
    this.#deflate = deflate;
    switch (this.#one.wirelog) {
      case 'full':
        break;
      case 'quiet':
        this.#log.on = false;
        break;
      case 'switched':
        this.#log.switch(false);
        break;
    }
    if (this.#one.judging.by === 'compressed round-trips' && deflate === null) {
      this.#ownVerdict = {
        behavior: 'UNIMPLEMENTED',
        result: 'The server did not agree to permessage-deflate, so there was nothing to test.',
      };
      this.#endpoint.sendClose(1000, null);
      return;
    }
    this.#perform(0);
    if (this.#one.judging.by === 'compressed round-trips') this.#sendNext();
    else if (this.#one.judging.by === 'round-trips') this.#sent = 1;
  }

  /** The script from step `from` on, up to its end or its next pause. */
  #perform(from: number): void {
    const { script } = this.#one;
    for (let i = from; i < script.length; i++) {
      const step = script[i];
      if (step === undefined) return;
      if (step.step === 'wait') {
        this.#wait(step.seconds, step.tag, () => this.#perform(i + 1));
        return;
      }
      this.#do(step);
    }
  }

  #wait(seconds: number, tag: string | null, next: () => void): void {
    this.#log.timer(['CT', seconds, tag]);
    this.#endpoint.after(seconds, () => {
      this.#log.timer(['CTE', tag]);
      if (tag !== null) {
        if (this.#endpoint.state !== 'open') return;
        this.#seen.push({ kind: 'timeout', tag });
        // The second tick of 6.4 tells a strict server from another.
        if (tag !== 'A') this.#timed = true;
      }
      next();
    });
  }

  #do(step: Exclude<Step, { step: 'wait' }>): void {
    const endpoint = this.#endpoint;
    switch (step.step) {
      case 'frame': {
        const { opcode, fin, rsv, payload, chop, sync } = step;
        const repeat = payload.kind === 'pattern' ? payload.length : undefined;
        endpoint.sendFrame({ opcode, fin, rsv }, shared(payload), { chop, sync, repeat });
        break;
      }
      case 'message':
        this.#sendMessage(shared(step.payload), step.binary ? 2 : TEXT, step.fragment ?? 0);
        break;
      case 'close':
        endpoint.sendClose(step.code, step.reason === undefined ? null : payloadOctets(step.reason));
        break;
      case 'header':
        this.#streaming = endpoint.sendHeader(step.opcode, step.length);
        break;
      case 'piece':
        endpoint.sendPiece(this.#streaming, step.octets);
        break;
      case 'limit':
        this.#limit(step.limit, step.seconds);
        break;
    }
  }

  #sendMessage(payload: Buffer, opcode: number, fragment: number): void {
    if (this.#endpoint.state !== 'open') return;
    const lengths = fragmentLengths(payload.length, fragment);
    let at = 0;
    for (const [i, length] of lengths.entries()) {
      this.#endpoint.sendFrame(
        { opcode: i === 0 ? opcode : 0, fin: i === lengths.length - 1, rsv: 0 },
        payload.subarray(at, at + length),
      );
      at += length;
    }
  }

  #limit(limit: 'kill' | 'close', seconds: number): void {
    this.#log.timer([limit === 'kill' ? 'KL' : 'TI', seconds]);
    this.#unlessSilent(seconds, () => {
      this.#timed = true;
      this.#log.timer([limit === 'kill' ? 'KLE' : 'TIE']);
      if (limit === 'kill') this.#endpoint.fail(1001, 'Going Away');
      else this.#endpoint.sendClose(null, null);
    });
  }

  /** Calls back in so many seconds, or as soon as the server has said nothing for as long as we wait for silence. */
  #unlessSilent(seconds: number, callback: () => void): void {
    const { silence, second } = this.#patience;
    if (seconds <= silence) {
      this.#endpoint.after(seconds, callback);
      return;
    }
    const asked = performance.now();
    this.#endpoint.after(silence, () => {
      const silent = this.#endpoint.heardAt < asked;
      if (silent) callback();
      else this.#unlessSilent(seconds - (performance.now() - asked) / (second * 1000), callback);
    });
  }

  // ---- what comes back

  #saw(event: SeenEvent): void {
    this.#seen.push(event);
    const { close, suppressClose } = this.#one;
    if (close.closedByMe && !suppressClose && isDone(this.#one, this.#seen))
      this.#endpoint.sendClose(close.codes[0], null);
  }

  #message(octets: Buffer, binary: boolean): void {
    const { judging } = this.#one;
    switch (judging.by) {
      case 'events':
        this.#saw({ kind: 'message', octets, binary });
        break;
      case 'size':
        if (binary === judging.binary && octets.length === judging.length)
          this.#ownVerdict = { behavior: 'OK', result: `The message came back with its ${octets.length} octets.` };
        else if (this.#ownVerdict.behavior !== 'OK')
          this.#ownVerdict = { behavior: 'FAILED', result: otherMessage(judging, octets.length, binary) };
        this.#log.on = true;
        this.#endpoint.sendClose(1000, null);
        break;
      case 'round-trips':
        if (binary !== judging.binary || octets.length !== judging.length)
          this.#finish({ behavior: 'FAILED', result: otherMessage(judging, octets.length, binary) });
        else if (this.#sent < judging.count) this.#sendNext();
        else this.#finish({ behavior: 'OK', result: `All ${judging.count} messages came back in time.` });
        break;
      case 'compressed round-trips':
        this.#compressedEcho(octets, binary, judging);
        break;
    }
  }

  #compressedEcho(
    octets: Buffer,
    binary: boolean,
    judging: Extract<Case['judging'], { by: 'compressed round-trips' }>,
  ): void {
    // Where text is expected it is decoded first, and what cannot be decoded ends the connection (as in the original).
    if (!judging.binary && binary && !isUtf8(octets)) throw new TypeError('binary echo of text is not UTF-8');
    const right = binary === judging.binary && this.#awaited !== null && octets.equals(this.#awaited.plain);
    if (!right)
      this.#finish({
        behavior: 'FAILED',
        result: `The echo of message ${this.#sent} of ${judging.count} was not what had been sent.`,
      });
    else if (this.#sent < judging.count) this.#sendNext();
    else {
      this.#trafficStats = trafficStats(this.#endpoint);
      this.#finish({ behavior: 'OK', result: `All ${judging.count} messages came back in time, octet for octet.` });
    }
  }

  #sendNext(): void {
    const { judging } = this.#one;
    if (judging.by === 'round-trips')
      this.#endpoint.sendFrame({ opcode: judging.binary ? 2 : TEXT, fin: true, rsv: 0 }, shared(judging.payload), {
        repeat: judging.length,
      });
    else if (judging.by === 'compressed round-trips' && this.#deflate !== null) {
      this.#awaited = this.#messages.get(judging, this.#deflate, this.#sent);
      this.#endpoint.sendPrepared(this.#awaited);
    }
    this.#sent++;
  }

  #finish(verdict: PlayedCase['ownVerdict']): void {
    this.#ownVerdict = verdict;
    this.#log.switch(true);
    this.#endpoint.sendClose(1000, null);
  }
}

/** The octets of a payload; a pattern's are the pattern alone. Runs are made once and shared. */
function shared(payload: Payload): Buffer {
  if (payload.kind === 'pattern') return payload.pattern;
  if (payload.kind === 'octets') return payload.octets;
  const key = `${payload.octet} ${payload.length}`;
  const known = runs.get(key);
  if (known !== undefined) return known;
  const octets = payloadOctets(payload);
  runs.set(key, octets);
  return octets;
}
const runs = new Map<string, Buffer>();

function nothingCame({ judging }: Case): string {
  switch (judging.by) {
    case 'events':
      return 'What the server did differs from everything that is allowed.';
    case 'size':
      return 'The message did not come back in time.';
    case 'round-trips':
    case 'compressed round-trips':
      return `Not all of the ${judging.count} messages came back in time.`;
  }
}

function otherMessage(judging: { binary: boolean; length: number }, length: number, binary: boolean): string {
  const kind = (isBinary: boolean): string => (isBinary ? 'binary' : 'text');
  return `A ${kind(binary)} message of ${length} octets came back where a ${kind(judging.binary)} message of ${judging.length} had been sent.`;
}

/** The compression figures of 12.x and 13.x, under Autobahn's names. */
function trafficStats(endpoint: Endpoint): Readonly<Record<string, number | null>> {
  const { sent, got } = endpoint;
  const ratio = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);
  const figures = (name: 'outgoing' | 'incoming', traffic: typeof sent): [string, number | null][] => [
    [`${name}OctetsWireLevel`, traffic.wire],
    [`${name}OctetsWebSocketLevel`, traffic.webSocket],
    [`${name}OctetsAppLevel`, traffic.app],
    [`${name}CompressionRatio`, ratio(traffic.webSocket, traffic.app)],
    [`${name}WebSocketOverhead`, ratio(traffic.wire - traffic.webSocket, traffic.webSocket)],
    [`${name}WebSocketFrames`, traffic.frames],
    [`${name}WebSocketMessages`, traffic.messages],
    [`preopen${name === 'outgoing' ? 'Outgoing' : 'Incoming'}OctetsWireLevel`, traffic.preopen],
  ];
  return Object.fromEntries([...figures('outgoing', sent), ...figures('incoming', got)]);
}
