import type { AgentReport, CaseInfo, CaseVerdict, Problem, Report } from '../document/report.ts';
import { keyFields, type Outcome, type SuiteFacts, suiteOfCase } from '../document/suite-facts.ts';
import { attentionView } from '../wording/attention.ts';
import { idRanges } from '../wording/id-ranges.ts';
import { closeCodeOf, closeGradeFace, closeGradeFaces, gradeFaces, notableClose } from '../wording/outcome.ts';
import { groupSimilarProblems } from '../wording/problems.ts';
import { casePath, ciJob, decisionFace, outcomeFace, webLink } from '../wording/views.ts';
import {
  count,
  duration,
  type Face,
  isNews,
  MISSING_FACE,
  plural,
  SKIPPED_FACE,
  suiteOf,
  VERDICT_FACES,
  verdictOf,
} from '../wording/vocabulary.ts';
import { when } from '../wording/when.ts';
import { type CellWords, packCells } from './cell-facts.ts';
import { SLOW_MS } from './query.ts';
import { timesView } from './times.ts';

/** Maximum number of lines in the list of cases that need attention. Further lines are folded below the list. */
const ATTENTION_SHOWN = 60;

/**
 * The view of the index page: every value that the template needs, in the order of the page.
 * @param forms files of the report in other forms, in the folder of the index page, which links to them.
 */
export function indexView(report: Report, hasHistory = false, forms: readonly string[] = []) {
  const attention = attentionView(report);
  const plan = report.cases.map(({ id }) => id);
  const cellWords = cellWordsOf(report.suites);
  return {
    kind: 'index',
    id: null,
    title: [
      decisionFace(report.gate.decision).word,
      ...(report.agents.length === 0 ? [] : [report.agents.map(({ name }) => name).join(', ')]),
      when(report.run.started).text,
    ].join(' – '),
    decision: decisionFace(report.gate.decision),
    // The page shows the word of the decision in front of the sentence already.
    sentence: report.gate.sentence.replace(`${decisionFace(report.gate.decision).word}: `, ''),
    exitCode: report.gate.exitCode,
    undecided: report.gate.decision === 'undecided',
    problems: problemsView(report.problems, plan),
    facts: facts(report),
    counts: countsView(report),
    grades: gradesView(report),
    keys: KEYS,
    words: wordsOf(report),
    placeholder: placeholderOf(report),
    hasHistory,
    forms,
    several: report.agents.length > 1,
    attention: attention.slice(0, ATTENTION_SHOWN),
    attentionRest: attention.slice(ATTENTION_SHOWN),
    attentionMore: attention.length > ATTENTION_SHOWN ? plural(attention.length - ATTENTION_SHOWN, 'more line') : null,
    planned: plural(report.cases.length, 'case'),
    wasPlanned: report.cases.length === 1 ? 'was planned' : 'were planned',
    /** The style sheet has rules for up to twelve columns. */
    columns: Math.min(report.agents.length, 12),
    cellWords: JSON.stringify({ ...cellWords, groups: groupsOf(report.suites) }),
    agents: report.agents.map((agent) => agentView(report, agent, cellWords)),
    categories: categoriesView(report),
    times: timesView(report),
    tool: `${report.tool.name} ${report.tool.version}`,
    command: report.run.command,
  };
}

/** Help text for the keyboard commands of the index page. The script of the page defines the commands. */
const KEYS = [
  { key: '/', does: 'search' },
  { key: 'n p', does: 'next, previous case that needs attention' },
  { key: 'j k', does: 'next, previous case shown' },
  { key: 'Enter', does: 'open it' },
  { key: 'c', does: 'copy a link to what is shown' },
  { key: 'u', does: 'to the top' },
  { key: 'd', does: 'light or dark' },
  { key: 'Esc', does: 'end the search, close this' },
  { key: '?', does: 'these keys' },
];

/** Help text for the words of a search. `query.ts` defines them. */
function wordsOf(report: Report) {
  const { best, worst, hasClose, hasCode, id, section } = examplesOf(report);
  const groups = Object.keys(groupsOf(report.suites)).join(' ');
  return [
    {
      key: [section, id, groups].filter((part) => part !== '').join(' · '),
      does: groups === '' ? 'cases by id' : 'cases by id and group',
    },
    { key: 'utf "fail fast" 1006', does: 'text, and close codes' },
    { key: `s:${worst} · s:!${best}`, does: `by grade${hasClose ? ', also that of the close' : ''}` },
    ...(hasCode ? [{ key: 'close:1006 · close:none', does: 'by the server’s close code' }] : []),
    { key: 'is:regressed · is:unexpected', does: 'by verdict' },
    {
      key: 'is:different · is:known · is:slow · is:truncated',
      does: 'agents differ; known deviations; from 1 s on; not all of it recorded',
    },
    { key: `a:ours · ours:${best} ws:!${best}`, does: 'by agent' },
    { key: 'd>1000', does: 'by duration in milliseconds' },
    { key: '!word -word', does: 'not so' },
  ];
}

function placeholderOf(report: Report): string {
  const { worst, hasCode, id } = examplesOf(report);
  return [id, 'utf-8', `s:${worst}`, ...(hasCode ? ['close:1006'] : [])].filter((part) => part !== '').join(', ');
}

/** The groups of all suites by name, each as the ids of its sections and cases. */
function groupsOf(suites: readonly SuiteFacts[]): Record<string, readonly string[]> {
  return Object.fromEntries(suites.flatMap(({ groups = {} }) => Object.entries(groups)));
}

/**
 * Examples for the help of the search: a case id, a section, grades, and whether the suites have close grades and close
 * codes.
 */
function examplesOf({ suites, cases }: Report) {
  const id = cases[cases.length >> 1]?.id ?? '';
  const grades = gradeFaces(suites).map(({ word }) => word.toLowerCase());
  return {
    id,
    section: id.split('.').slice(0, -1).join('.'),
    best: grades[0] ?? 'missing',
    worst: grades.at(-1) ?? 'missing',
    hasClose: suites.some((suite) => keyFields(suite).closeGrade !== undefined),
    hasCode: suites.some((suite) => keyFields(suite).closeCode !== undefined),
  };
}

function agentView(report: Report, agent: AgentReport, words: CellWords) {
  return {
    name: agent.name === '' ? '(no name)' : agent.name,
    cells: packCells(
      report.cases.map(({ id }) => cellFacts(verdictOf(agent, id), suiteOf(report, id))),
      words,
    ),
    slug: agent.slug,
    url: agent.url,
    command: agent.command ?? null,
    expectedFile: agent.expectedFile ?? null,
  };
}

function cellWordsOf(suites: readonly SuiteFacts[]): CellWords {
  const inLowerCase = ({ word }: Face) => word.toLowerCase();
  return {
    grades: [...gradeFaces(suites), MISSING_FACE, SKIPPED_FACE].map(inLowerCase),
    closes: [...closeGradeFaces(suites).map(inLowerCase), ''],
  };
}

function cellFacts(one: CaseVerdict, suite: SuiteFacts): Parameters<typeof packCells>[0][number] {
  const { actual } = one;
  return {
    verdict: one.verdict,
    grade: outcomeFace(one, suite).word.toLowerCase(),
    close: (actual === null ? null : closeGradeFace(suite, actual))?.word.toLowerCase() ?? '',
    known: isKnown(one),
    truncated: one.truncated === true,
    code: String((actual === null ? null : closeCodeOf(suite, actual)) ?? 'none'),
    ms: one.durationMs === null ? null : Math.round(one.durationMs),
  };
}

/** Whether a case has a known deviation: the outcome is expected, and the expectation file gives the reason. */
function isKnown(one: CaseVerdict): boolean {
  return one.why !== undefined && one.verdict === 'same';
}

/** Problems of the run. Similar problems are shown once, with the ids of all their cases. */
function problemsView(problems: readonly Problem[], plan: readonly string[]) {
  return groupSimilarProblems(problems).map(([first, ...others]) => ({
    ...problemView(first, others.length === 0),
    alike:
      others.length === 0
        ? null
        : {
            count: plural(others.length, 'more case'),
            ids: idRanges(
              others.map((other) => other.case ?? ''),
              plan,
            ).join(', '),
          },
  }));
}

/** One problem: what happened, where, why, what to do, and the end of a log. */
function problemView(problem: Problem, alone: boolean) {
  const where = [problem.agent, alone ? problem.case : undefined, problem.where];
  return {
    what: problem.what,
    where: where.filter((part) => part !== undefined).join(' · ') || null,
    why: problem.why ?? null,
    todo: problem.todo ?? null,
    tail: problem.tail === undefined || problem.tail.length === 0 ? null : problem.tail.join('\n'),
  };
}

function facts({ run, engine, suites, tool, gate }: Report) {
  const list: [name: string, value: string | null, address?: string | undefined][] = [
    ['Engine', engine.summary],
    ['Suite', suites.map((one) => `${one.title} ${one.version}, ${plural(one.cases, 'case')}`).join('; ')],
    ['Image', [engine.image, engine.digest].filter((part) => part !== undefined).join(' @ ') || null],
    ['Duration', duration(run.durationMs)],
    ['Commit', run.commit === null ? null : `${run.commit}${run.dirty === true ? ', with uncommitted changes' : ''}`],
    ['CI job', ciJob(run), run.ci?.url],
    ['Machine', `${run.host.platform}, Node ${run.host.node}, ${plural(run.host.cpus, 'CPU')}`],
    ['Made by', `${tool.name} ${tool.version}`],
    ['Run', run.id],
    ['Retries', run.retries === undefined ? null : retriesText(run.retries)],
    ['Ended', run.bail === undefined ? null : `by --bail, at ${plural(run.bail.limit, 'unexpected outcome')}`],
    ['Strict', gate.strict ? 'yes: NON-STRICT fails' : null],
  ];
  return {
    started: when(run.started, true),
    list: list.flatMap(([name, value, address]) => (value === null ? [] : [{ name, value, href: webLink(address) }])),
  };
}

/** The result of `--retries` in words. */
function retriesText({ limit, cases, flaky, leftOut }: NonNullable<Report['run']['retries']>): string {
  const left = leftOut.map(
    (one) => `; none of ${one.agent}, since its ${plural(one.cases, 'unexpected outcome')} are too many`,
  );
  return `up to ${limit}: ${plural(cases, 'case')} played again, of which ${count(flaky)} flaky${left.join('')}`;
}

/** One chip for each verdict that occurs, worst first, with the number of cases. */
function countsView(report: Report) {
  const tally = new Map<string, number>();
  for (const agent of report.agents) {
    for (const { id } of report.cases) {
      const { verdict } = verdictOf(agent, id);
      tally.set(verdict, (tally.get(verdict) ?? 0) + 1);
    }
  }
  return Object.entries(VERDICT_FACES)
    .filter(([verdict]) => tally.has(verdict))
    .map(([verdict, face]) => filterLink(face, `is:${verdict}`, tally.get(verdict) ?? 0));
}

/**
 * Links that set a word of the search: one for each grade that occurs, and one each for known deviations, slow cases
 * and cut records.
 */
function gradesView(report: Report) {
  const all = report.agents.flatMap((agent) => report.cases.map(({ id }) => verdictOf(agent, id)));
  const tally = new Map<string, number>();
  for (const one of all) {
    const { word } = outcomeFace(one, suiteOf(report, one.id));
    tally.set(word, (tally.get(word) ?? 0) + 1);
  }
  const grades = [...gradeFaces(report.suites), MISSING_FACE, SKIPPED_FACE].map((face) =>
    filterLink(face, searchWord(face.word.toLowerCase()), tally.get(face.word) ?? 0),
  );
  const slow = all.filter(({ durationMs }) => durationMs !== null && durationMs >= SLOW_MS).length;
  return [
    ...grades,
    filterLink({ glyph: '◇', word: 'known to deviate', tone: 'quiet' }, 'is:known', all.filter(isKnown).length),
    filterLink({ glyph: '◷', word: 'took 1 s or more', tone: 'quiet' }, 'is:slow', slow),
    filterLink(
      { glyph: '…', word: 'recorded in part', tone: 'quiet' },
      'is:truncated',
      all.filter(({ truncated }) => truncated === true).length,
    ),
  ].filter(({ some }) => some);
}

/** The search word for a grade, for example `s:ok`. A grade that contains a space is quoted. */
function searchWord(grade: string): string {
  return `s:${grade.includes(' ') ? `"${grade}"` : grade}`;
}

function filterLink(face: Face, word: string, n: number) {
  return {
    ...face,
    label: face.word,
    count: count(n),
    some: n > 0,
    query: word,
    href: `#?${new URLSearchParams({ q: word })}`,
  };
}

/** The cases grouped by category and subcategory, in the order of the plan. */
function categoriesView(report: Report) {
  return chunk(report.cases, ({ category, suite = '' }) => `${suite} ${category}`).map((cases) => {
    const first = cases[0];
    const rollups = report.agents.map((agent) => rollup(agent, cases));
    return {
      id: first?.category ?? '',
      title: first?.categoryTitle ?? '',
      open: report.agents.some((agent) => hasNews(agent, cases)),
      count: plural(cases.length, 'case'),
      rollups,
      groups: chunk(cases, ({ subcategory }) => subcategory ?? '').map((group) => ({
        id: group[0]?.subcategory ?? null,
        title: group[0]?.subcategoryTitle ?? null,
        rollups: report.agents.map((agent) => rollup(agent, group)),
        cases: group.map((info) => ({
          id: info.id,
          title: info.title,
          news: report.agents.some((agent) => isNews(verdictOf(agent, info.id).verdict)),
          cells: report.agents.map((agent) => cell(agent, info, suiteOfCase(report.suites, info))),
        })),
      })),
    };
  });
}

/**
 * Whether a category starts unfolded: a case needs attention. A category in which no case ran stays folded, because 500
 * rows without a result say nothing.
 */
function hasNews(agent: AgentReport, cases: readonly CaseInfo[]): boolean {
  const verdicts = cases.map(({ id }) => verdictOf(agent, id).verdict);
  return verdicts.some(isNews) && !verdicts.every((verdict) => verdict === 'missing');
}

function rollup(agent: AgentReport, cases: readonly CaseInfo[]) {
  const verdicts = cases.map(({ id }) => verdictOf(agent, id).verdict);
  const asExpected = verdicts.filter((verdict) => verdict === 'same').length;
  const news = Object.entries(VERDICT_FACES)
    .map(([verdict, face]) => ({ ...face, n: verdicts.filter((one) => one === verdict).length }))
    .filter(({ tone, n }) => n > 0 && tone !== 'quiet');
  return {
    text: `${asExpected}/${cases.length}`,
    all: asExpected === cases.length,
    bar: Math.round((100 * asExpected) / cases.length),
    news: news.length > 0 ? news : null,
  };
}

/** Glyphs that the style sheet puts in front of a cell, by tone. A grade with another glyph brings its own glyph. */
const TONE_GLYPHS: Readonly<Record<string, string>> = {
  ok: '✓',
  nonstrict: '≈',
  info: 'i',
  unimplemented: '∅',
  failed: '✗',
  missing: '○',
  skipped: '–',
};

function cell(agent: AgentReport, info: CaseInfo, suite: SuiteFacts) {
  const one = verdictOf(agent, info.id);
  const face = outcomeFace(one, suite);
  return {
    href: casePath(agent.slug, info.id),
    agent: agent.name,
    tone: face.tone === 'ok' ? null : face.tone,
    glyph: face.glyph === TONE_GLYPHS[face.tone] ? null : face.glyph,
    face,
    close: one.actual === null ? null : notableClose(suite, one.actual),
    code: one.actual === null ? null : codeText(suite, one.actual),
    mark: one.verdict === 'same' || one.verdict === 'skipped' ? null : markOf(one),
    why: one.why ?? null,
    known: isKnown(one),
  };
}

function codeText(suite: SuiteFacts, outcome: Outcome): number | string | null {
  const code = closeCodeOf(suite, outcome);
  return code === undefined ? null : (code ?? 'no code');
}

/** The mark of a case's verdict. A missing result has no mark, because the cell says MISSING already. */
function markOf({ verdict }: CaseVerdict): Face | null {
  return verdict === 'missing' ? null : VERDICT_FACES[verdict];
}

function chunk<T>(all: readonly T[], key: (one: T) => string): T[][] {
  const chunks: T[][] = [];
  let last: string | null = null;
  for (const one of all) {
    if (key(one) !== last) chunks.push([]);
    last = key(one);
    chunks.at(-1)?.push(one);
  }
  return chunks;
}
