import { performance } from 'node:perf_hooks';
import type { Case } from '../../suites/autobahn/cases/case.ts';
import { AnswerTimes } from './answer-times.ts';
import { type CaseEnding, CasePlay, type PlayedCase, type TestedServer } from './case-play.ts';
import { CaseQueue } from './case-queue.ts';
import { Pace } from './pace.ts';
import { type Suspect, Suspects } from './suspects.ts';
import { isHeavy } from './workload.ts';

/** The events that are reported while cases are played. */
export interface PlayerEvents {
  started(id: string): void;
  /**
   * A case has ended. If `provisional` is true, the case may be played again, and a later call with the same id
   * replaces this result.
   */
  finished(played: PlayedCase, provisional: boolean): void;
  note(text: string): void;
}

/** How the play of many cases ended: all were played, or the server could not be reached any more. */
export type PlayEnd = { ended: 'all played' } | { ended: 'no server'; error: Error };

/** Milliseconds for which the first case is played alone, to measure how fast the server answers. */
const FIRST_ALONE_MS = 250;
/**
 * If the server sends no byte for this many milliseconds, a heavy case (much data or many messages), or a case that is
 * played alone, counts as only waiting.
 */
const IDLE_MS = 1500;
/**
 * How suspects (cases whose outcome the load may have decided) are played again: two at the same time. A case that
 * receives nothing for `quietMs` is waiting for a timer, and the next case may start.
 */
const LITTLE_LOAD = { atOnce: 2, quietMs: 400 };
/**
 * A silent case is one in which the server answered no case at all before the timer fired. If this many silent cases in
 * a row have the same outcome when they are played again, the others are not played again: the reason is the server,
 * not the load.
 */
const SILENT_PLAYS = 3;
/**
 * Maximum number of milliseconds between the starts of two witnesses: short cases whose answers show whether the server
 * is still fast enough (see `CaseQueue`).
 */
const WITNESS_EVERY_MS = 100;
/** Maximum number of open connections, including the connections of cases that only wait. */
const CONNECTIONS = 256;
/** Milliseconds after which a refused connection is tried a second time. */
const RECONNECT_AFTER_MS = 100;

/**
 * Plays cases in parallel against one server. At most `jobs` cases are busy at the same time, and fewer if the server
 * answers slowly. A case that only waits for a timer does not count as busy, and all long waits overlap. If a timer
 * decided a case while the server or this machine was slow, the case is played again alone, and the second result
 * counts. With one job, each case starts when the previous case has ended. Rejects with the signal's reason if aborted.
 */
export async function playCases(
  cases: readonly Case[],
  server: TestedServer,
  options: { jobs: number; signal: AbortSignal },
  events: PlayerEvents,
): Promise<PlayEnd> {
  options.signal.throwIfAborted();
  const player = new Player(server, options, events);
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
  if (jobs <= 1) await player.playOneByOne(cases);
  else {
    const queue = new CaseQueue(cases);
    await player.playFirst(queue);
    await player.playTogether(queue);
    await player.playSuspectsAgain();
  }
  player.throwIfServerGone();
}

/**
 * Returns a promise that rejects with the signal's reason when the signal aborts, and a function that removes its
 * listener.
 */
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

/** The error for a server that has refused a connection twice. */
class NoServer extends Error {
  override readonly cause: Error;
  constructor(cause: Error) {
    super('no server');
    this.cause = cause;
  }
}

/**
 * A function that inspects a played case before the case is reported. `provisional` says whether the case may be played
 * again.
 */
type Review = (played: PlayedCase) => { played: PlayedCase; provisional: boolean };

class Player {
  readonly #server: TestedServer;
  readonly #signal: AbortSignal;
  readonly #events: PlayerEvents;
  readonly #pace: Pace;
  readonly #answers: AnswerTimes;
  readonly #suspects: Suspects;
  /** Open connections, each with a promise that resolves when the connection has ended. */
  readonly #open = new Map<CasePlay, Promise<void>>();
  readonly #openByCase = new Map<Case, CasePlay>();
  /** Promises of all cases that have not ended, with or without an open connection. */
  readonly #running = new Set<Promise<void>>();
  /** Set when the server refuses connections. From then on, no further case is started. */
  #serverGone: NoServer | null = null;

  constructor(server: TestedServer, { jobs, signal }: { jobs: number; signal: AbortSignal }, events: PlayerEvents) {
    this.#server = server;
    this.#signal = signal;
    this.#events = events;
    this.#pace = new Pace(jobs);
    this.#answers = new AnswerTimes(server.timeouts.second);
    this.#suspects = new Suspects(this.#answers);
  }

  /** Plays the cases one after the other. */
  async playOneByOne(cases: readonly Case[]): Promise<void> {
    for (const testCase of cases) {
      this.#signal.throwIfAborted();
      if (this.#serverGone !== null) return;
      await this.#play(testCase, (played) => ({ played, provisional: false }));
    }
  }

  /** Plays one light (short) case of the queue alone, to measure how fast the server answers. */
  async playFirst(queue: CaseQueue): Promise<void> {
    const first = queue.takeFirst();
    if (first === null) return;
    await Promise.race([this.#playInCompany(first), pause(FIRST_ALONE_MS)]);
    this.#answers.endAlone();
    this.#signal.throwIfAborted();
  }

  /** Plays all cases of the queue, several at the same time. Resolves when all of them are over. */
  async playTogether(queue: CaseQueue): Promise<void> {
    const busy = new Map<Promise<unknown>, Case>();
    while (!queue.isEmpty && this.#serverGone === null) {
      if (queue.hasOnlyWitnesses && this.#open.size > 0) {
        await Promise.race([...this.#running, pause(WITNESS_EVERY_MS)]);
        this.#signal.throwIfAborted();
      }
      const mayStart = busy.size < this.#pace.atOnce && this.#open.size < CONNECTIONS;
      const next = mayStart
        ? queue.take({
            heavy: [...busy.values()].filter(isHeavy),
            open: this.#open.size,
            atOnce: this.#pace.atOnce,
            isSlow: this.#answers.isServerSlow,
          })
        : null;
      if (next === null) {
        const ends = busy.size > 0 ? busy.keys() : this.#open.values();
        await Promise.race(ends);
        this.#signal.throwIfAborted();
        continue;
      }
      const started = performance.now();
      const over = this.#playInCompany(next);
      if (isHeavy(next)) void over.then(() => queue.tookMs(next, performance.now() - started));
      const waits = isHeavy(next) ? this.#idle(next, over, IDLE_MS) : pause(this.#pace.busyMs(this.#answers.aloneMs));
      const counted: Promise<unknown> = Promise.race([over, waits]).then(() => busy.delete(counted));
      busy.set(counted, next);
    }
    await this.#allOver();
  }

  /**
   * Plays the suspects again: the cases whose outcome the load may have decided. If the server is slow by itself, they
   * are played one at a time. Otherwise two run at the same time first, and a case whose new outcome the load may have
   * decided too is then played alone.
   */
  async playSuspectsAgain(): Promise<void> {
    let suspects: readonly Suspect[] = this.#suspects.list();
    if (!this.#answers.isServerSlow) suspects = await this.#playAgain(suspects, LITTLE_LOAD);
    const quietMs = Math.max(IDLE_MS, this.#pace.busyMs(this.#answers.longestMs));
    await this.#playAgain(suspects, { atOnce: 1, quietMs });
    for (const { id, how } of this.#suspects.unsteady) this.#events.note(`${id} is unsteady: ${how}`);
  }

  /**
   * Plays cases again, `atOnce` at the same time. A case to which the server has sent nothing for `quietMs` only waits
   * for a timer and does not count. Resolves with the cases whose outcome the load may have decided in this play too.
   */
  async #playAgain(
    suspects: readonly Suspect[],
    { atOnce, quietMs }: { atOnce: number; quietMs: number },
  ): Promise<readonly Suspect[]> {
    const again = this.#suspects.again();
    const busy = new Set<Promise<unknown>>();
    let silentAgain = 0;
    for (const suspect of suspects) {
      if (this.#serverGone !== null) break;
      if (suspect.silent && silentAgain >= SILENT_PLAYS) continue;
      const from = performance.now();
      const over = this.#play(suspect.testCase, (played) => {
        again.add(played, from);
        const unsteady = this.#suspects.change(suspect, played);
        if (suspect.silent) silentAgain = unsteady === null ? silentAgain + 1 : 0;
        return { played: { ...played, unsteady }, provisional: atOnce > 1 };
      });
      const counted: Promise<unknown> = Promise.race([over, this.#idle(suspect.testCase, over, quietMs)]).then(() =>
        busy.delete(counted),
      );
      busy.add(counted);
      // A silent case (the server answered no case before its timer fired) is played to its end before the next case
      // starts. Its result shows whether the server stays silent without load too.
      if (suspect.silent) await over;
      else if (busy.size >= atOnce) await Promise.race(busy);
      this.#signal.throwIfAborted();
    }
    await this.#allOver();
    const left = new Set(again.list().map(({ testCase }) => testCase));
    return suspects.filter(({ testCase }) => left.has(testCase));
  }

  /**
   * Throws the error NoServer if the server refused a connection twice. The cases that were already open have then been
   * played to their end.
   */
  throwIfServerGone(): void {
    if (this.#serverGone !== null) throw this.#serverGone;
  }

  abandonAll(): void {
    for (const play of this.#open.keys()) play.abandon();
    this.#open.clear();
  }

  /** Resolves when all started cases are over. */
  async #allOver(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /** Plays a case while other cases are being played. Remembers its outcome if the load may have decided it. */
  #playInCompany(testCase: Case): Promise<void> {
    const from = performance.now();
    return this.#play(testCase, (played) => {
      this.#suspects.add(played, from);
      return { played, provisional: played.timed };
    });
  }

  /**
   * Plays one case. `review` can change the played case before it is reported. The promise resolves when the case has
   * ended. It never resolves for an abandoned case, and it never rejects.
   */
  #play(testCase: Case, review: Review): Promise<void> {
    const over = this.#playOnce(testCase, review);
    this.#running.add(over);
    void over.then(() => this.#running.delete(over));
    return over;
  }

  async #playOnce(testCase: Case, review: Review): Promise<void> {
    this.#events.started(testCase.id);
    let ending = await this.#connect(testCase);
    if ('refused' in ending) {
      // A server whose queue of new connections is full refuses connections for a short time only.
      await pause(RECONNECT_AFTER_MS);
      if (this.#signal.aborted || this.#serverGone !== null) return;
      ending = await this.#connect(testCase);
    }
    if ('refused' in ending) {
      this.#serverGone ??= new NoServer(ending.refused);
      return;
    }
    const { played, provisional } = review(ending.played);
    this.#events.finished(played, provisional);
  }

  async #connect(testCase: Case): Promise<CaseEnding> {
    const play = new CasePlay(testCase, this.#server, (ms) => {
      this.#pace.answered(this.#answers.answered(ms), ms, performance.now());
    });
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

  /** Resolves when the case has ended, or when the server has sent nothing on the case's connection for `ms`. */
  async #idle(testCase: Case, over: Promise<void>, ms: number): Promise<void> {
    const started = performance.now();
    for (;;) {
      const ended = await Promise.race([over.then(() => true), pause(ms / 3).then(() => false)]);
      const play = this.#openByCase.get(testCase);
      if (ended || (play !== undefined && Math.min(play.silentMs, performance.now() - started) > ms)) return;
    }
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
