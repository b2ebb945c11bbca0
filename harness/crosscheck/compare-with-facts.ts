import { isDeepStrictEqual } from 'node:util';
import type { RecordedCase } from '../../reports/document/recorded-case.ts';
import { terminalSafe } from '../../reports/wording/terminal-text.ts';
import { normalise } from '../suites/autobahn/normalise.ts';
import type { RecordedFacts } from './facts-file.ts';

/** If the result of a case differs from the recorded result, the case is played again alone up to this many times. */
const PLAYS_ALONE = 10;
/**
 * Maximum number of cases that are played again. If more cases differ, the facts file is probably about another server.
 */
const MOST_PLAYED_AGAIN = 20;

/** A fact (field of a case's outcome) for which the embedded engine recorded another value than the facts file has. */
export interface Difference {
  at: string;
  recorded: unknown;
  native: unknown;
}

/**
 * Lists the facts (fields of the outcome) in which a play of a case differs from the recorded facts.
 * @param detail undefined if the case has no result.
 */
export function differencesFrom(facts: RecordedFacts, detail: RecordedCase | undefined): Difference[] {
  if (detail === undefined) return [{ at: 'has a result', recorded: true, native: false }];
  const outcome = normalise(detail);
  return [...facts]
    .filter(([at, value]) => !isDeepStrictEqual(value, outcome[at]))
    .map(([at, value]) => ({ at, recorded: value, native: outcome[at] }));
}

/**
 * In the first play, next to other cases, a case differed from the recorded facts. Then the case was played several
 * times alone. This type says in how many of these plays the difference came again.
 * - `always`: in every play alone.
 * - `only next to other cases`: in no play alone. The embedded engine is at fault.
 * - `flaky`: in some plays alone. Either the server or the engine has a race; the recorded facts cannot tell which.
 */
export type Recurrence = 'always' | 'only next to other cases' | 'flaky';

/**
 * Says how often a difference came again when its case was played several times alone.
 * @param differed for each of these plays, whether the case differed.
 */
export function recurrenceOf(differed: readonly boolean[]): Recurrence {
  if (differed.every(Boolean)) return 'always';
  return differed.some(Boolean) ? 'flaky' : 'only next to other cases';
}

/**
 * Plays all cases of a facts file (what the real suite recorded about one server). Cases that differ are played again
 * alone. Prints each case that differs, and a summary.
 * @param play plays cases with the embedded engine.
 * @param print takes lines of output.
 * @returns the number of cases that differ, without the flaky ones.
 */
export async function compareWithFacts(
  name: string,
  facts: ReadonlyMap<string, RecordedFacts>,
  play: (cases: readonly string[]) => Promise<ReadonlyMap<string, RecordedCase>>,
  print: (line: string) => void,
): Promise<number> {
  const started = performance.now();
  const first = await play([...facts.keys()]);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const differing = [...facts]
    .map(([id, recorded]) => ({ id, recorded, differences: differencesFrom(recorded, first.get(id)) }))
    .filter(({ differences }) => differences.length > 0);
  print(`${name}: ${facts.size} cases in ${seconds} s, ${differing.length} differ from the recorded facts`);
  const counts: Record<Recurrence, number> = { always: 0, 'only next to other cases': 0, flaky: 0 };
  for (const { id, recorded, differences } of differing.slice(0, MOST_PLAYED_AGAIN)) {
    const differed: boolean[] = [];
    // Once a case is flaky, further plays cannot change this.
    while (differed.length < PLAYS_ALONE && new Set(differed).size < 2) {
      const again = await play([id]);
      differed.push(differencesFrom(recorded, again.get(id)).length > 0);
    }
    const recurrence = recurrenceOf(differed);
    counts[recurrence]++;
    print(
      `${name}: ${id} differs: ${recurrence} (${differed.filter(Boolean).length} of ${differed.length} plays alone)`,
    );
    for (const { at, recorded: theirs, native } of differences)
      print(`  ${id} ${at}: recorded ${json(theirs)}, native ${json(native)}`);
  }
  const others = differing.slice(MOST_PLAYED_AGAIN);
  if (others.length > 0) print(`${name}: not played again: ${others.map(({ id }) => id).join(' ')}`);
  const left = counts.always + counts['only next to other cases'] + others.length;
  print(
    `${name}: ${left} cases disagree (${counts.always} always, ${counts['only next to other cases']} only next to other cases), ${counts.flaky} flaky`,
  );
  return left;
}

const json = (value: unknown): string => terminalSafe(JSON.stringify(value) ?? 'nothing');
