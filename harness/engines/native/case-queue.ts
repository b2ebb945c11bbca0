import type { Case } from '../../suites/autobahn/cases/case.ts';
import { isHeavy, isInPieces, plannedWait, timeLimit, workload } from './workload.ts';

/**
 * Number of heavy cases (with much data or many messages) that are played at the same time: enough to keep the server
 * busy.
 */
const HEAVY_AT_ONCE = 4;
/** A heavy case starts only if it will probably need less than this fraction of its time limit. */
const PART_OF_LIMIT = 0.25;

/**
 * How many light cases are kept to the end as witnesses (see `CaseQueue`): the maximum number, and the maximum fraction
 * of all light cases.
 */
const [MOST_WITNESSES, PART_OF_WITNESSES] = [12, 1 / 8];

/** The cases that are being played while the queue is asked for the next case, and the state of the server. */
interface Company {
  /** The heavy cases that are being played. */
  heavy: readonly Case[];
  /** Number of open connections. */
  open: number;
  /** Number of cases that may be busy at the same time. */
  atOnce: number;
  /** Whether the server answers slowly. */
  isSlow: boolean;
}

/**
 * The queue of cases that have not been started. Heavy cases (much data or many messages) and light cases (mostly
 * waiting) are played side by side. The longest waits and the largest transfers come first: if they came last, the run
 * would end later.
 *
 * The last light cases are "witnesses". While other cases wait for their timers, a witness is played now and then. Its
 * answer shows whether the server still answers in time.
 */
export class CaseQueue {
  readonly #light: Case[];
  readonly #heavy: Case[];
  readonly #witnesses: number;
  /**
   * The highest speed of a heavy case so far, as workload per millisecond; null before the first heavy case has ended.
   */
  #rate: number | null = null;

  constructor(cases: readonly Case[]) {
    this.#light = cases
      .filter((testCase) => !isHeavy(testCase))
      .sort((a, b) => Number(isInPieces(b)) - Number(isInPieces(a)) || plannedWait(b) - plannedWait(a));
    this.#witnesses = Math.min(MOST_WITNESSES, Math.floor(this.#light.length * PART_OF_WITNESSES));
    this.#heavy = cases.filter(isHeavy).sort((a, b) => workload(b) - workload(a));
  }

  get isEmpty(): boolean {
    return this.#light.length === 0 && this.#heavy.length === 0;
  }

  /**
   * Removes the light case with the shortest wait from the queue and returns it (the first of several); null if there
   * is no light case.
   */
  takeFirst(): Case | null {
    const shortest = Math.min(...this.#light.map(plannedWait));
    const isShortest = (testCase: Case) => plannedWait(testCase) === shortest;
    const whole = this.#light.findIndex((testCase) => isShortest(testCase) && !isInPieces(testCase));
    return this.#light.splice(whole >= 0 ? whole : this.#light.findIndex(isShortest), 1)[0] ?? null;
  }

  /** Takes the next case; null if no case may start before another case has ended. */
  take(company: Company): Case | null {
    return this.#takeHeavy(company) ?? this.#light.shift() ?? null;
  }

  /** Whether only witnesses are left: short cases whose answers show whether the server is still fast enough. */
  get hasOnlyWitnesses(): boolean {
    return this.#heavy.length === 0 && this.#light.length <= this.#witnesses;
  }

  /** Records how long a heavy case took, in milliseconds. */
  tookMs(testCase: Case, ms: number): void {
    this.#rate = Math.max(this.#rate ?? 0, workload(testCase) / Math.max(1, ms));
  }

  #takeHeavy({ heavy, open, atOnce, isSlow }: Company): Case | null {
    const [next] = this.#heavy;
    if (next === undefined) return null;
    // Heavy cases would delay the pieces of these light cases.
    const [light] = this.#light;
    if (light !== undefined && isInPieces(light)) return null;
    if (isSlow) {
      // On a slow server, heavy cases and light cases would delay each other beyond their
      // time limits. A heavy case is therefore played alone, after all light cases.
      if (this.#light.length > 0 || open > 0) return null;
      return this.#heavy.shift() ?? null;
    }
    if (heavy.length >= Math.min(HEAVY_AT_ONCE, Math.max(1, atOnce >> 1))) return null;
    // The smallest heavy case is played before all other heavy cases, because it shows how
    // fast the server is.
    if (this.#rate === null) return heavy.length === 0 ? (this.#heavy.pop() ?? null) : null;
    const all = workload(next) + heavy.reduce((sum, testCase) => sum + workload(testCase), 0);
    const fits = all / this.#rate < PART_OF_LIMIT * timeLimit(next) * 1000;
    return fits || heavy.length === 0 ? (this.#heavy.shift() ?? null) : null;
  }
}
