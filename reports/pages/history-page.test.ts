import { expect, it } from 'vitest';
import type { HistoryLine } from '../document/history.ts';
import { filledWith, HOSTILE_STRINGS } from '../testing/hostile.ts';
import { sampleDetailOf, sampleReport } from '../testing/sample.ts';
import { historyPage, stripView } from './history-page.ts';
import { html } from './html.ts';

const { cases, suites } = sampleReport;
const line = (at: number, grades: string, verdicts: string, more: Partial<HistoryLine> = {}): HistoryLine => ({
  v: 1,
  id: `run ${at}`,
  started: `2026-05-0${at}T00:00:00.000Z`,
  commit: `${at}262169abcdef0123`,
  dirty: false,
  suite: 'Autobahn 25.10.1',
  engine: 'docker',
  machine: 'here',
  decision: 'passed',
  agents: [{ name: 'ours', grades, verdicts, times: [100 * at, 5, 2000] }],
  ...more,
});
const LINES = [
  line(1, '+++++i+i+++', '==========='),
  line(2, '++++????+++', '====????===', { decision: 'undecided' }),
  line(3, '+++++i+i+++', '=====v====='),
  line(4, '++X++i+i+++', '==v==v====='),
];
const pageOf = (lines: readonly HistoryLine[], unreadable = 0) =>
  [...historyPage({ lines, cases, suites, unreadable })][0]?.content ?? '';
const page = pageOf(LINES);
const text = (content: string) =>
  content
    .replace(/<(style|script)>[\s\S]*?<\/\1>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');

it('shows the figures of each run in a table, newest first, and a gap for an interrupted run', () => {
  expect(text(page)).toMatch(
    /Unexpected ✓ OK i INFORMATIONAL ✗ FAILED Started Commit Engine 4 ✓ PASSED 2 8 2 1 4 May 2026, 00:00 UTC 4262169abcde docker 3 .* 2 ○ INCOMPLETE – – – – 2 May 2026.* 1 ✓ PASSED 0 9 2 0 1 May 2026/,
  );
  const bars = [...page.matchAll(/<rect class="\w+" x="([\d.]+)%"/g)].map(([, x]) => x);
  expect(new Set(bars)).toEqual(new Set(['0.00', '50.00', '75.00']));
});

it('stacks the grades of a run to the full height, and keeps rare grades tall enough for their pattern', () => {
  const grades = `${'+'.repeat(500)}X${'~'.repeat(2)}${'-'.repeat(100)}`;
  const many = pageOf([line(1, grades, '='.repeat(603)), line(2, '-X', '=v')]);
  const parts = [
    ...many.matchAll(/<rect class="(\w+)" x="([\d.]+)%" y="([\d.]+)%" width="45.00%" height="([\d.]+)%"/g),
  ];
  const told = parts.map(([, tone, x, y, height]) => [x, tone, Number(y), Number(height)]);
  expect(told).toEqual([
    ['0.00', 'ok', 24.6, 75.4],
    ['0.00', 'nonstrict', 20.6, 4],
    ['0.00', 'unimplemented', 4, 16.6],
    ['0.00', 'failed', 0, 4],
    ['50.00', 'unimplemented', 50, 50],
    ['50.00', 'failed', 0, 50],
  ]);
});

it('shows a grid of the cases that ever changed, with the first bad commit', () => {
  const rows = text(/<table class="data grid">[\s\S]*?<\/table>/.exec(page)?.[0] ?? '');
  expect(rows).toContain('2.4 Ping with a binary payload 1 ▼ run 4, 4262169abcde ✓ OK ✓ OK ✓ OK ✗ FAILED');
  expect(rows).toContain(
    '7.1.6 256 KiB, a text, a Close, then a Ping 1 ▼ run 3, 3262169abcde i INFORMATIONAL · not run i INFORMATIONAL i INFORMATIONAL',
  );
  expect(rows).not.toContain('1.1.1');
});

it('shows only times of the last run’s machine, and only runs of its suite', () => {
  expect(text(page)).toContain('9 Limits');
  expect(text(page)).toMatch(/ 4 4 May 2026, 00:00 UTC 400 ms 400 ms 400 ms 3 3 May 2026, 00:00 UTC 300 ms/);
  const elsewhere = pageOf([line(1, '+', '=', { machine: 'there' }), ...LINES.slice(2)]);
  expect(elsewhere.match(/<polyline points="([^"]*)"/)?.[1]?.split(' ')).toHaveLength(2);
  expect(text(pageOf([line(1, '+', '=', { suite: 'other' }), ...LINES.slice(2)], 3))).toContain(
    '2 runs with Autobahn 25.10.1; 1 more run, older or with another suite, in the file; 3 lines of the file could not be read.',
  );
});

it('draws no line of times across runs without times', () => {
  const [agent] = LINES[1]?.agents ?? [];
  const without = { ...LINES[1], agents: [{ ...agent, times: [null, 5, 2000] }] } as HistoryLine;
  const [first, , third, fourth] = LINES as [HistoryLine, HistoryLine, HistoryLine, HistoryLine];
  const [limits] = pageOf([first, without, third, fourth]).split('12 permessage-deflate');
  const points = [...(limits ?? '').matchAll(/<polyline points="([^"]*)"/g)].map(([, all]) => all?.split(' ').length);
  expect(points).toEqual([1, 2]);
});

it('shows the last runs of each case on the page of the case', () => {
  expect(
    stripView(
      { lines: LINES, cases, suites },
      'ours',
    )('2.4')
      ?.cells.map(({ glyph }) => glyph)
      .join(''),
  ).toBe('✓✓✓✗');
  expect(stripView({ lines: LINES, cases, suites }, 'nobody')('2.4')).toBeNull();
  const [agent] = sampleReport.agents;
  const report = { ...sampleReport, agents: agent === undefined ? [] : [{ ...agent, name: 'ours' }] };
  const pages = [...html(report, sampleDetailOf, { lines: LINES, unreadable: 0, cases, suites })];
  expect(pages.at(-1)?.path).toBe('history.html');
  expect(text(pages.find(({ path }) => path.endsWith('/2.4.html'))?.content ?? '')).toContain(
    'Last runs , newest last: ✓ ✓ ✓ ✗ changed once',
  );
  expect(pages[0]?.content).toContain('href="history.html"');
  const grid = /<table class="data grid">[\s\S]*?<\/table>/.exec(pages.at(-1)?.content ?? '')?.[0];
  expect(grid).toContain(`<a href="cases/${agent?.slug}/2.4.html">2.4</a> Ping`);
});

it('labels its axes, and draws no chart for a single run', () => {
  const drawn = text(page).slice(text(page).indexOf('ours'));
  expect(drawn).toMatch(
    /11 cases 0 run 1, 1 May 2026, 00:00 UTC run 4, 4 May 2026, 00:00 UTC ✓ OK .*✗ FAILED Runs, newest/,
  );
  expect(drawn).toContain('9 Limits 400 ms 0 run 1, 1 May 2026');
  expect(page.match(/<svg class="chart"/g)).toHaveLength(3);
  const single = pageOf(LINES.slice(0, 1));
  expect(single).not.toContain('<svg class="chart"');
  expect(text(single)).toMatch(/1 run with Autobahn 25\.10\.1\. Charts need two runs\./);
  expect(text(single)).toContain('Cases that ever changed There is only one run.');
  expect(text(single)).toContain('1 May 2026, 00:00 UTC 100 ms 100 ms 100 ms');
});

it('makes no page without a run', () => {
  expect([...historyPage({ lines: [], unreadable: 0, cases, suites })]).toEqual([]);
});

it('has the same tags for any runs, names and titles', () => {
  const skeleton = (content: string) =>
    (content.match(/<[^>]*>/g) ?? []).map((tag) => tag.replace(/="[^"]*"/g, '')).join('\n');
  const named = (words: string) => {
    // All lines keep the same suite, because a history page shows only runs of one suite.
    const lines = LINES.map((one) => ({ ...filledWith(one, words), id: words, suite: one.suite }));
    return [...historyPage({ lines, cases: filledWith(cases, words), suites, unreadable: 0 })][0]?.content ?? '';
  };
  const plain = skeleton(named('plain'));
  for (const words of HOSTILE_STRINGS) expect(skeleton(named(words)) === plain, words).toBe(true);
});
