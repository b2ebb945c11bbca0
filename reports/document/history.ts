import { z } from 'zod';
import type { CaseInfo, CaseVerdict, Verdict } from './report.ts';
import { gradeFacts, keyFields, type SuiteFacts } from './suite-facts.ts';

/**
 * One line of a history file: the facts of one run. For each case of the suite, the line holds one letter for the grade
 * and one letter for the verdict. The letters are in the order of the suite's cases. A line takes about 1 KB for each
 * agent, so the tool can read a thousand runs at once. Lines of different suite versions cannot be compared, because
 * their letters stand for different cases.
 */
export const historyLineSchema = z.object({
  v: z.literal(1),
  id: z.string(),
  /** The start time of the run: UTC, in ISO 8601 format. */
  started: z.string(),
  commit: z.string().nullable(),
  dirty: z.boolean().nullable(),
  suite: z.string(),
  engine: z.string(),
  /** The machine on which the run was made. The tool does not compare times of different machines. */
  machine: z.string(),
  /**
   * The decision of the run. An `undecided` run is a gap in the history: it says nothing about cases that did not run.
   */
  decision: z.enum(['passed', 'failed', 'undecided']),
  agents: z.array(
    z.object({
      name: z.string(),
      /** One letter for each case of the suite: the letter of the case's main grade, or MISSING, or NOT_PLANNED. */
      grades: z.string(),
      /** One letter for each case of the suite: a letter from VERDICT_LETTERS, or NOT_PLANNED. */
      verdicts: z.string(),
      /**
       * The duration in milliseconds of each case with `timed` in its CaseInfo, in suite order; null if the case did
       * not run.
       */
      times: z.array(z.number().nullable()),
    }),
  ),
});
export type HistoryLine = z.infer<typeof historyLineSchema>;

/** The grade letter of a planned case that has no result and so no grade. */
export const MISSING = '?';
/** The letter that stands for each verdict in a history line. */
export const VERDICT_LETTERS: Readonly<Record<Verdict, string>> = {
  same: '=',
  regressed: 'v',
  improved: '^',
  changed: '*',
  new: 'n',
  missing: '?',
  flaky: 'F',
  skipped: 's',
};
/**
 * The letter that stands for a case outside the plan of the run. The plan is the list of cases that the run includes.
 */
export const NOT_PLANNED = '.';

/** Returns the two letters that stand for a case in a history line: one for its main grade and one for its verdict. */
export function lettersOf({ actual, verdict }: CaseVerdict, suite: SuiteFacts): { grade: string; verdict: string } {
  const grade = gradeFacts(keyFields(suite).grade, actual)?.letter ?? MISSING;
  return { grade, verdict: VERDICT_LETTERS[verdict] };
}

/** The history of one case of one agent: the grade and the verdict of the case in each run. */
export interface CaseHistory {
  id: string;
  title: string;
  /** One entry for each run. `gap` is true if the case was not planned, or if an undecided run has no result for it. */
  states: readonly { letter: string; verdict: string; gap: boolean }[];
  /** The number of runs in which the grade or the verdict of the case differs from the previous run. */
  flips: number;
  /**
   * The index of the first run of the current series of bad results. null if the case is good now or was never good.
   */
  firstBad: number | null;
}

/** The history of every case of one agent. `suite` lists the cases in the order of the letters in a history line. */
export function caseHistories(lines: readonly HistoryLine[], agent: string, suite: readonly CaseInfo[]): CaseHistory[] {
  const entries = lines.map((line) => ({
    decided: line.decision !== 'undecided',
    entry: line.agents.find(({ name }) => name === agent),
  }));
  return suite.map(({ id, title }, at) => {
    const states = entries.map(({ decided, entry }) => {
      const letter = entry?.grades[at] ?? NOT_PLANNED;
      const verdict = entry?.verdicts[at] ?? NOT_PLANNED;
      return { letter, verdict, gap: letter === NOT_PLANNED || (letter === MISSING && !decided) };
    });
    return { id, title, states, ...turns(states) };
  });
}

function turns(states: CaseHistory['states']): Pick<CaseHistory, 'flips' | 'firstBad'> {
  let flips = 0;
  let firstBad: number | null = null;
  let before: string | null = null;
  let wasGood = false;
  for (const [at, { letter, verdict, gap }] of states.entries()) {
    if (gap) continue;
    const now = letter + verdict;
    if (before !== null && before !== now) flips++;
    before = now;
    if (isBad(verdict)) {
      firstBad ??= at;
    } else {
      firstBad = null;
      wasGood = true;
    }
  }
  return { flips, firstBad: wasGood ? firstBad : null };
}

function isBad(verdict: string): boolean {
  return (
    verdict === VERDICT_LETTERS.regressed || verdict === VERDICT_LETTERS.changed || verdict === VERDICT_LETTERS.missing
  );
}
