import { z } from 'zod';
import type { CaseInfo, CaseVerdict, Verdict } from './report.ts';
import { gradeFacts, keyFields, type SuiteFacts } from './suite-facts.ts';

/**
 * One line of a history file: the facts of one run. Each case of the suite has one letter for its grade and one for its
 * verdict, in the order of the suite's cases. A line takes about 1 KB for each agent, so a thousand runs can be read at
 * once. Lines of different suite versions cannot be compared, because their letters are for different cases.
 */
export const historyLineSchema = z.object({
  v: z.literal(1),
  id: z.string(),
  /** When the run started: UTC, ISO 8601. */
  started: z.string(),
  commit: z.string().nullable(),
  dirty: z.boolean().nullable(),
  suite: z.string(),
  engine: z.string(),
  /** Machine that the run was made on. Times of different machines are not compared. */
  machine: z.string(),
  /** `undecided` is a gap in the history: an interrupted run says nothing about the cases that it did not reach. */
  decision: z.enum(['passed', 'failed', 'undecided']),
  agents: z.array(
    z.object({
      name: z.string(),
      /** One letter for each case of the suite: the letter of the case's main grade, MISSING or NOT_PLANNED. */
      grades: z.string(),
      /** One letter for each case of the suite, from VERDICT_LETTERS, or NOT_PLANNED. */
      verdicts: z.string(),
      /** Milliseconds of each timed case (`timed` in its CaseInfo), in the order of the suite; null if the case did not run. */
      times: z.array(z.number().nullable()),
    }),
  ),
});
export type HistoryLine = z.infer<typeof historyLineSchema>;

/** The letter of a planned case that has no result, in place of the letter of a grade. */
export const MISSING = '?';
/** The letter of each verdict in a history line. */
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
/** The letter of a case that was not in the plan of the run. */
export const NOT_PLANNED = '.';

/** The two letters of a case in a history line: the letter of its main grade and the letter of its verdict. */
export function lettersOf({ actual, verdict }: CaseVerdict, suite: SuiteFacts): { grade: string; verdict: string } {
  const grade = gradeFacts(keyFields(suite).grade, actual)?.letter ?? MISSING;
  return { grade, verdict: VERDICT_LETTERS[verdict] };
}

/** One case of one agent across the runs of a history. */
export interface CaseHistory {
  id: string;
  title: string;
  /** One entry for each run. `gap` is true if the run was not decided or the case was not in its plan. */
  states: readonly { letter: string; verdict: string; gap: boolean }[];
  /** Number of runs in which the grade or the verdict differs from the run before. */
  flips: number;
  /** Index of the run since which the case has been bad; null if the case is good now, or if it was never good. */
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
