import { performance } from 'node:perf_hooks';
import type { Case } from '../../suites/autobahn/cases/case.ts';
import { type CaseEnding, CasePlay, type PlayedCase, type ServerEndpoint } from './case-play.ts';
import { grade } from './judge.ts';

/** What the player tells while it plays. */
export interface PlayerEvents {
  started(id: string): void;
  /** A case is over for now; a later call for the same id replaces it. */
  finished(played: PlayedCase): void;
  note(text: string): void;
}

/** How a play of many cases ended. */
export type PlayEnd = { ended: 'all played' } | { ended: 'no server'; error: Error };

/** Milliseconds after which a case that is still waiting lets another begin beside it. */
const YIELD_AFTER = 50;
/** Milliseconds of silence after which even a heavy case lets another begin beside it. */
const IDLE = 1500;
/** Cases that keep a connection and both processes busy, at once. */
const HEAVY_AT_ONCE = 4;
/** Open connections at once, waiting ones included: far below what any server takes. */
const CONNECTIONS = 256;
/** So many cases in a row that fail alone as they failed among others: company is not to blame. */
const ENOUGH_CONFIRMED = 12;
/** Milliseconds that a case may take without a timer, or a timer may be late, before the machine counts as busy. */
const SLOW = 200;
/** A refused connection is tried again after so many milliseconds, then with the rest out of the way. */
const RETRY_AFTER = 100;

/**
 * Plays cases side by side. `jobs` of them may be busy at once; a case that only waits for a timer does not count, so
 * that all long waits pass together. What fails with a timer in it is played again without company before it counts,
 * since a timer may have been unfair on a busy machine.
 */
export async function playCases(
  cases: readonly Case[],
  opponent: ServerEndpoint,
  options: { jobs: number; signal: AbortSignal },
  events: PlayerEvents,
): Promise<PlayEnd> {
  const player = new Player(opponent, options.signal, events);
  const aborted = whenAborted(options.signal);
  try {
    await Promise.race([playAll(player, cases, options.jobs), aborted.rejects]);
    return { ended: 'all played' };
  } catch (error) {
    if (error instanceof NoServer) return { ended: 'no server', error: error.cause };
    throw error;
  } finally {
    aborted.forget();
    player.abandonAll();
  }
}

async function playAll(player: Player, cases: readonly Case[], jobs: number): Promise<void> {
  const light = cases.filter((one) => !isHeavy(one)).sort((a, b) => waits(b) - waits(a));
  const heavy = cases.filter(isHeavy).sort((a, b) => weight(b) - weight(a));
  await player.run(light, { width: jobs, yields: 'soon' });
  // Those that still wait need nothing of the machine: the heavy ones need not wait for them.
  await player.run(heavy, { width: Math.min(jobs, HEAVY_AT_ONCE), yields: 'when idle' });
  await player.settle();
  if (jobs > 1) await player.again();
  player.throwIfServerGone();
}

/** A promise that rejects with the signal's reason, and a way to stop listening. */
function whenAborted(signal: AbortSignal): { rejects: Promise<never>; forget: () => void } {
  let forget = (): void => undefined;
  const rejects = new Promise<never>((_, reject) => {
    const listener = (): void => reject(signal.reason);
    if (signal.aborted) return listener();
    signal.addEventListener('abort', listener, { once: true });
    forget = () => signal.removeEventListener('abort', listener);
  });
  return { rejects, forget };
}

/** Whether a case keeps both processes at work all the time. */
const isHeavy = ({ judging }: Case): boolean => judging.by !== 'events';

/** Seconds of planned pauses: the longest begin first, since nothing shortens them. */
function waits(one: Case): number {
  return one.script.reduce((sum, step) => sum + (step.step === 'wait' ? step.seconds : 0), 0);
}

/** Octets that go to and fro, and something for every message: the heaviest begin first, so that none is left alone. */
function weight({ judging }: Case): number {
  switch (judging.by) {
    case 'events':
      return 0;
    case 'size':
      return judging.length;
    case 'round-trips':
      return judging.count * (judging.length + 500);
    case 'compressed round-trips':
      return judging.count * (judging.length + (judging.fragment === 0 ? 0 : judging.length / 4) + 500);
  }
}

interface Span {
  from: number;
  to: number;
}

class NoServer extends Error {
  override readonly cause: Error;
  constructor(cause: Error) {
    super('no server');
    this.cause = cause;
  }
}

class Player {
  readonly #opponent: ServerEndpoint;
  readonly #signal: AbortSignal;
  readonly #events: PlayerEvents;
  readonly #open = new Map<CasePlay, Promise<void>>();
  readonly #byCase = new Map<Case, CasePlay>();
  /** Cases that are not over yet, whether a connection is open for them or not. */
  readonly #running = new Set<Promise<void>>();
  /** Failures with a timer in them, and spans of time in which the machine was busy; by `performance.now()`. */
  readonly #timedFailures: (Span & { one: Case })[] = [];
  readonly #busy: Span[] = [];
  /** Why no further case is begun. */
  #gone: NoServer | null = null;

  constructor(opponent: ServerEndpoint, signal: AbortSignal, events: PlayerEvents) {
    this.#opponent = opponent;
    this.#signal = signal;
    this.#events = events;
  }

  /** Begins all of them, and resolves when the last has ended or yielded. */
  async run(cases: readonly Case[], how: { width: number; yields: 'soon' | 'when idle' }): Promise<void> {
    const busy = new Set<Promise<unknown>>();
    for (const one of cases) {
      while (busy.size >= how.width || this.#open.size >= CONNECTIONS) {
        await Promise.race(busy.size >= how.width ? busy : this.#open.values());
        this.#signal.throwIfAborted();
      }
      this.#signal.throwIfAborted();
      if (this.#gone !== null) break;
      const from = performance.now();
      const over = this.#play(one, (played) => this.#note(played, from));
      const yielded = how.yields === 'soon' ? pause(YIELD_AFTER) : this.#idle(one, over);
      const counted: Promise<unknown> = Promise.race([over, yielded]).then(() => busy.delete(counted));
      busy.add(counted);
    }
    await Promise.all(busy);
  }

  /** Resolves when all that was begun is over. */
  async settle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /** Plays again, one at a time, what failed with a timer in it. */
  async again(): Promise<void> {
    let confirmed = 0;
    const suspects = this.#suspects();
    for (const [i, one] of suspects.entries()) {
      if (this.#gone !== null) return;
      if (confirmed >= ENOUGH_CONFIRMED) {
        const left = suspects.length - i;
        this.#events.note(
          `${confirmed} cases in a row failed alone as they had failed among others: the other ${left} count as they are`,
        );
        return;
      }
      let better = false;
      const over = this.#play(one, (played) => {
        better = isGood(played);
        if (!better) return played;
        this.#events.note(`${one.id} failed among others and passed alone: alone counts`);
        return { ...played, playedAgainAlone: true };
      });
      // What waits is alone enough: only busy cases get in one another's way.
      await Promise.race([over, pause(YIELD_AFTER)]);
      this.#signal.throwIfAborted();
      void over.then(() => {
        confirmed = better ? 0 : confirmed + 1;
      });
    }
    await this.settle();
  }

  /** Throws NoServer where a connection could not be made: what was open by then has been played to its end. */
  throwIfServerGone(): void {
    if (this.#gone !== null) throw this.#gone;
  }

  abandonAll(): void {
    for (const play of this.#open.keys()) play.abandon();
    this.#open.clear();
  }

  /** Notes what `again` will ask: what failed with a timer in it, and when the machine was busy. */
  #note(played: PlayedCase, from: number): PlayedCase {
    const { one, timed, lateMs, durationMs } = played;
    const span = { from, to: performance.now() };
    const slow = lateMs > SLOW || (!timed && durationMs - waits(one) * 1000 > SLOW);
    if (slow || isHeavy(one)) this.#busy.push(span);
    if (timed && !isGood(played)) this.#timedFailures.push({ one, ...span });
    return played;
  }

  /** Cases whose failure may be the company's fault: a timer decided, and the machine was busy meanwhile. */
  #suspects(): Case[] {
    return this.#timedFailures
      .filter((failure) => this.#busy.some((span) => span.from < failure.to && failure.from < span.to))
      .map((failure) => failure.one);
  }

  /** One case from beginning to end; resolves when it is over, never when it was abandoned, and never rejects. */
  #play(one: Case, judge: (played: PlayedCase) => PlayedCase): Promise<void> {
    const over = this.#playOnce(one, judge);
    this.#running.add(over);
    void over.then(() => this.#running.delete(over));
    return over;
  }

  async #playOnce(one: Case, judge: (played: PlayedCase) => PlayedCase): Promise<void> {
    this.#events.started(one.id);
    const first = await this.#connection(one);
    if ('played' in first) return this.#events.finished(judge(first.played));
    // A refusal may be a full backlog: once more, a little later.
    await pause(RETRY_AFTER);
    if (this.#signal.aborted || this.#gone !== null) return;
    const second = await this.#connection(one);
    if ('played' in second) return this.#events.finished(judge(second.played));
    this.#gone ??= new NoServer(second.refused);
  }

  async #connection(one: Case): Promise<CaseEnding> {
    const play = new CasePlay(one, this.#opponent);
    this.#open.set(
      play,
      play.ending.then(() => undefined),
    );
    this.#byCase.set(one, play);
    const ending = await play.ending;
    this.#open.delete(play);
    this.#byCase.delete(one);
    return ending;
  }

  /** Resolves when the server has not been heard of for a while in that case, or it is over. */
  async #idle(one: Case, over: Promise<void>): Promise<void> {
    for (;;) {
      const ended = await Promise.race([over.then(() => true), pause(IDLE / 3).then(() => false)]);
      const play = this.#byCase.get(one);
      if (ended || (play !== undefined && play.silentMs > IDLE)) return;
    }
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Nothing to complain of, whatever the engine's own part in it. */
function isGood(played: PlayedCase): boolean {
  const { behavior, behaviorClose } = grade({
    one: played.one,
    seen: played.seen,
    ends: played.endpoint.facts,
    ownVerdict: played.ownVerdict,
    sentFrames: played.log.txFrames,
  });
  if (played.one.finalRule === 'informational') return played.endpoint.facts.wasClean;
  return behavior === 'OK' && behaviorClose === 'OK';
}
