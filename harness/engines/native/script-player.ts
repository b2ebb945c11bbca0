import { performance } from 'node:perf_hooks';
import { type Case, type Payload, payloadBytes, type Step, TEXT } from '../../suites/autobahn/cases/case.ts';
import type { Endpoint } from './endpoint.ts';
import type { StreamedFrame } from './frame-sender.ts';
import { fragmentLengths } from './protocol/wire.ts';
import type { Timeouts } from './timers.ts';
import type { WireLog } from './wire-log.ts';

/**
 * Performs the script (the list of actions) of one case on a connection: sends frames and messages, waits, and enforces
 * the time limit.
 */
export class ScriptPlayer {
  readonly #script: Case['script'];
  readonly #endpoint: Endpoint;
  readonly #log: WireLog;
  readonly #timeouts: Timeouts;
  readonly #onTick: (tag: string) => void;
  #streamed: StreamedFrame = { mask: null, phase: 0 };
  #timerDecided = false;

  /** `onTick` is called at the end of each wait that has a tag (a name such as `A`). */
  constructor(
    script: Case['script'],
    endpoint: Endpoint,
    log: WireLog,
    timeouts: Timeouts,
    onTick: (tag: string) => void,
  ) {
    this.#script = script;
    this.#endpoint = endpoint;
    this.#log = log;
    this.#timeouts = timeouts;
    this.#onTick = onTick;
  }

  /**
   * Whether a timer of the script has decided the outcome. If so, the outcome may depend on how busy the machine was.
   */
  get timerDecided(): boolean {
    return this.#timerDecided;
  }

  /** Performs the script from its start. What follows a wait is performed when the wait is over. */
  play(): void {
    this.#playFrom(0);
  }

  #playFrom(start: number): void {
    for (let i = start; i < this.#script.length; i++) {
      const step = this.#script[i];
      if (step === undefined) return;
      if (step.step === 'wait') {
        this.#wait(step.seconds, step.tag, () => this.#playFrom(i + 1));
        return;
      }
      this.#perform(step);
    }
  }

  #wait(seconds: number, tag: string | null, next: () => void): void {
    this.#log.timer(['CT', seconds, tag]);
    this.#endpoint.after(seconds, () => {
      this.#log.timer(['CTE', tag]);
      if (tag !== null) {
        if (this.#endpoint.state !== 'open') return;
        this.#onTick(tag);
        // Only the cases 6.4 have waits with a tag (a name). The end of wait A is always reached. Wait B is reached
        // only if the server has not refused the text in time.
        if (tag !== 'A') this.#timerDecided = true;
      }
      next();
    });
  }

  #perform(step: Exclude<Step, { step: 'wait' }>): void {
    const endpoint = this.#endpoint;
    switch (step.step) {
      case 'frame': {
        const { opcode, fin, rsv, payload, chop, sync } = step;
        const repeat = payload.kind === 'pattern' ? payload.length : undefined;
        endpoint.send.frame({ opcode, fin, rsv }, sharedBytes(payload), { chop, sync, repeat });
        break;
      }
      case 'message':
        this.#sendMessage(sharedBytes(step.payload), step.binary ? 2 : TEXT, step.fragment ?? 0);
        break;
      case 'close':
        endpoint.sendClose(step.code, step.reason === undefined ? null : payloadBytes(step.reason));
        break;
      case 'header':
        this.#streamed = endpoint.send.header(step.opcode, step.length);
        break;
      case 'piece':
        endpoint.send.piece(this.#streamed, step.bytes);
        break;
      case 'limit':
        this.#startLimit(step.limit, step.seconds);
        break;
    }
  }

  #sendMessage(payload: Buffer, opcode: number, fragment: number): void {
    if (this.#endpoint.state !== 'open') return;
    const lengths = fragmentLengths(payload.length, fragment);
    let start = 0;
    for (const [i, length] of lengths.entries()) {
      this.#endpoint.send.frame(
        { opcode: i === 0 ? opcode : 0, fin: i === lengths.length - 1, rsv: 0 },
        payload.subarray(start, start + length),
      );
      start += length;
    }
  }

  #startLimit(limit: 'kill' | 'close', seconds: number): void {
    this.#log.timer([limit === 'kill' ? 'KL' : 'TI', seconds]);
    this.#afterOrSilence(seconds, () => {
      this.#timerDecided = true;
      this.#log.timer([limit === 'kill' ? 'KLE' : 'TIE']);
      if (limit === 'kill') this.#endpoint.fail(1001, 'Going Away');
      else this.#endpoint.sendClose(null, null);
    });
  }

  /** Calls `callback` after `seconds`, or earlier if the server sends nothing for the time `silence`. */
  #afterOrSilence(seconds: number, callback: () => void): void {
    const { silence, second } = this.#timeouts;
    if (seconds <= silence) {
      this.#endpoint.after(seconds, callback);
      return;
    }
    const started = performance.now();
    this.#endpoint.after(silence, () => {
      const silent = this.#endpoint.heardAt < started;
      if (silent) callback();
      else this.#afterOrSilence(seconds - (performance.now() - started) / (second * 1000), callback);
    });
  }
}

/**
 * Returns the bytes of a payload. For a repeated pattern, returns the pattern once. A run of equal bytes is made once,
 * and all cases share it.
 */
export function sharedBytes(payload: Payload): Buffer {
  if (payload.kind === 'pattern') return payload.pattern;
  if (payload.kind === 'bytes') return payload.bytes;
  const key = `${payload.byte} ${payload.length}`;
  const known = runs.get(key);
  if (known !== undefined) return known;
  const bytes = payloadBytes(payload);
  runs.set(key, bytes);
  return bytes;
}
const runs = new Map<string, Buffer>();
