import type { ReportFile } from '../document/files.ts';
import type { HistoryLine } from '../document/history.ts';
import type { Report } from '../document/report.ts';
import { comparePage } from '../pages/compare-page.ts';
import { html } from '../pages/html.ts';
import { documentFormats } from '../renderers.ts';
import { sampleDetailOf, sampleReport } from './sample.ts';
import { alikeComparison, sampleComparison } from './sample-comparison.ts';

/**
 * The files of two sample reports, for tests of every kind of page. One report has cases that need attention, and the
 * other report has only cases that are as expected.
 */

/** The history lines of four runs. The second run was interrupted, and the last two are worse than the first. */
export const LINES = [1, 2, 3, 4].map((day): HistoryLine => {
  const bad = day > 2;
  return {
    v: 1,
    id: `run ${day}`,
    started: `2026-05-0${day}T00:00:00.000Z`,
    commit: '3262169abc',
    dirty: false,
    suite: 'Autobahn 25.10.1',
    engine: 'docker',
    machine: 'here',
    decision: day === 2 ? 'undecided' : 'passed',
    agents: sampleReport.agents.map(({ name }) => ({
      name,
      grades: bad ? '++X~+i+i-+?' : '+++++i+i+++',
      verdicts: bad ? '==v==v=====' : '===========',
      times: [100 * day, 5, 2000],
    })),
  };
});

const [OURS, OTHER] = sampleReport.agents.map(({ slug }) => slug);
/** The path of the page of a case whose wire log contains every kind of row. */
export const SEED = `sample/cases/${OURS}/7.1.6.html`;
/** The path of the page of the worst case in the sample report. */
export const WORST = `sample/cases/${OURS}/2.4.html`;

/**
 * The paths of every kind of page: index pages with and without cases that need attention, case pages with and without
 * a record, comparison pages and the history page.
 */
export const PAGES: readonly string[] = [
  'sample/index.html',
  'passed/index.html',
  SEED,
  `sample/cases/${OTHER}/7.5.1.html`,
  'sample/compare.html',
  'sample/compare-swapped.html',
  'alike/compare.html',
  'sample/history.html',
];

/** Makes a report of the first agent that contains only the cases that are as expected. */
function passedReport(): Report {
  const agents = sampleReport.agents.slice(0, 1).map((agent) => ({
    ...agent,
    name: 'ours',
    cases: agent.cases.filter(({ verdict }) => verdict === 'same'),
  }));
  const kept = agents[0]?.cases.map(({ id }) => id) ?? [];
  return {
    ...sampleReport,
    problems: [],
    gate: { ...sampleReport.gate, decision: 'passed', exitCode: 0 },
    cases: sampleReport.cases.filter(({ id }) => kept.includes(id)),
    agents,
  };
}

/**
 * Makes all files of both reports in the folders `sample` and `passed`, and a comparison page in the folder `alike`.
 */
export function* samplePages(): Generator<ReportFile> {
  for (const [folder, report] of [
    ['sample', sampleReport],
    ['passed', passedReport()],
  ] as const)
    for (const { path, content } of filesOf(report)) yield { path: `${folder}/${path}`, content };
  const below = <S extends { root: string }>(side: S): S => ({ ...side, root: '../sample/' });
  const alike = { ...alikeComparison, a: below(alikeComparison.a), b: below(alikeComparison.b) };
  const details = { a: sampleDetailOf, b: sampleDetailOf };
  for (const { path, content } of comparePage([alike], details, null)) yield { path: `alike/${path}`, content };
}

function* filesOf(report: Report): Generator<ReportFile> {
  yield* html(report, sampleDetailOf, {
    lines: LINES,
    unreadable: 1,
    cases: sampleReport.cases,
    suites: sampleReport.suites,
  });
  const details = { a: sampleDetailOf, b: sampleDetailOf };
  const swapped = { ...sampleComparison, a: sampleComparison.b, b: sampleComparison.a };
  yield* comparePage([sampleComparison], details, 'index.html', [swapped]);
  for (const { render } of documentFormats()) yield* render(report);
}
