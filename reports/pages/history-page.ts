import type { ReportFile } from '../document/files.ts';
import { type CaseHistory, caseHistories, type HistoryLine, MISSING } from '../document/history.ts';
import type { CaseInfo } from '../document/report.ts';
import { keyFields, type SuiteFacts, suiteOfCase } from '../document/suite-facts.ts';
import { readableTime } from '../wording/readable-time.ts';
import { decisionFace } from '../wording/views.ts';
import { count, duration, type Face, MISSING_FACE, plural } from '../wording/vocabulary.ts';
import { render } from './render.ts';
import { spread } from './times.ts';

/** The maximum number of runs that the history page shows. Older runs stay in the history file. */
const RUNS_SHOWN = 60;
/**
 * The maximum number of cases in the grid of cases and runs. If more cases changed, the page shows those that changed
 * most often.
 */
const GRID_ROWS = 150;
/** The maximum number of runs in the table of times. */
const TIMES_SHOWN = 10;
/** The size of the charts in drawing units. STEP is the width of one run, and HEIGHT is the height of the chart. */
const STEP = 10;
const HEIGHT = 100;
/** The minimum height of a grade in a chart. A smaller area would not show the pattern of the grade. */
const PART_HEIGHT = 4;
/**
 * RUN_PIXELS is the width of a run on the screen. A chart needs at least CHART_FROM runs, because a single run shows no
 * trend.
 */
const RUN_PIXELS = 36;
/** The width of a run's bar, as a fraction of the width that a run has in the chart. */
const BAR = 0.9;
const CHART_FROM = 2;

const GAP: Face = { glyph: '·', word: 'not run', tone: 'gap' };

/** The data of the history page: the runs, oldest first, and the cases and suites that give their letters a meaning. */
export interface History {
  lines: readonly HistoryLine[];
  /** The number of lines of the history file that could not be read. */
  unreadable: number;
  /** All cases of the suites. A history line has one letter for each of these cases, in the same order. */
  cases: readonly CaseInfo[];
  suites: readonly SuiteFacts[];
}

/**
 * The meaning of the letters in history lines. `faces` lists every grade once, best grade first, with its glyph, its
 * word and the name of its colours.
 */
interface Legend {
  faces: readonly Face[];
  /**
   * Finds the glyph, the word and the colours for a letter at a position of a history line. undefined if the letter is
   * no grade.
   */
  faceOf(at: number, letter: string): Face | undefined;
}

function legendOf({ cases, suites }: Pick<History, 'cases' | 'suites'>): Legend {
  const faces = new Map<string, Face>();
  const known = (face: Face) => {
    const key = `${face.glyph} ${face.word} ${face.tone}`;
    if (!faces.has(key)) faces.set(key, face);
    return faces.get(key) ?? face;
  };
  const lettersOf = new Map(
    suites.map((suite) => [
      suite,
      new Map(keyFields(suite).grade?.grades?.map((grade) => [grade.letter, known(grade)])),
    ]),
  );
  known(MISSING_FACE);
  return {
    faces: [...faces.values()],
    faceOf: (at, letter) =>
      letter === MISSING ? MISSING_FACE : lettersOf.get(suiteOfCase(suites, cases[at]))?.get(letter),
  };
}

/** Returns the path of a case's page, or null if the current report does not contain the case. */
type PathOf = (agent: string, id: string) => string | null;

/**
 * Makes `history.html`. For each agent of the last run, the page shows the number of cases by grade over time, the
 * cases that ever changed, and the times of the timed cases. The page shows only runs with the suite version of the
 * last run, and only times from the machine of the last run.
 */
export function* historyPage(history: History, pathOf: PathOf = () => null): Generator<ReportFile> {
  const { lines: all, unreadable } = history;
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
    ].join('; ')}.${lines.length < CHART_FROM ? ' Charts need two runs.' : ''}`,
    agents: last.agents.map(({ name }) => agentView(name, { ...history, lines }, pathOf)),
  };
  yield { path: 'history.html', content: render('history', view) };
}

function agentView(name: string, history: History, pathOf: PathOf) {
  const legend = legendOf(history);
  const lines = history.lines.filter(({ agents }) => agents.some((agent) => agent.name === name));
  const histories = caseHistories(lines, name, history.cases);
  const changed = histories.filter(({ flips }) => flips > 0);
  const shown =
    changed.length <= GRID_ROWS ? changed : [...changed].sort((a, b) => b.flips - a.flips).slice(0, GRID_ROWS);
  return {
    name,
    chart: lines.length < CHART_FROM ? null : chartView(name, lines, legend),
    ...runsView(name, lines, legend),
    grid: {
      none: changed.length > 0 ? null : lines.length < CHART_FROM ? 'There is only one run.' : 'None.',
      left: changed.length > shown.length ? `${count(changed.length - shown.length)} more changed` : null,
      runs: lines.map(({ started, commit }, at) => ({
        n: at + 1,
        title: `${readableTime(started).text}, ${commitText(commit)}`,
      })),
      rows: shown.map((caseHistory) =>
        gridRow(caseHistory, lines, pathOf(name, caseHistory.id), facesOf(caseHistory, history.cases, legend)),
      ),
    },
    times: timesView(name, lines, history.cases),
  };
}

function commitText(commit: string | null): string {
  return commit === null ? 'no commit' : commit.slice(0, 12);
}

function gradesOf(name: string, line: HistoryLine, legend: Legend): Map<Face, number> {
  const tally = new Map<Face, number>();
  for (const [at, letter] of [...(line.agents.find((agent) => agent.name === name)?.grades ?? '')].entries()) {
    const face = legend.faceOf(at, letter);
    if (face !== undefined) tally.set(face, (tally.get(face) ?? 0) + 1);
  }
  return tally;
}

/** Makes the labels of a chart: the largest value at the top, and the first and the last run below the chart. */
function axes(runs: readonly { n: number; started: string }[], top: string) {
  const [first, last] = [runs[0], runs.at(-1)];
  const end = (run: typeof first) => ({ n: run?.n ?? 0, started: readableTime(run?.started ?? '') });
  return { top, from: end(first), to: end(last) };
}

/**
 * Draws a chart of the grades of all runs. Each run has one bar, in which the grades are stacked. Positions are in
 * percent, because a stretched drawing would distort the patterns of the grades. An undecided run has no bar.
 */
function chartView(name: string, lines: readonly HistoryLine[], legend: Legend) {
  const shownFaces = new Set<Face>();
  let most = 0;
  const bars = lines.flatMap((line, at) => {
    if (line.decision === 'undecided') return [];
    const tally = gradesOf(name, line, legend);
    const total = [...tally.values()].reduce((sum, n) => sum + n, 0);
    most = Math.max(most, total);
    for (const face of tally.keys()) shownFaces.add(face);
    const heights = stack(tally, total, legend.faces[0]);
    let y = HEIGHT;
    return legend.faces.flatMap((face) => {
      const height = heights.get(face);
      if (height === undefined) return [];
      y -= height;
      return [
        {
          tone: face.tone,
          x: ((100 * at) / lines.length).toFixed(2),
          y: Math.max(0, y).toFixed(1),
          height: height.toFixed(1),
        },
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
    legend: legend.faces.filter((face) => shownFaces.has(face)),
  };
}

/**
 * Computes the height of each grade in one bar, with HEIGHT as the sum. A grade with few cases gets the minimum height,
 * so that its pattern stays visible. The best grade then gets less height.
 */
function stack(tally: ReadonlyMap<Face, number>, total: number, best: Face | undefined): Map<Face, number> {
  const heights = new Map([...tally].map(([face, n]) => [face, Math.max(PART_HEIGHT, (HEIGHT * n) / total)]));
  const sum = () => [...heights.values()].reduce((all, height) => all + height, 0);
  const most = best && heights.get(best);
  if (best !== undefined && most !== undefined) heights.set(best, Math.max(PART_HEIGHT, most - (sum() - HEIGHT)));
  const shrunk = HEIGHT / sum();
  return new Map([...heights].map(([face, height]) => [face, height * shrunk]));
}

/**
 * Computes the size of a chart in drawing units, and its width on the screen. A chart of few runs does not fill the
 * page.
 */
function drawing(runs: number) {
  return { width: runs * STEP, height: HEIGHT, pixels: runs * RUN_PIXELS };
}

/** Makes the table of all runs, newest run first. The table has no column for a grade that never occurs. */
function runsView(name: string, lines: readonly HistoryLine[], legend: Legend) {
  const tallies = lines.filter(({ decision }) => decision !== 'undecided').map((line) => gradesOf(name, line, legend));
  const grades = legend.faces.filter((face) => tallies.some((tally) => tally.has(face)));
  return {
    grades,
    runs: lines.map((line, at) => runView(name, line, at, grades, gradesOf(name, line, legend))).reverse(),
  };
}

function runView(
  name: string,
  line: HistoryLine,
  at: number,
  grades: readonly Face[],
  tally: ReadonlyMap<Face, number>,
) {
  const verdicts = line.agents.find((agent) => agent.name === name)?.verdicts ?? '';
  return {
    n: at + 1,
    started: readableTime(line.started),
    commit: `${commitText(line.commit)}${line.dirty === true ? ', changed' : ''}`,
    engine: line.engine,
    decision: decisionFace(line.decision),
    counts: grades.map((face) => (line.decision === 'undecided' ? '–' : count(tally.get(face) ?? 0))),
    unexpected: line.decision === 'undecided' ? '–' : String(verdicts.replace(/[=.s]/g, '').length),
  };
}

/** Finds the glyph, the word and the colours of a case's result in each run. */
function facesOf({ id, states }: CaseHistory, cases: readonly CaseInfo[], legend: Legend): Face[] {
  const at = cases.findIndex((info) => info.id === id);
  return states.map(({ letter, gap }) => (gap ? GAP : (legend.faceOf(at, letter) ?? GAP)));
}

function gridRow(
  { id, title, flips, firstBad }: CaseHistory,
  lines: readonly HistoryLine[],
  href: string | null,
  faces: readonly Face[],
) {
  const bad = firstBad === null ? undefined : lines[firstBad];
  return {
    id,
    title,
    href,
    flips: String(flips),
    since: bad === undefined ? null : `run ${(firstBad ?? 0) + 1}, ${commitText(bad.commit)}`,
    cells: faces.map((face, at) => ({ face, first: at === firstBad })),
  };
}

/**
 * Computes the minimum, median and maximum time of each timed category, for the runs on the machine of the last run.
 */
function timesView(name: string, all: readonly HistoryLine[], cases: readonly CaseInfo[]) {
  const machine = all.at(-1)?.machine ?? '';
  const lines = all.filter((line) => line.machine === machine);
  const timed = cases.filter((info) => info.timed);
  const categories = [...new Map(timed.map(({ category, categoryTitle }) => [category, categoryTitle]))];
  const groups = categories.flatMap(([category, title]) => {
    const runs = lines.flatMap((line, at) => {
      const times = line.agents.find((agent) => agent.name === name)?.times ?? [];
      const ms = times.filter((time, i): time is number => timed[i]?.category === category && time !== null);
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
                started: readableTime(run.started),
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

/** Splits a list of runs at each missing run. The line in a chart then has a gap at this position. */
function unbroken<T extends { at: number }>(runs: readonly T[]): T[][] {
  const parts: T[][] = [];
  for (const run of runs) {
    const part = parts.at(-1);
    if (part?.at(-1)?.at === run.at - 1) part.push(run);
    else parts.push([run]);
  }
  return parts;
}

/**
 * Prepares the last fifty runs of each case for the pages of the cases. The returned function gives null for a case
 * without a history.
 */
export function stripView({ lines, cases, suites }: Pick<History, 'lines' | 'cases' | 'suites'>, agent: string) {
  const legend = legendOf({ cases, suites });
  const strips = new Map(
    caseHistories(lines.slice(-50), agent, cases).map((caseHistory) => [
      caseHistory.id,
      { flips: changesText(caseHistory.flips), cells: facesOf(caseHistory, cases, legend) },
    ]),
  );
  return (id: string) => {
    const strip = strips.get(id);
    return strip === undefined || strip.cells.every(({ tone }) => tone === 'gap') ? null : strip;
  };
}
