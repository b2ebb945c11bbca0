import type { AgentReport, CaseInfo, Report } from '../document/report.ts';
import { casePath } from '../wording/views.ts';
import { count, duration, verdictOf } from '../wording/vocabulary.ts';

/** The maximum number of slow cases that the page lists for each part of the suite. */
const SLOWEST_SHOWN = 10;

/** Returns the minimum, median and maximum of durations in milliseconds. All three are 0 for an empty list. */
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
 * Shows where a run spent its time. Each category of timed cases is a separate part. For Autobahn these are the
 * categories 9, 12 and 13, whose cases are large on purpose. All other cases form one more part, in which a slow case
 * usually waited for a timeout. Each part has a row for each agent and a list of the slowest cases. The result is empty
 * if no duration was measured.
 */
export function timesView(report: Report) {
  const parts = new Map<string, CaseInfo[]>();
  for (const info of report.cases) {
    const title = info.timed ? `${info.category} ${info.categoryTitle}` : 'all others';
    parts.set(title, [...(parts.get(title) ?? []), info]);
  }
  // If the run has no timed category, there is only one part, and the page calls this part “all cases”.
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
