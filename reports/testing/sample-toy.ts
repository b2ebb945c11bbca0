import type { CaseInfo, CaseVerdict, Report } from '../document/report.ts';
import type { Comparison } from '../wording/comparison.ts';
import { describeDifferences } from '../wording/differences.ts';
import { IN_A } from '../wording/sentence.ts';
import { sampleReport } from './sample.ts';
import { sampleComparison } from './sample-comparison.ts';
import { toySuite } from './sample-suites.ts';

/**
 * Sample reports with cases of the toy suite, an invented suite whose fields, grades and ids differ from Autobahn's.
 */

const KEPT = { verdictOfToy: 'kept', remark: null };
const BROKEN = { verdictOfToy: 'broken', remark: 'it “hung”\nup' };

const CASES: readonly CaseInfo[] = ['frames-1', 'frames-2', 'upgrade-a', 'upgrade-b'].map((id) => ({
  id,
  title: `Toy case ${id}`,
  category: id.split('-')[0] ?? id,
  categoryTitle: `Toy ${id.split('-')[0]}`,
  subcategory: null,
  subcategoryTitle: null,
  rfc: ['RFC 6455 4.1'],
  weightMs: 1,
  suite: 'toy',
}));

const differences = (['verdictOfToy', 'remark'] as const).map((at) => ({
  at,
  expected: KEPT[at],
  actual: BROKEN[at],
  toward: 'worse' as const,
}));
const sentence = describeDifferences(toySuite.fields, BROKEN, KEPT, differences);

function judged(id: string, verdict: CaseVerdict['verdict']): CaseVerdict {
  const actual = verdict === 'missing' ? null : verdict === 'regressed' ? BROKEN : KEPT;
  return {
    id,
    verdict,
    actual,
    expected: KEPT,
    differences: verdict === 'regressed' ? differences : [],
    sentence: describeDifferences(toySuite.fields, actual, KEPT, verdict === 'regressed' ? differences : []),
    durationMs: 3,
    result: null,
    ...(verdict === 'regressed'
      ? {
          tries: [0, 1].map(() => ({ verdict, outcome: BROKEN, durationMs: 3, result: 'results/toy/again.json' })),
        }
      : {}),
  };
}

const verdicts = [
  judged('frames-1', 'same'),
  judged('frames-2', 'regressed'),
  judged('upgrade-a', 'same'),
  judged('upgrade-b', 'missing'),
];
const agents = ['first client', 'second client'].map((name) => ({
  name,
  slug: name.replace(' ', '-'),
  url: 'ws://127.0.0.1:9001/',
  cases: verdicts,
}));

/** A report that contains only the toy suite. */
export const toyReport: Report = {
  ...sampleReport,
  suites: [toySuite],
  problems: [],
  cases: [...CASES],
  agents,
};

/** The sample report with the toy suite as a second suite. */
export const mixedReport: Report = {
  ...sampleReport,
  suites: [...sampleReport.suites, toySuite],
  cases: [...sampleReport.cases, ...CASES],
  agents: sampleReport.agents.map((agent) => ({ ...agent, cases: [...agent.cases, ...verdicts] })),
};

/** A comparison of two agents in the toy suite. One case of the comparison differs. */
export const toyComparison: Comparison = {
  ...sampleComparison,
  suites: [toySuite],
  counts: { regressed: 1, removed: 0, changed: 0, fixed: 0, added: 0 },
  plan: CASES.map(({ id }) => id),
  cases: [
    {
      id: 'frames-2',
      title: 'Toy case frames-2',
      suite: 'toy',
      change: 'regressed',
      a: KEPT,
      b: BROKEN,
      differences,
      sentence: describeDifferences(toySuite.fields, BROKEN, KEPT, differences, IN_A),
    },
  ],
};

/** The sentence about the regressed case of the toy suite, as reports show the sentence. */
export const TOY_SENTENCE = sentence;
