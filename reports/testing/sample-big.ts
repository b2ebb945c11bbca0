import type { CaseVerdict, Report } from '../document/report.ts';
import { sampleOutcome, sampleReport } from './sample.ts';

/** The categories of the real suite, each with its number of cases. */
const SIZES: readonly [category: string, title: string, cases: number][] = [
  ['1', 'Framing', 16],
  ['2', 'Pings and pongs', 11],
  ['3', 'Reserved bits', 7],
  ['4', 'Opcodes', 10],
  ['5', 'Fragmentation', 20],
  ['6', 'UTF-8 handling', 145],
  ['7', 'Closing', 37],
  ['9', 'Limits and performance', 54],
  ['10', 'Miscellaneous', 1],
  ['12', 'Compression of different payloads', 90],
  ['13', 'Compression with different parameters', 126],
];

/** Makes a report of full size: 517 cases for each of `agents` agents. A few of the cases failed. */
export function bigReport(agents: number): Report {
  const cases = SIZES.flatMap(([category, categoryTitle, n]) =>
    Array.from({ length: n }, (_, i) => ({
      id: `${category}.${1 + Math.floor(i / 9)}.${1 + (i % 9)}`,
      title: `Text in ${i + 2} frames of 125 octets, then a ping`,
      category,
      categoryTitle,
      subcategory: `${category}.${1 + Math.floor(i / 9)}`,
      subcategoryTitle: `Messages of group ${1 + Math.floor(i / 9)}`,
      rfc: ['RFC 6455 5.6'],
      weightMs: 10,
      ...(['9', '12', '13'].includes(category) && { timed: true as const }),
    })),
  );
  const good = sampleOutcome();
  const bad = sampleOutcome({ behavior: 'FAILED', remoteCloseCode: 1006 });
  const verdictsOf = (agent: number) =>
    cases.map(({ id }, i): CaseVerdict => {
      const failed = i % 97 === agent;
      return {
        id,
        verdict: failed ? 'regressed' : 'same',
        actual: failed ? bad : good,
        expected: good,
        differences: [],
        sentence: failed ? 'The server broke the protocol.' : 'The server did what was expected of it.',
        durationMs: (i * 37) % 1500,
        result: `results/agent-${agent}/case_${id}.json`,
      };
    });
  return {
    ...sampleReport,
    problems: [],
    cases,
    agents: Array.from({ length: agents }, (_, i) => ({
      name: `agent-${i}`,
      slug: `agent-${i}`,
      url: 'ws://127.0.0.1:9001/',
      cases: verdictsOf(i),
    })),
  };
}
