import { z } from 'zod';
import type { CaseInfo, CaseVerdict, Verdict } from './report.ts';
import { gradeFacts, keyFields, type SuiteFacts } from './suite-facts.ts';

/**
 * One line of a history file: one run, in about a kilobyte for each agent. Outcomes are a letter for each case of the
 * suite, in its order, so that a thousand runs are read at once; a line holds good for its suite's version only.
 */
export const historyLineSchema = z.object({
  v: z.literal(1),
  id: z.string(),
  /** UTC, ISO 8601. */
  started: z.string(),
  commit: z.string().nullable(),
  dirty: z.boolean().nullable(),
  suite: z.string(),
  engine: z.string(),
  /** Times are compared on one machine only. */
  machine: z.string(),
  /** `undecided` leaves a gap: a run that was cut short says nothing about the cases it lacks. */
  decision: z.enum(['passed', 'failed', 'undecided']),
  agents: z.array(
    z.object({
      name: z.string(),
      /** One letter for each case: that of its main grade, MISSING or NOT_PLANNED. */
      grades: z.string(),
      /** A letter of VERDICT_LETTERS for each case. */
      verdicts: z.string(),
      /** Milliseconds of the timed cases (9, 12, 13), in order; null where a case did not run. */
      times: z.array(z.number().nullable()),
    }),
  ),
});
export type HistoryLine = z.infer<typeof historyLineSchema>;

/** Stands in place of a grade if the case has no result. */
export const MISSING = '?';
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
/** The case was not in the plan of that run. */
export const NOT_PLANNED = '.';

/** The letters of a case: that of its main grade, as its suite describes the grade, and that of its verdict. */
export function lettersOf({ actual, verdict }: CaseVerdict, suite: SuiteFacts): { grade: string; verdict: string } {
  const grade = gradeFacts(keyFields(suite).grade, actual)?.letter ?? MISSING;
  return { grade, verdict: VERDICT_LETTERS[verdict] };
}

/** Whether a case's time is worth keeping: those of limits and compression, where performance is the subject. */
export function isTimed({ category }: Pick<CaseInfo, 'category'>): boolean {
  return category === '9' || category === '12' || category === '13';
}

/** One case of one agent along the runs of a history. */
export interface CaseHistory {
  id: string;
  title: string;
  /** One letter a run; a gap where the run was not decided, or the case not in it. */
  states: readonly { letter: string; verdict: string; gap: boolean }[];
  /** How often it turned from one state into another. */
  flips: number;
  /** Index of the run since which it has been bad, when it is bad now and was not always; else null. */
  firstBad: number | null;
}

/** An agent's cases along these runs. `suite` is the suite's cases in order. */
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
