import { join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import pc from 'picocolors';
import type { AgentReport, CaseVerdict, Problem, Report, Verdict } from '../../reports/document/report.ts';
import { groupSimilarCases, type SimilarCases } from '../../reports/wording/attention.ts';
import { rangesText } from '../../reports/wording/group-similar.ts';
import { idRanges } from '../../reports/wording/id-ranges.ts';
import { gradeFace } from '../../reports/wording/outcome.ts';
import { casesOf, groupSimilarProblems, whatOfAll } from '../../reports/wording/problems.ts';
import { casePath } from '../../reports/wording/views.ts';
import { count, plural, suiteOf } from '../../reports/wording/vocabulary.ts';
import { wrapText } from '../support/wrapped.ts';

/** How text is to look on one stream. */
export interface Style {
  colour: boolean;
  /** Whether the terminal can show more than ASCII. */
  unicode: boolean;
  /** How wide the terminal is; undefined for a file or a pipe, whose readers look for whole lines. */
  columns?: number;
}

/**
 * The order in which the wishes for colour count: `--color`/`--no-color`, FORCE_COLOR (`0` and `false` say no),
 * NO_COLOR (any text), TERM=dumb, and last whether the stream is a terminal.
 */
export function wantsColour(flag: boolean | undefined, env: NodeJS.ProcessEnv, isTty: boolean): boolean {
  if (flag !== undefined) return flag;
  if (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '')
    return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  if (env.NO_COLOR) return false;
  return env.TERM !== 'dumb' && isTty;
}

/** Whether the locale's character set is UTF-8. */
export function speaksUnicode(env: NodeJS.ProcessEnv): boolean {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || '';
  return locale === '' ? env.CI !== undefined || process.platform !== 'linux' : /utf-?8/i.test(locale);
}

/**
 * Makes text of unknown origin safe to print: control and bidi characters are shown, not obeyed, and neither is what
 * runners of CI take for a command (`::error::` at the beginning of a line, `##[error]` and `##vso[` anywhere).
 */
export function visible(text: string): string {
  return text
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, writtenOut)
    .replace(COMMAND, (begin) => begin.replace(':', writtenOut))
    .replace(/#(?=#\w*\[)/g, writtenOut);
}

/** How a line begins that GitHub's runner takes for a command. */
const COMMAND = /^\s*:(?=:)/gm;

function writtenOut(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** Our typography, where it cannot be shown. */
const IN_ASCII: Readonly<Record<string, string>> = {
  '“': '"',
  '”': '"',
  '‘': "'",
  '’': "'",
  '–': '-',
  '→': '->',
  '×': 'x',
  '·': '-',
  '…': '...',
};

/** Text for one stream: where that shows ASCII alone, whatever is more is spelt, or written out. */
export function spelt(text: string, { unicode }: Pick<Style, 'unicode'>): string {
  return unicode ? text : text.replace(/[^\0-\x7f]/g, (character) => IN_ASCII[character] ?? writtenOut(character));
}

/**
 * Text for one stream, with lines that a terminal need not break in the middle of a word: later ones begin with `rest`.
 * Lines that the text has itself stay lines.
 */
export function fitted(text: string, first: string, rest: string, style: Style): string[] {
  const lines = spelt(text, style)
    .split('\n')
    .flatMap((line, i) => {
      const begin = i === 0 ? first : rest;
      return style.columns === undefined ? [begin + line] : wrapText(line, begin, rest, style.columns);
    });
  // What stood within a line may begin one now.
  return lines.map((line) => line.replace(COMMAND, (begin) => begin.replace(':', writtenOut)));
}

const MARKS: Readonly<Record<Verdict, { glyph: string; ascii: string }>> = {
  regressed: { glyph: '▼', ascii: 'v' },
  missing: { glyph: '○', ascii: '?' },
  changed: { glyph: '±', ascii: '*' },
  new: { glyph: '+', ascii: '+' },
  improved: { glyph: '▲', ascii: '^' },
  flaky: { glyph: '↻', ascii: 'F' },
  skipped: { glyph: '-', ascii: '-' },
  same: { glyph: '=', ascii: '=' },
};
/** Of each, cases or problems that say the same being one. */
const MOST_CASES = 20;
const MOST_PROBLEMS = 5;
const MOST_TAIL = 15;
/** A server that prints lines without end would else push what is wrong out of sight. */
const MOST_TAIL_CHARS = 300;

/** A line for each case of each agent, in the plan's order: mark, id, grade, how long it took. */
export function caseList(report: Report, style: Style): string {
  const { agents } = report;
  const several = agents.length > 1;
  const lines = agents.flatMap((agent) => [
    ...(several ? ['', visible(agent.name)] : []),
    ...agent.cases.map(({ id, verdict, actual, durationMs }) => {
      const mark = style.unicode ? MARKS[verdict].glyph : MARKS[verdict].ascii;
      const time = durationMs === null ? '' : `${Math.round(durationMs)} ms`;
      const words = verdict === 'same' ? '' : verdict;
      const grade = actual === null ? '' : visible(gradeFace(suiteOf(report, id), actual).word);
      return `${mark} ${id.padEnd(8)} ${grade.padEnd(13)} ${time.padStart(8)}  ${words}`.trimEnd();
    }),
  ]);
  return spelt(`${lines.join('\n')}\n`, style);
}

/**
 * The end of every run, the same wherever it is printed: the decision, what is not as expected, the figures, the report.
 * @param pages the folder that has them; undefined where none were written.
 */
export function endBlock(report: Report, pages: string | undefined, style: Style): string {
  const colour = pc.createColors(style.colour);
  const { gate } = report;
  const paint = gate.decision === 'passed' ? colour.green : gate.decision === 'failed' ? colour.red : colour.yellow;
  const decision = fitted(visible(gate.sentence), '', '  ', style);
  const lines = ['', ...decision.map((line) => paint(colour.bold(line))), ''];
  const problems = groupSimilarProblems(report.problems);
  const plan = report.cases.map(({ id }) => id);
  for (const group of problems.slice(0, MOST_PROBLEMS)) {
    const problem = { ...group[0], what: whatOfAll(group) };
    lines.push(...describeProblem(problem, style, idRanges(casesOf(group), plan)), '');
  }
  const otherProblems = problems.slice(MOST_PROBLEMS).flat().length;
  if (otherProblems > 0) lines.push(`and ${otherProblems} more; all of them are in the report.`, '');
  // A missing case whose problem is printed above need not be told again.
  const told = groupSimilarCases(report).filter(
    ({ cases: [{ verdict }] }) => verdict !== 'missing' || report.problems.length === 0,
  );
  for (const agent of report.agents) {
    const its = told.filter((one) => one.agent === agent);
    lines.push(...deviations(its, report.agents.length > 1, pages, style));
  }
  for (const { agent, cases } of report.run.retries?.leftOut ?? [])
    lines.push(
      ...fitted(
        `None of ${cases} unexpected outcomes of ${visible(agent)} was played again: so many are no accident.`,
        '',
        '  ',
        style,
      ),
    );
  for (const agent of report.agents) lines.push(...fitted(figures(agent, report), '', '  ', style));
  lines.push(
    ...fitted(`${(report.run.durationMs / 1000).toFixed(1)} s, ${visible(report.engine.summary)}`, '', '  ', style),
  );
  if (pages !== undefined) lines.push(`report  ${pathToFileURL(resolve(pages, 'index.html')).href}`);
  return spelt(`${lines.join('\n')}\n`, style);
}

/**
 * What, where, why, what to do, and the last lines of the log that tells more.
 * @param ranges the cases that have it in common, as ranges of ids.
 */
export function describeProblem(problem: Problem, style: Style, ranges: readonly string[] = []): string[] {
  const colour = pc.createColors(style.colour);
  const indent = ' '.repeat('  where: '.length);
  const part = (name: string, text: string | undefined) =>
    text === undefined ? [] : fitted(visible(text), `  ${name}`.padEnd(indent.length), indent, style);
  const lines = [
    ...fitted(visible(problem.what), '', '  ', style).map(colour.bold),
    ...rangeLines(ranges, '  cases: ', indent, style),
    // An address or a path is there to be copied: it is not broken.
    ...(problem.where === undefined ? [] : [`  where: ${visible(problem.where)}`]),
    ...part('why:', problem.why),
    ...part('do:', problem.todo),
  ];
  for (const line of (problem.tail ?? []).slice(-MOST_TAIL)) {
    const shown = line.length > MOST_TAIL_CHARS ? `${line.slice(0, MOST_TAIL_CHARS)}…` : line;
    lines.push(colour.dim(`  | ${visible(shown)}`));
  }
  return lines.map((line) => spelt(line, style));
}

/** Of one agent: what is not as expected, worst first, each with the page of its first case. */
function deviations(
  told: readonly SimilarCases[],
  namesAgent: boolean,
  pages: string | undefined,
  style: Style,
): string[] {
  const colour = pc.createColors(style.colour);
  const lines = told.slice(0, MOST_CASES).flatMap(({ agent, cases, name, ranges, sentence, turn }) => {
    const [first] = cases;
    const mark = style.unicode ? MARKS[first.verdict].glyph : MARKS[first.verdict].ascii;
    const page = pages && relative(process.cwd(), join(pages, casePath(agent.slug, first.id)));
    const whose = namesAgent ? ` ${visible(agent.name)}` : '';
    const became = cases.length === 1 ? '' : turnWords(turn);
    const words = `${colour.bold(visible(name))}${whose} ${first.verdict}${became}${steady(cases)}: ${visible(sentence)}`;
    return [
      ...fitted(words, `${mark} `, '  ', style),
      ...rangeLines(ranges, '    ', '    ', style),
      ...(first.actual && page !== undefined ? [colour.dim(`    ${page}`)] : []),
    ];
  });
  const others = told.slice(MOST_CASES).flatMap(({ cases }) => cases).length;
  if (others > 0) lines.push(`  and ${others} more; all of them are in the report.`);
  return lines.length > 0 ? [...lines, ''] : [];
}

/** `, OK → FAILED`: what cases have in common beside their sentence. */
export function turnWords({ was, is }: SimilarCases['turn']): string {
  return is === null ? '' : `, ${was === null ? '' : `${was} → `}${is}`;
}

/** Ranges of ids in lines, broken between ids, of a terminal's usual width elsewhere; of many, the first dozen and their number. */
export function rangeLines(ranges: readonly string[], first: string, rest: string, style: Style): string[] {
  return ranges.length === 0 ? [] : fitted(visible(rangesText(ranges)), first, rest, { columns: 80, ...style });
}

/** That cases were played again and came out the same. */
function steady(cases: readonly CaseVerdict[]): string {
  const [words = '', ...others] = new Set(
    cases.map(({ verdict, tries }) =>
      tries === undefined || verdict === 'flaky' ? '' : ` (${tries.length} of ${tries.length} tries)`,
    ),
  );
  return others.length === 0 ? words : '';
}

function figures(agent: AgentReport, report: Report): string {
  const grades = new Map<string, number>();
  for (const { id, actual } of agent.cases) {
    if (actual === null) continue;
    const { word } = gradeFace(suiteOf(report, id), actual);
    grades.set(word, (grades.get(word) ?? 0) + 1);
  }
  const withResult = agent.cases.filter(({ actual }) => actual !== null).length;
  const counts = [...grades].map(([grade, n]) => `${count(n)} ${visible(grade)}`).join(', ');
  return `${visible(agent.name)}: ${count(withResult)} of ${plural(report.cases.length, 'case')}${counts === '' ? '' : `: ${counts}`}`;
}
