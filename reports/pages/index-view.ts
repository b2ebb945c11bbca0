import type { AgentReport, CaseInfo, CaseVerdict, Problem, Report } from '../document/report.ts';
import { keyFields, type Outcome, type SuiteFacts, suiteOfCase } from '../document/suite-facts.ts';
import { attentionView } from '../wording/attention.ts';
import { idRanges } from '../wording/id-ranges.ts';
import { closeCodeOf, closeGradeFace, closeGradeFaces, gradeFaces, notableClose } from '../wording/outcome.ts';
import { groupSimilarProblems } from '../wording/problems.ts';
import { readableTime } from '../wording/readable-time.ts';
import { casePath, ciJob, decisionFace, outcomeFace, webLink } from '../wording/views.ts';
import {
  count,
  duration,
  type Face,
  isNotable,
  MISSING_FACE,
  plural,
  SKIPPED_FACE,
  suiteOf,
  VERDICT_FACES,
  verdictOf,
} from '../wording/vocabulary.ts';
import { type CellWords, packCells } from './cell-facts.ts';
import { SLOW_MS } from './query.ts';
import { timesView } from './times.ts';

/**
 * The maximum number of lines in the list of cases that need attention. Further lines are below the list, in a fold.
 */
const ATTENTION_SHOWN = 60;

/**
 * Makes all values that the template of the index page needs, in the order of the page.
 * @param forms names of other files of the report, for example `junit.xml`. The files are in the same folder as the
 * index page, and the index page links to them.
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
      readableTime(report.run.started).text,
    ].join(' – '),
    decision: decisionFace(report.gate.decision),
    // The page already shows the word of the decision before the sentence, so the sentence omits this word.
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
    /** The number of agent columns in the table. The style sheet has rules for at most twelve columns. */
    columns: Math.min(report.agents.length, 12),
    cellWords: JSON.stringify({ ...cellWords, groups: groupsOf(report.suites) }),
    agents: report.agents.map((agent) => agentView(report, agent, cellWords)),
    categories: categoriesView(report),
    times: timesView(report),
    tool: `${report.tool.name} ${report.tool.version}`,
    command: report.run.command,
  };
}

/** The help text for the keyboard commands of the index page. The script of the page implements the commands. */
const KEYS = [
  { key: '/', does: 'search' },
  { key: 'n p', does: 'next, previous case that needs attention' },
  { key: 'j k', does: 'next, previous case shown' },
  { key: 'Enter', does: 'open the case' },
  { key: 'c', does: 'copy a link to this view' },
  { key: 'u', does: 'to the top' },
  { key: 'd', does: 'light or dark' },
  { key: 'Esc', does: 'end the search, close the dialog' },
  { key: '?', does: 'these keys' },
];

/** Makes the help text for the search of the index page. The file `query.ts` implements the search. */
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
      does: 'agents differ; known deviation; 1 s or more; partly recorded',
    },
    { key: `a:ours · ours:${best} ws:!${best}`, does: 'by agent' },
    { key: 'd>1000', does: 'by duration in milliseconds' },
    { key: '!word -word', does: 'does not match' },
  ];
}

function placeholderOf(report: Report): string {
  const { worst, hasCode, id } = examplesOf(report);
  return [id, 'utf-8', `s:${worst}`, ...(hasCode ? ['close:1006'] : [])].filter((part) => part !== '').join(', ');
}

/** Collects the groups of all suites by name. Each group is a list of section ids and case ids. */
function groupsOf(suites: readonly SuiteFacts[]): Record<string, readonly string[]> {
  return Object.fromEntries(suites.flatMap(({ groups = {} }) => Object.entries(groups)));
}

/**
 * Finds examples for the help text of the search: a case id, a section and grades. The result also says whether the
 * suites have close grades and close codes.
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

function cellFacts(caseVerdict: CaseVerdict, suite: SuiteFacts): Parameters<typeof packCells>[0][number] {
  const { actual } = caseVerdict;
  return {
    verdict: caseVerdict.verdict,
    grade: outcomeFace(caseVerdict, suite).word.toLowerCase(),
    close: (actual === null ? null : closeGradeFace(suite, actual))?.word.toLowerCase() ?? '',
    known: isKnown(caseVerdict),
    truncated: caseVerdict.truncated === true,
    code: String((actual === null ? null : closeCodeOf(suite, actual)) ?? 'none'),
    ms: caseVerdict.durationMs === null ? null : Math.round(caseVerdict.durationMs),
  };
}

/** Returns whether a case is a known deviation: its outcome is as expected, and the expectation file gives a reason. */
function isKnown(caseVerdict: CaseVerdict): boolean {
  return caseVerdict.why !== undefined && caseVerdict.verdict === 'same';
}

/** Prepares the problems of the run. Similar problems are shown once, with the ids of all their cases. */
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

/** Describes one problem: what happened, where, why, what to do, and the end of a log. */
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
    ['Suite', suites.map((suite) => `${suite.title} ${suite.version}, ${plural(suite.cases, 'case')}`).join('; ')],
    ['Image', [engine.image, engine.digest].filter((part) => part !== undefined).join(' @ ') || null],
    ['Duration', duration(run.durationMs)],
    ['Commit', run.commit === null ? null : `${run.commit}${run.dirty === true ? ', with uncommitted changes' : ''}`],
    ['CI job', ciJob(run), run.ci?.url],
    ['Machine', `${run.host.platform}, Node ${run.host.node}, ${plural(run.host.cpus, 'CPU')}`],
    ['Tool', `${tool.name} ${tool.version}`],
    ['Run', run.id],
    ['Retries', run.retries === undefined ? null : retriesText(run.retries)],
    ['Ended', run.bail === undefined ? null : `by --bail, at ${plural(run.bail.limit, 'unexpected outcome')}`],
    ['Strict', gate.strict ? 'yes: NON-STRICT fails' : null],
  ];
  return {
    started: readableTime(run.started, true),
    list: list.flatMap(([name, value, address]) => (value === null ? [] : [{ name, value, href: webLink(address) }])),
  };
}

/** Describes in words what `--retries` found when it ran cases again. */
function retriesText({ limit, cases, flaky, leftOut }: NonNullable<Report['run']['retries']>): string {
  const left = leftOut.map(
    ({ agent, cases }) => `; none of ${agent}, because ${plural(cases, 'unexpected outcome')} are too many`,
  );
  return `up to ${limit}: ${plural(cases, 'case')} run again, ${count(flaky)} flaky${left.join('')}`;
}

/** Makes a small label for each verdict that occurs, worst first, with the number of its cases. */
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
 * Makes links that add a word to the search: one link for each grade that occurs, and one each for known deviations,
 * slow cases and cut records.
 */
function gradesView(report: Report) {
  const all = report.agents.flatMap((agent) => report.cases.map(({ id }) => verdictOf(agent, id)));
  const tally = new Map<string, number>();
  for (const caseVerdict of all) {
    const { word } = outcomeFace(caseVerdict, suiteOf(report, caseVerdict.id));
    tally.set(word, (tally.get(word) ?? 0) + 1);
  }
  const grades = [...gradeFaces(report.suites), MISSING_FACE, SKIPPED_FACE].map((face) =>
    filterLink(face, searchWord(face.word.toLowerCase()), tally.get(face.word) ?? 0),
  );
  const slow = all.filter(({ durationMs }) => durationMs !== null && durationMs >= SLOW_MS).length;
  return [
    ...grades,
    filterLink({ glyph: '◇', word: 'known deviation', tone: 'quiet' }, 'is:known', all.filter(isKnown).length),
    filterLink({ glyph: '◷', word: 'took 1 s or more', tone: 'quiet' }, 'is:slow', slow),
    filterLink(
      { glyph: '…', word: 'recorded partly', tone: 'quiet' },
      'is:truncated',
      all.filter(({ truncated }) => truncated === true).length,
    ),
  ].filter(({ some }) => some);
}

/** Returns the search word for a grade, for example `s:ok`. The word is quoted if the grade contains a space. */
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

/** Groups the cases by category and subcategory, in the order of the plan. */
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
          news: report.agents.some((agent) => isNotable(verdictOf(agent, info.id).verdict)),
          cells: report.agents.map((agent) => cell(agent, info, suiteOfCase(report.suites, info))),
        })),
      })),
    };
  });
}

/**
 * Returns whether the page shows a category unfolded, because one of its cases needs attention. A category in which no
 * case ran stays folded, because 500 rows without a result tell the reader nothing.
 */
function hasNews(agent: AgentReport, cases: readonly CaseInfo[]): boolean {
  const verdicts = cases.map(({ id }) => verdictOf(agent, id).verdict);
  return verdicts.some(isNotable) && !verdicts.every((verdict) => verdict === 'missing');
}

function rollup(agent: AgentReport, cases: readonly CaseInfo[]) {
  const verdicts = cases.map(({ id }) => verdictOf(agent, id).verdict);
  const asExpected = verdicts.filter((verdict) => verdict === 'same').length;
  const news = Object.entries(VERDICT_FACES)
    .map(([verdict, face]) => ({ ...face, n: verdicts.filter((other) => other === verdict).length }))
    .filter(({ tone, n }) => n > 0 && tone !== 'quiet');
  return {
    text: `${asExpected}/${cases.length}`,
    all: asExpected === cases.length,
    bar: Math.round((100 * asExpected) / cases.length),
    news: news.length > 0 ? news : null,
  };
}

/**
 * The glyphs that the style sheet puts before a grade in the table, by the name of the colours. Other glyphs are
 * written into the cell.
 */
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
  const caseVerdict = verdictOf(agent, info.id);
  const face = outcomeFace(caseVerdict, suite);
  return {
    href: casePath(agent.slug, info.id),
    agent: agent.name,
    tone: face.tone === 'ok' ? null : face.tone,
    glyph: face.glyph === TONE_GLYPHS[face.tone] ? null : face.glyph,
    face,
    close: caseVerdict.actual === null ? null : notableClose(suite, caseVerdict.actual),
    code: caseVerdict.actual === null ? null : codeText(suite, caseVerdict.actual),
    mark: caseVerdict.verdict === 'same' || caseVerdict.verdict === 'skipped' ? null : markOf(caseVerdict),
    why: caseVerdict.why ?? null,
    known: isKnown(caseVerdict),
  };
}

function codeText(suite: SuiteFacts, outcome: Outcome): number | string | null {
  const code = closeCodeOf(suite, outcome);
  return code === undefined ? null : (code ?? 'no code');
}

/** Returns the mark for the verdict of a case. A missing result has no mark, because the table already says MISSING. */
function markOf({ verdict }: CaseVerdict): Face | null {
  return verdict === 'missing' ? null : VERDICT_FACES[verdict];
}

function chunk<T>(all: readonly T[], key: (item: T) => string): T[][] {
  const chunks: T[][] = [];
  let last: string | null = null;
  for (const item of all) {
    if (key(item) !== last) chunks.push([]);
    last = key(item);
    chunks.at(-1)?.push(item);
  }
  return chunks;
}
