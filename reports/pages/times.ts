import type { AgentReport, CaseInfo, Report } from '../document/report.ts';
import { casePath } from '../wording/views.ts';
import { count, duration, verdictOf } from '../wording/vocabulary.ts';

/** Maximum number of slow cases that are listed for each part of the suite. */
const SLOWEST_SHOWN = 10;

/** The minimum, median and maximum of durations in milliseconds; all 0 for an empty list. */
export function spread(ms: readonly number[]): { least: number; median: number; most: number } {
  const sorted = [...ms].sort((a, b) => a - b);
  return { least: sorted[0] ?? 0, median: sorted[sorted.length >> 1] ?? 0, most: sorted.at(-1) ?? 0 };
}

interface Timed {
  agent: AgentReport;
  id: string;
  ms: number;
}

/**
 * Where a run spent its time. Each category of timed cases is a part of its own; for Autobahn these are 9, 12 and 13,
 * whose cases are large on purpose. All other cases are one part; a slow case there usually waited for a timeout. Each part has a row for each
 * agent and a list of the slowest cases. Empty if nothing was timed.
 */
export function timesView(report: Report) {
  const parts = new Map<string, CaseInfo[]>();
  for (const info of report.cases) {
    const title = info.timed ? `${info.category} ${info.categoryTitle}` : 'all others';
    parts.set(title, [...(parts.get(title) ?? []), info]);
  }
  // In a run without timed categories, the only part is called “all cases”.
  if (parts.size === 1 && parts.has('all others'))
    parts.set('all cases', parts.get('all others') ?? []).delete('all others');
  return [...parts]
    .sort(([a], [b]) => Number(a === 'all others') - Number(b === 'all others'))
    .flatMap(([title, cases]) => {
      const timed = report.agents.map((agent) => timedOf(agent, cases));
      const slowest = timed
        .flat()
        .sort((a, b) => b.ms - a.ms)
        .slice(0, SLOWEST_SHOWN);
      if (slowest.length === 0) return [];
      return [{ title, rows: timed.flatMap(rowView), slowest: slowest.map(caseView) }];
    });
}

function timedOf(agent: AgentReport, cases: readonly CaseInfo[]): Timed[] {
  return cases.flatMap(({ id }) => {
    const ms = verdictOf(agent, id).durationMs;
    return ms === null ? [] : [{ agent, id, ms }];
  });
}

function rowView(timed: readonly Timed[]) {
  const [first] = timed;
  if (first === undefined) return [];
  const { median, most } = spread(timed.map(({ ms }) => ms));
  const worst = timed.find(({ ms }) => ms === most) ?? first;
  return [
    {
      agent: first.agent.name,
      n: count(timed.length),
      median: duration(median),
      slowest: caseView(worst),
      together: duration(timed.reduce((sum, { ms }) => sum + ms, 0)),
    },
  ];
}

function caseView({ agent, id, ms }: Timed) {
  return { id, agent: agent.name, duration: duration(ms), href: casePath(agent.slug, id) };
}
