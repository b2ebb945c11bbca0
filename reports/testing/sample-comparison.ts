import type { ComparedCase, Comparison } from '../wording/comparison.ts';
import { explainDifferences, IN_A } from '../wording/sentence.ts';
import { HOSTILE_NAMES, sampleDifferences, sampleOutcome, sampleReport } from './sample.ts';
import { type SampleOutcome, sampleSuite } from './sample-suites.ts';

/**
 * A sample comparison with every kind of change. The names of its agents contain HTML markup, which a page must escape.
 */

const GOOD = sampleOutcome();
const UNCLEAN = sampleOutcome({ behaviorClose: 'UNCLEAN', wasClean: false, remoteCloseCode: null, received: [] });

function compared(
  id: string,
  change: ComparedCase['change'],
  a: SampleOutcome | null,
  b: SampleOutcome | null,
): ComparedCase {
  const toward = change === 'fixed' ? 'better' : change === 'changed' ? 'sideways' : 'worse';
  const differences = a === null || b === null ? [] : sampleDifferences(b, a, toward);
  const title = sampleReport.cases.find((info) => info.id === id)?.title ?? '';
  const without = a === null ? 'A' : 'B';
  const sentence =
    a === null || b === null ? `There is no outcome in ${without}.` : explainDifferences(b, a, differences, IN_A);
  return { id, title, change, a, b, differences, sentence };
}

const [AGENT_A, AGENT_B] = sampleReport.agents;
const side = {
  run: sampleReport.run.id,
  started: sampleReport.run.started,
  commit: '3262169',
  suite: 'Autobahn 25.10.1',
  root: '',
};

/** The comparison of the two agents of the sample report. */
export const sampleComparison: Comparison = {
  a: { ...side, agent: HOSTILE_NAMES[0], slug: AGENT_A?.slug ?? '' },
  b: { ...side, agent: HOSTILE_NAMES[1], slug: AGENT_B?.slug ?? '' },
  counts: { regressed: 1, removed: 1, changed: 1, fixed: 1, added: 1 },
  suites: [sampleSuite],
  same: 6,
  plan: sampleReport.cases.map(({ id }) => id),
  without: 1,
  cases: [
    compared('2.4', 'regressed', GOOD, UNCLEAN),
    compared('7.5.1', 'removed', GOOD, null),
    compared('6.4.1', 'changed', GOOD, sampleOutcome({ remoteCloseCode: 1001 })),
    compared('1.1.2', 'fixed', UNCLEAN, GOOD),
    compared('1.1.1', 'added', null, GOOD),
  ],
};

/**
 * A comparison of the same two agents with five similar cases and one other case. The five cases differ only in the
 * payload.
 */
export const alikeComparison: Comparison = {
  ...sampleComparison,
  counts: { regressed: 6, removed: 0, changed: 0, fixed: 0, added: 0 },
  without: 0,
  same: sampleReport.cases.length - 6,
  cases: sampleReport.cases.slice(0, 6).map(({ id }, i) => {
    const sent = (binary: boolean) => [{ kind: 'message' as const, payload: `Hello, ${id}`, binary }];
    const [before, after] =
      i === 2 ? [GOOD, UNCLEAN] : [false, true].map((binary) => sampleOutcome({ received: sent(binary) }));
    return compared(id, 'regressed', before ?? GOOD, after ?? UNCLEAN);
  }),
};
