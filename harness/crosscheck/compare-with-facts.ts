import { isDeepStrictEqual } from 'node:util';
import type { RecordedCase } from '../../reports/document/recorded-case.ts';
import { terminalSafe } from '../../reports/wording/terminal-text.ts';
import { normalise } from '../suites/autobahn/normalise.ts';
import type { RecordedFacts } from './facts-file.ts';

/** How often a case that differs is played again alone. */
const PLAYS_ALONE = 10;
/** How many cases are played again. If more cases differ, the file is probably about another server. */
const MOST_PLAYED_AGAIN = 20;

/** A fact that the embedded engine recorded otherwise than the facts file says. */
export interface Difference {
  at: string;
  recorded: unknown;
  native: unknown;
}

/** Lists the facts in which a play differs from the recorded facts. @param detail undefined if the case has no result. */
export function differencesFrom(facts: RecordedFacts, detail: RecordedCase | undefined): Difference[] {
  if (detail === undefined) return [{ at: 'has a result', recorded: true, native: false }];
  const outcome = normalise(detail);
  return [...facts]
    .filter(([at, value]) => !isDeepStrictEqual(value, outcome[at]))
    .map(([at, value]) => ({ at, recorded: value, native: outcome[at] }));
}

/**
 * What the plays of a case alone say about a difference that the first play had, next to other cases.
 * - `always`: the difference came in every play.
 * - `only next to other cases`: the difference came in no play alone, so that the engine is at fault.
 * - `flaky`: it came in some plays. Either the server or the engine has a race; the recorded facts cannot tell which.
 */
export type Recurrence = 'always' | 'only next to other cases' | 'flaky';

/** @param differed whether the case differed, for each play alone. */
export function recurrenceOf(differed: readonly boolean[]): Recurrence {
  if (differed.every(Boolean)) return 'always';
  return differed.some(Boolean) ? 'flaky' : 'only next to other cases';
}

/**
 * Plays all cases of a facts file, and those that differ again alone. Prints each case that differs, and a summary.
 * @param play plays cases with the embedded engine. @param print takes lines of output.
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
    // Further plays cannot change that a case is flaky.
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
