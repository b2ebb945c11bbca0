import type { ReportFile } from '../document/files.ts';
import { type CaseHistory, caseHistories, GRADE_LETTERS, type HistoryLine, isTimed } from '../document/history.ts';
import type { CaseInfo } from '../document/report.ts';
import { decisionFace } from '../wording/views.ts';
import { count, duration, type Face, GRADE_FACES, MISSING_FACE, plural } from '../wording/vocabulary.ts';
import { when } from '../wording/when.ts';
import { render } from './render.ts';
import { spread } from './times.ts';

/** Runs shown; older ones stay in the file. */
const RUNS_SHOWN = 60;
/** Cases of the grid; those that turned most often come first when there are more. */
const GRID_ROWS = 150;
/** Runs of which the times stand in a table. */
const TIMES_SHOWN = 10;
/** The charts are drawn in units of these: a run is as wide as STEP, the whole as high as HEIGHT. */
const STEP = 10;
const HEIGHT = 100;
/** The least of a part that is there at all. */
const PART_HEIGHT = 4;
/** A run's width on the screen, as long as there is room; and how many runs make a chart, for one has no trend. */
const RUN_PIXELS = 36;
/** How much of that its bar takes. */
const BAR = 0.9;
const CHART_FROM = 2;

const FACES: Readonly<Record<string, Face>> = {
  ...Object.fromEntries(
    Object.entries(GRADE_FACES).map(([grade, face]) => [GRADE_LETTERS[grade as keyof typeof GRADE_FACES], face]),
  ),
  [GRADE_LETTERS.missing]: MISSING_FACE,
};
const GAP: Face = { glyph: '·', word: 'not run', tone: 'gap' };

/** The page of a case of the report beside the history, where there is one. */
type PathOf = (agent: string, id: string) => string | null;

/**
 * `history.html`: for each agent of the last run the counts of its runs over time, the cases that ever changed, and
 * the times of the timed ones. Only runs of the same suite as the last stand in one line; times only of its machine.
 */
export function* historyPage(
  all: readonly HistoryLine[],
  suite: readonly CaseInfo[],
  unreadable = 0,
  pathOf: PathOf = () => null,
): Generator<ReportFile> {
  const last = all.at(-1);
  if (last === undefined) return;
  const lines = all.filter((line) => line.suite === last.suite).slice(-RUNS_SHOWN);
  const view = {
    kind: 'history',
    id: null,
    title: `History – ${last.agents.map(({ name }) => name).join(', ')}`,
    keys: [
      { key: 'u', does: 'up to all cases' },
      { key: 'd', does: 'light or dark' },
      { key: '?', does: 'these keys' },
    ],
    words: null,
    sentence: `${[
      `${plural(lines.length, 'run')} with ${last.suite}`,
      ...(all.length > lines.length
        ? [`${plural(all.length - lines.length, 'more run')}, older or with another suite, in the file`]
        : []),
      ...(unreadable > 0 ? [`${plural(unreadable, 'line')} of the file could not be read`] : []),
    ].join('; ')}.${lines.length < CHART_FROM ? ' The charts begin with the second.' : ''}`,
    agents: last.agents.map(({ name }) => agentView(name, lines, suite, pathOf)),
  };
  yield { path: 'history.html', content: render('history', view) };
}

function agentView(name: string, all: readonly HistoryLine[], suite: readonly CaseInfo[], pathOf: PathOf) {
  const lines = all.filter(({ agents }) => agents.some((agent) => agent.name === name));
  const histories = caseHistories(lines, name, suite);
  const changed = histories.filter(({ flips }) => flips > 0);
  const shown =
    changed.length <= GRID_ROWS ? changed : [...changed].sort((a, b) => b.flips - a.flips).slice(0, GRID_ROWS);
  return {
    name,
    chart: lines.length < CHART_FROM ? null : chartView(name, lines),
    ...runsView(name, lines),
    grid: {
      none:
        changed.length > 0
          ? null
          : lines.length < CHART_FROM
            ? 'There is but one run, so none can have changed.'
            : 'None did.',
      left: changed.length > shown.length ? `${count(changed.length - shown.length)} more changed` : null,
      runs: lines.map(({ started, commit }, at) => ({
        n: at + 1,
        title: `${when(started).text}, ${commitText(commit)}`,
      })),
      rows: shown.map((history) => gridRow(history, lines, pathOf(name, history.id))),
    },
    times: timesView(name, lines, suite),
  };
}

function commitText(commit: string | null): string {
  return commit === null ? 'no commit' : commit.slice(0, 12);
}

function gradesOf(name: string, line: HistoryLine): Map<string, number> {
  const tally = new Map<string, number>();
  for (const letter of line.agents.find((agent) => agent.name === name)?.grades ?? '')
    if (FACES[letter] !== undefined) tally.set(letter, (tally.get(letter) ?? 0) + 1);
  return tally;
}

/** What stands along a chart: the most at its top, the first and last run below it. */
function axes(runs: readonly { n: number; started: string }[], top: string) {
  const [first, last] = [runs[0], runs.at(-1)];
  const end = (run: typeof first) => ({ n: run?.n ?? 0, started: when(run?.started ?? '') });
  return { top, from: end(first), to: end(last) };
}

/** Stacked counts, one step a run, in percent of the chart: what is not stretched keeps its pattern. A run that was not decided has none: a gap, never a zero. */
function chartView(name: string, lines: readonly HistoryLine[]) {
  const told = new Set<string>();
  let most = 0;
  const bars = lines.flatMap((line, at) => {
    if (line.decision === 'undecided') return [];
    const tally = gradesOf(name, line);
    const total = [...tally.values()].reduce((sum, n) => sum + n, 0);
    most = Math.max(most, total);
    for (const letter of tally.keys()) told.add(letter);
    const heights = stack(tally, total);
    let y = HEIGHT;
    return Object.entries(FACES).flatMap(([letter, { tone }]) => {
      const height = heights.get(letter);
      if (height === undefined) return [];
      y -= height;
      return [
        { tone, x: ((100 * at) / lines.length).toFixed(2), y: Math.max(0, y).toFixed(1), height: height.toFixed(1) },
      ];
    });
  });
  return {
    pixels: lines.length * RUN_PIXELS,
    ...axes(
      lines.map(({ started }, at) => ({ n: at + 1, started })),
      plural(most, 'case'),
    ),
    wide: ((100 * BAR) / lines.length).toFixed(2),
    bars,
    legend: Object.entries(FACES).flatMap(([letter, face]) => (told.has(letter) ? [face] : [])),
  };
}

/**
 * Heights of one run's parts, HEIGHT together. The few that are not OK are what one looks for: they get a height in
 * which their pattern can be seen, at the cost of OK.
 */
function stack(tally: ReadonlyMap<string, number>, total: number): Map<string, number> {
  const heights = new Map([...tally].map(([letter, n]) => [letter, Math.max(PART_HEIGHT, (HEIGHT * n) / total)]));
  const sum = () => [...heights.values()].reduce((all, one) => all + one, 0);
  const ok = heights.get(GRADE_LETTERS.OK);
  if (ok !== undefined) heights.set(GRADE_LETTERS.OK, Math.max(PART_HEIGHT, ok - (sum() - HEIGHT)));
  const shrunk = HEIGHT / sum();
  return new Map([...heights].map(([letter, height]) => [letter, height * shrunk]));
}

/** A chart's own measures, and its width on the screen: a few runs do not fill the page. */
function drawing(runs: number) {
  return { width: runs * STEP, height: HEIGHT, pixels: runs * RUN_PIXELS };
}

/** The figures as a table, newest first; a grade that never occurs has no column, for there is no room to spare. */
function runsView(name: string, lines: readonly HistoryLine[]) {
  const told = lines.filter(({ decision }) => decision !== 'undecided').map((line) => gradesOf(name, line));
  const letters = Object.keys(FACES).filter((letter) => told.some((tally) => tally.has(letter)));
  return {
    grades: letters.map((letter) => FACES[letter]),
    runs: lines.map((line, at) => runView(name, line, at, letters)).reverse(),
  };
}

function runView(name: string, line: HistoryLine, at: number, letters: readonly string[]) {
  const tally = gradesOf(name, line);
  const verdicts = line.agents.find((agent) => agent.name === name)?.verdicts ?? '';
  return {
    n: at + 1,
    started: when(line.started),
    commit: `${commitText(line.commit)}${line.dirty === true ? ', changed' : ''}`,
    engine: line.engine,
    decision: decisionFace(line.decision),
    counts: letters.map((letter) => (line.decision === 'undecided' ? '–' : count(tally.get(letter) ?? 0))),
    unexpected: line.decision === 'undecided' ? '–' : String(verdicts.replace(/[=.s]/g, '').length),
  };
}

function gridRow(
  { id, title, states, flips, firstBad }: CaseHistory,
  lines: readonly HistoryLine[],
  href: string | null,
) {
  const bad = firstBad === null ? undefined : lines[firstBad];
  return {
    id,
    title,
    href,
    flips: String(flips),
    since: bad === undefined ? null : `run ${(firstBad ?? 0) + 1}, ${commitText(bad.commit)}`,
    cells: states.map(({ letter, gap }, at) => ({
      face: gap ? GAP : (FACES[letter] ?? GAP),
      first: at === firstBad,
    })),
  };
}

/** Median with least and most, of each timed category and run, on the machine of the last run. */
function timesView(name: string, all: readonly HistoryLine[], suite: readonly CaseInfo[]) {
  const machine = all.at(-1)?.machine ?? '';
  const lines = all.filter((line) => line.machine === machine);
  const timed = suite.filter(isTimed);
  const categories = [...new Map(timed.map(({ category, categoryTitle }) => [category, categoryTitle]))];
  const groups = categories.flatMap(([category, title]) => {
    const runs = lines.flatMap((line, at) => {
      const times = line.agents.find((agent) => agent.name === name)?.times ?? [];
      const ms = times.filter((one, i): one is number => timed[i]?.category === category && one !== null);
      return ms.length === 0 ? [] : [{ at, started: line.started, ...spread(ms) }];
    });
    const most = Math.max(...runs.map((run) => run.most));
    const y = (ms: number) => (HEIGHT - (HEIGHT * Math.log1p(ms)) / Math.log1p(most)).toFixed(1);
    return runs.length === 0
      ? []
      : [
          {
            title: `${category} ${title}`,
            chart:
              lines.length < CHART_FROM
                ? null
                : {
                    ...drawing(lines.length),
                    ...axes(
                      runs.map(({ at, started }) => ({ n: at + 1, started })),
                      duration(most),
                    ),
                    bands: runs.map((run) => ({ x: run.at * STEP + STEP / 2, from: y(run.most), to: y(run.least) })),
                    lines: unbroken(runs).map((part) =>
                      part.map((run) => `${run.at * STEP + STEP / 2},${y(run.median)}`).join(' '),
                    ),
                  },
            runs: runs
              .slice(-TIMES_SHOWN)
              .reverse()
              .map((run) => ({
                n: run.at + 1,
                started: when(run.started),
                least: duration(run.least),
                median: duration(run.median),
                most: duration(run.most),
              })),
          },
        ];
  });
  return groups.length === 0 ? null : { machine, scaled: lines.length >= CHART_FROM, groups };
}

function changesText(flips: number): string {
  return flips === 0 ? 'never changed' : `changed ${flips === 1 ? 'once' : `${flips} times`}`;
}

/** Runs that follow one another without a gap: between the ends of a gap nothing is known, and no line is drawn. */
function unbroken<T extends { at: number }>(runs: readonly T[]): T[][] {
  const parts: T[][] = [];
  for (const run of runs) {
    const part = parts.at(-1);
    if (part?.at(-1)?.at === run.at - 1) part.push(run);
    else parts.push([run]);
  }
  return parts;
}

/** A case's last fifty runs, for its own page: newest last. Empty without a history. */
export function stripView(lines: readonly HistoryLine[], agent: string, suite: readonly CaseInfo[]) {
  const strips = new Map(
    caseHistories(lines.slice(-50), agent, suite).map(({ id, states, flips }) => [
      id,
      { flips: changesText(flips), cells: states.map(({ letter, gap }) => (gap ? GAP : (FACES[letter] ?? GAP))) },
    ]),
  );
  return (id: string) => {
    const strip = strips.get(id);
    return strip === undefined || strip.cells.every(({ tone }) => tone === 'gap') ? null : strip;
  };
}
