import { isDeepStrictEqual } from 'node:util';
import type { RecordedCase } from '../../reports/document/recorded-case.ts';
import { terminalSafe } from '../../reports/wording/terminal-text.ts';
import { comparedFacts, type Disagreement } from './disagreements.ts';

/** Number of times that each engine plays a case with a disagreement again before the engine is considered wrong. */
export const MOST_PLAYS = 10;

/**
 * The conclusion about a disagreement (two engines recorded different values) after both engines have played the case
 * again.
 * - `race`: the reference engine got both values, and the embedded engine got no other value. The outcome depends on
 * chance, and no engine is at fault.
 * - `agreement`: both engines got the value of the embedded engine in every play. The first value of the reference
 * engine did not come again.
 * - `disagreement`: anything else. The embedded engine is at fault.
 */
export type Finding = 'race' | 'agreement' | 'disagreement';

/**
 * How often one engine got each of the two values of a disagreement (a field for which the engines recorded different
 * values).
 */
interface Counts {
  /** Number of plays with the value that the reference engine had at first. */
  asReference: number;
  /** Number of plays with the value that the embedded engine had at first. */
  asNative: number;
}

/**
 * Counts how often each engine gets each of the two values of a disagreement (a field for which the engines recorded
 * different values). The counts show whether the outcome depends on chance.
 */
export class Contest {
  readonly disagreement: Disagreement;
  #plays = 0;
  readonly #reference: Counts = { asReference: 0, asNative: 0 };
  readonly #native: Counts = { asReference: 0, asNative: 0 };

  constructor(disagreement: Disagreement) {
    this.disagreement = disagreement;
  }

  /**
   * Counts one play of each engine.
   * @param reference undefined if the reference engine has no result.
   * @param native undefined if the embedded engine has no result.
   */
  add(reference: RecordedCase | undefined, native: RecordedCase | undefined): void {
    this.#plays++;
    this.#count(this.#reference, reference);
    this.#count(this.#native, native);
  }

  #count(counts: Counts, detail: RecordedCase | undefined): void {
    const value = comparedFacts(detail).get(this.disagreement.at);
    if (isDeepStrictEqual(value, this.disagreement.reference)) counts.asReference++;
    if (isDeepStrictEqual(value, this.disagreement.native)) counts.asNative++;
  }

  /** The conclusion from the plays so far. */
  get finding(): Finding {
    const bothValues = ({ asReference, asNative }: Counts) => asReference > 0 && asNative > 0;
    const { asReference, asNative } = this.#native;
    if (bothValues(this.#reference) && asReference + asNative === this.#plays) return 'race';
    const alwaysNative = ({ asNative }: Counts) => asNative === this.#plays;
    return this.#plays > 0 && alwaysNative(this.#reference) && alwaysNative(this.#native)
      ? 'agreement'
      : 'disagreement';
  }

  /** Returns the disagreement as text: the name of the field, both values, and how often each engine got each value. */
  toString(): string {
    const { id, at, reference, native } = this.disagreement;
    const counts = ({ asReference, asNative }: Counts) => `${asReference} and ${asNative} of ${this.#plays}`;
    return (
      `${id} ${at}: ${this.finding}; ${shown(reference)} and ${shown(native)}, ` +
      `reference ${counts(this.#reference)} plays, native ${counts(this.#native)} plays`
    );
  }
}

const shown = (value: unknown): string => terminalSafe(JSON.stringify(value) ?? 'nothing');

/**
 * Plays a case with disagreements again, each time with both engines. Stops when every disagreement has turned out to
 * be a race (an outcome that depends on chance), or when each engine has played `MOST_PLAYS` times.
 */
export async function playContests(
  disagreements: readonly Disagreement[],
  play: () => Promise<{ reference: RecordedCase | undefined; native: RecordedCase | undefined }>,
): Promise<Contest[]> {
  const contests = disagreements.map((disagreement) => new Contest(disagreement));
  for (let plays = 0; plays < MOST_PLAYS && contests.some(({ finding }) => finding !== 'race'); plays++) {
    const { reference, native } = await play();
    for (const contest of contests) contest.add(reference, native);
  }
  return contests;
}
