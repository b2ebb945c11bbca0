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

/** An agent in the report of its run. `root` leads from the comparison's page to that report's folder. */
export interface Party {
  report: Report;
  agent: AgentReport;
  root: string;
}

/**
 * Compares B with A in the way a run is compared with its expectations: what is worse in B has regressed.
 * @throws HarnessError (2) if the two were tested with different suites, because their cases differ then.
 */
export function compareAgents(suite: Suite, a: Party, b: Party): Comparison {
  const [suiteA, suiteB] = [suiteNames(a.report.suites), suiteNames(b.report.suites)];
  if (suiteA !== suiteB) {
    throw new HarnessError(2, {
      what: 'These two cannot be compared: they were tested with different suites.',
      why: `A with ${suiteA}, B with ${suiteB}: the same id may be another case.`,
      todo: 'Run both with the same suite.',
    });
  }
  const infos = new Map<string, CaseInfo>([...a.report.cases, ...b.report.cases].map((info) => [info.id, info]));
  const [ofA, ofB] = [outcomesOf(a.agent), outcomesOf(b.agent)];
  const cases: ComparedCase[] = [];
  let same = 0;
  let without = 0;
  const plan = [...infos.keys()].sort(compareCaseIds);
  for (const id of plan) {
    const [before, after] = [ofA.get(id) ?? null, ofB.get(id) ?? null];
    const apart = comparePair(suite, id, before, after);
    if (apart === 'without') without++;
    else if (apart === 'same') same++;
    else
      cases.push({ id, title: infos.get(id)?.title ?? '', suite: infos.get(id)?.suite, a: before, b: after, ...apart });
  }
  const of = (change: ComparisonChange) => cases.filter((one) => one.change === change);
  return {
    a: sideOf(a),
    b: sideOf(b),
    suites: b.report.suites,
    counts: {
      regressed: of('regressed').length,
      removed: of('removed').length,
      changed: of('changed').length,
      fixed: of('fixed').length,
      added: of('added').length,
    },
    same,
    without,
    plan,
    cases: CHANGES.flatMap(of),
  };
}

/** Every other agent of a report against its first, or swapped the first against it: none when there is but one. */
export function compareWithFirst(suite: Suite, report: Report, swapped = false): Comparison[] {
  const [first, ...others] = report.agents.map((agent): Party => ({ report, agent, root: '' }));
  if (first === undefined) return [];
  return others.map((other) => (swapped ? compareAgents(suite, other, first) : compareAgents(suite, first, other)));
}

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
