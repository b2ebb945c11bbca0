import { performance } from 'node:perf_hooks';
import type { Case } from '../../suites/autobahn/cases/case.ts';
import { type CaseEnding, CasePlay, type PlayedCase, type TestedServer } from './case-play.ts';
import { passed, TimedFailures } from './timed-failures.ts';
import { isHeavy, plannedWait, workload } from './workload.ts';

/** What is reported while cases are played. */
export interface PlayerEvents {
  started(id: string): void;
  /** A case is over. If it is played again, a later call for the same id replaces this one. */
  finished(played: PlayedCase): void;
  note(text: string): void;
}

/** How a run of many cases ended. */
export type PlayEnd = { ended: 'all played' } | { ended: 'no server'; error: Error };

/** Milliseconds after which a case that has not ended, and probably waits, lets the next case start. */
const START_NEXT_AFTER_MS = 50;
/** Milliseconds without a byte of the server after which a heavy case lets the next case start. */
const IDLE_MS = 1500;
/** Number of heavy cases that are played in parallel. */
const HEAVY_AT_ONCE = 4;
/** Most open connections, including those of waiting cases. Every server supports more. */
const CONNECTIONS = 256;
/** After so many replays in a row that failed again, the other failures are not played again: the server is at fault. */
const CONFIRMED_FAILURES = 12;
/** Milliseconds after which a refused connection is tried a second time. */
const RECONNECT_AFTER_MS = 100;

/**
 * Plays cases in parallel against one server. At most `jobs` cases are busy at the same time; a case that only waits for
 * a timer does not count, so that all long waits overlap. A case that failed because of a timer while the machine was
 * busy is played again alone, and the second result counts if it is better. Rejects with the signal's reason if aborted.
 */
export async function playCases(
  cases: readonly Case[],
  server: TestedServer,
  options: { jobs: number; signal: AbortSignal },
  events: PlayerEvents,
): Promise<PlayEnd> {
  const player = new Player(server, options.signal, events);
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
  // Long waits and large transfers start first, so that none of them is left over at the end.
  const light = cases.filter((testCase) => !isHeavy(testCase)).sort((a, b) => plannedWait(b) - plannedWait(a));
  const heavy = cases.filter(isHeavy).sort((a, b) => workload(b) - workload(a));
  await player.start(light, { atOnce: jobs, startNext: 'soon' });
  // Light cases that still wait need no processor time, so the heavy cases start at once.
  await player.start(heavy, { atOnce: Math.min(jobs, HEAVY_AT_ONCE), startNext: 'when idle' });
  await player.allOver();
  if (jobs > 1) await player.playSuspectsAgain();
  player.throwIfServerGone();
}

/** Returns a promise that rejects with the signal's reason, and a function that removes its listener. */
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

/** The server has refused a connection twice. */
class NoServer extends Error {
  override readonly cause: Error;
  constructor(cause: Error) {
    super('no server');
    this.cause = cause;
  }
}

class Player {
  readonly #server: TestedServer;
  readonly #signal: AbortSignal;
  readonly #events: PlayerEvents;
  /** Open connections, each with a promise for its end. */
  readonly #open = new Map<CasePlay, Promise<void>>();
  readonly #openByCase = new Map<Case, CasePlay>();
  /** Cases that are not over, with or without an open connection. */
  readonly #running = new Set<Promise<void>>();
  readonly #timedFailures = new TimedFailures();
  /** Set when the server refuses connections: no further case is started. */
  #serverGone: NoServer | null = null;

  constructor(server: TestedServer, signal: AbortSignal, events: PlayerEvents) {
    this.#server = server;
    this.#signal = signal;
    this.#events = events;
  }

  /** Starts all cases, one after the other. Resolves when each case is over or only waits. */
  async start(cases: readonly Case[], how: { atOnce: number; startNext: 'soon' | 'when idle' }): Promise<void> {
    const busy = new Set<Promise<unknown>>();
    for (const testCase of cases) {
      while (busy.size >= how.atOnce || this.#open.size >= CONNECTIONS) {
        await Promise.race(busy.size >= how.atOnce ? busy : this.#open.values());
        this.#signal.throwIfAborted();
      }
      this.#signal.throwIfAborted();
      if (this.#serverGone !== null) break;
      const startedAt = performance.now();
      const over = this.#play(testCase, (played) => {
        this.#timedFailures.add(played, startedAt);
        return played;
      });
      const mayStartNext = how.startNext === 'soon' ? pause(START_NEXT_AFTER_MS) : this.#idle(testCase, over);
      const counted: Promise<unknown> = Promise.race([over, mayStartNext]).then(() => busy.delete(counted));
      busy.add(counted);
    }
    await Promise.all(busy);
  }

  /** Resolves when all started cases are over. */
  async allOver(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /** Plays the failures again that a busy machine may have caused, one busy case at a time. */
  async playSuspectsAgain(): Promise<void> {
    let confirmed = 0;
    const suspects = this.#timedFailures.suspects();
    for (const [i, testCase] of suspects.entries()) {
      if (this.#serverGone !== null) return;
      if (confirmed >= CONFIRMED_FAILURES) {
        const left = suspects.length - i;
        this.#events.note(
          `${confirmed} cases in a row failed again when they were played alone: the other ${left} failures are not played again`,
        );
        return;
      }
      let better = false;
      const over = this.#play(testCase, (played) => {
        better = passed(played);
        if (!better) return played;
        this.#events.note(`${testCase.id} failed next to other cases and passed alone: the second result counts`);
        return { ...played, playedAgainAlone: true };
      });
      // A case that only waits does not disturb the next one.
      await Promise.race([over, pause(START_NEXT_AFTER_MS)]);
      this.#signal.throwIfAborted();
      void over.then(() => {
        confirmed = better ? 0 : confirmed + 1;
      });
    }
    await this.allOver();
  }

  /** Throws NoServer if a connection was refused twice. Cases that were open by then have been played to their end. */
  throwIfServerGone(): void {
    if (this.#serverGone !== null) throw this.#serverGone;
  }

  abandonAll(): void {
    for (const play of this.#open.keys()) play.abandon();
    this.#open.clear();
  }

  /**
   * Plays one case. `review` can change what was played before it is reported. Resolves when the case is over, never if
   * it was abandoned, and never rejects.
   */
  #play(testCase: Case, review: (played: PlayedCase) => PlayedCase): Promise<void> {
    const over = this.#playOnce(testCase, review);
    this.#running.add(over);
    void over.then(() => this.#running.delete(over));
    return over;
  }

  async #playOnce(testCase: Case, review: (played: PlayedCase) => PlayedCase): Promise<void> {
    this.#events.started(testCase.id);
    const first = await this.#connect(testCase);
    if ('played' in first) return this.#events.finished(review(first.played));
    // A server with a full backlog refuses connections for a short time only.
    await pause(RECONNECT_AFTER_MS);
    if (this.#signal.aborted || this.#serverGone !== null) return;
    const second = await this.#connect(testCase);
    if ('played' in second) return this.#events.finished(review(second.played));
    this.#serverGone ??= new NoServer(second.refused);
  }

  async #connect(testCase: Case): Promise<CaseEnding> {
    const play = new CasePlay(testCase, this.#server);
    this.#open.set(
      play,
      play.ending.then(() => undefined),
    );
    this.#openByCase.set(testCase, play);
    const ending = await play.ending;
    this.#open.delete(play);
    this.#openByCase.delete(testCase);
    return ending;
  }

  /** Resolves when a case is over, or when its server has sent nothing for a while. */
  async #idle(testCase: Case, over: Promise<void>): Promise<void> {
    for (;;) {
      const ended = await Promise.race([over.then(() => true), pause(IDLE_MS / 3).then(() => false)]);
      const play = this.#openByCase.get(testCase);
      if (ended || (play !== undefined && play.silentMs > IDLE_MS)) return;
    }
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
