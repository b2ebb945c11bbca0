import type { AgentReport, CaseInfo, Outcome, Report } from '../../reports/document/report.ts';
import { suiteNames } from '../../reports/document/suite-facts.ts';
import {
  CHANGES,
  type ComparedCase,
  type Comparison,
  type ComparisonChange,
  type Side,
} from '../../reports/wording/comparison.ts';
import { IN_A } from '../../reports/wording/sentence.ts';
import { compareCaseIds } from '../plan/case-id.ts';
import { compareOutcomes, verdictOf } from '../plan/compare-outcomes.ts';
import type { Suite } from '../plan/suite.ts';
import { HarnessError } from '../support/harness-error.ts';

/**
 * One side of a comparison: a tested server (agent) and its report. `root` is the path from the page of the comparison
 * to the report folder.
 */
export interface Party {
  report: Report;
  agent: AgentReport;
  root: string;
}

/**
 * Compares agent B with agent A (two tested servers). The outcomes of A take the place of expectations: a case that is
 * worse in B has regressed.
 * @throws HarnessError with exit code 2 if A and B were tested with different suites, because the same id may then be
 *   another case.
 */
export function compareAgents(suite: Suite, a: Party, b: Party): Comparison {
  const [suiteA, suiteB] = [suiteNames(a.report.suites), suiteNames(b.report.suites)];
  if (suiteA !== suiteB) {
    throw new HarnessError(2, {
      what: 'A and B cannot be compared, because they were tested with different suites.',
      why: `A was tested with ${suiteA}, B with ${suiteB}. The same id may be another case.`,
      todo: 'Test A and B with the same suite.',
    });
  }
  const infos = new Map<string, CaseInfo>([...a.report.cases, ...b.report.cases].map((info) => [info.id, info]));
  const [outcomesOfA, outcomesOfB] = [outcomesOf(a.agent), outcomesOf(b.agent)];
  const cases: ComparedCase[] = [];
  let same = 0;
  let without = 0;
  const plan = [...infos.keys()].sort(compareCaseIds);
  for (const id of plan) {
    const [before, after] = [outcomesOfA.get(id) ?? null, outcomesOfB.get(id) ?? null];
    const result = comparePair(suite, id, before, after);
    if (result === 'without') without++;
    else if (result === 'same') same++;
    else
      cases.push({
        id,
        title: infos.get(id)?.title ?? '',
        suite: infos.get(id)?.suite,
        a: before,
        b: after,
        ...result,
      });
  }
  const casesWith = (change: ComparisonChange) => cases.filter((compared) => compared.change === change);
  return {
    a: sideOf(a),
    b: sideOf(b),
    suites: b.report.suites,
    counts: {
      regressed: casesWith('regressed').length,
      removed: casesWith('removed').length,
      changed: casesWith('changed').length,
      fixed: casesWith('fixed').length,
      added: casesWith('added').length,
    },
    same,
    without,
    plan,
    cases: CHANGES.flatMap(casesWith),
  };
}

/**
 * Compares each further agent (tested server) of a report with the first agent. The list is empty if the report has one
 * agent.
 * @param swapped if true, compares the first agent with each further agent instead.
 */
export function compareWithFirst(suite: Suite, report: Report, swapped = false): Comparison[] {
  const [first, ...others] = report.agents.map((agent): Party => ({ report, agent, root: '' }));
  if (first === undefined) return [];
  return others.map((other) => (swapped ? compareAgents(suite, other, first) : compareAgents(suite, first, other)));
}

/** Compares the outcomes of one case in A and B. The result is `without` if neither A nor B has an outcome. */
function comparePair(
  suite: Suite,
  id: string,
  a: Outcome | null,
  b: Outcome | null,
): Pick<ComparedCase, 'change' | 'differences' | 'sentence'> | 'same' | 'without' {
  if (a === null && b === null) return 'without';
  if (a === null) return { change: 'added', differences: [], sentence: 'There is no outcome in A.' };
  if (b === null) return { change: 'removed', differences: [], sentence: 'There is no outcome in B.' };
  const differences = compareOutcomes(suite, a, b, suite.conformant(id));
  const sentence = suite.describe(b, a, differences, IN_A);
  switch (verdictOf(differences)) {
    case 'same':
      return 'same';
    case 'regressed':
      return { change: 'regressed', differences, sentence };
    case 'improved':
      return { change: 'fixed', differences, sentence };
    case 'changed':
      return { change: 'changed', differences, sentence };
  }
}

function outcomesOf(agent: AgentReport): Map<string, Outcome> {
  return new Map(agent.cases.flatMap(({ id, actual }) => (actual === null ? [] : [[id, actual] as const])));
}

function sideOf({ report, agent, root }: Party): Side {
  const { id, started, commit } = report.run;
  return { agent: agent.name, slug: agent.slug, run: id, started, commit, suite: suiteNames(report.suites), root };
}
