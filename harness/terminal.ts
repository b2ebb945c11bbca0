import { join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import pc from 'picocolors';
import type { AgentReport, CaseVerdict, Problem, Report, Verdict } from '../reports/report.ts';
import { isLeftOut } from '../reports/vocabulary.ts';

/** How text is to look on one stream. */
export interface Style {
  colour: boolean;
  /** Whether the terminal can show more than ASCII. */
  unicode: boolean;
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
    .replace(/^\s*:(?=:)/gm, (begin) => begin.replace(':', writtenOut))
    .replace(/#(?=#\w*\[)/g, writtenOut);
}

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
export function spelt(text: string, { unicode }: Style): string {
  return unicode ? text : text.replace(/[^\0-\x7f]/g, (character) => IN_ASCII[character] ?? writtenOut(character));
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
/** Worst first; what is as expected is not told one by one. */
const TOLD = ['regressed', 'missing', 'changed', 'new', 'improved', 'flaky'] as const satisfies readonly Verdict[];
const MOST_CASES = 20;
const MOST_PROBLEMS = 5;
const MOST_TAIL = 15;

/** A line for each case of each agent, in the plan's order: mark, id, grade, how long it took. */
export function caseList({ agents }: Report, style: Style): string {
  const several = agents.length > 1;
  const lines = agents.flatMap((agent) => [
    ...(several ? ['', visible(agent.name)] : []),
    ...agent.cases.map(({ id, verdict, actual, durationMs }) => {
      const mark = style.unicode ? MARKS[verdict].glyph : MARKS[verdict].ascii;
      const time = durationMs === null ? '' : `${Math.round(durationMs)} ms`;
      const words = verdict === 'same' ? '' : verdict;
      return `${mark} ${id.padEnd(8)} ${(actual?.behavior ?? '').padEnd(13)} ${time.padStart(8)}  ${words}`.trimEnd();
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
  const lines = ['', paint(colour.bold(visible(gate.sentence))), ''];
  for (const problem of report.problems.slice(0, MOST_PROBLEMS)) lines.push(...describeProblem(problem, style), '');
  if (report.problems.length > MOST_PROBLEMS)
    lines.push(`and ${report.problems.length - MOST_PROBLEMS} more of this kind; all of them are in the report.`, '');
  for (const agent of report.agents) lines.push(...deviations(agent, report, pages, style));
  for (const { agent, cases } of report.run.retries?.leftOut ?? [])
    lines.push(`None of ${cases} unexpected outcomes of ${visible(agent)} was played again: so many are no accident.`);
  for (const agent of report.agents) lines.push(figures(agent, report));
  lines.push(`${(report.run.durationMs / 1000).toFixed(1)} s, ${visible(report.engine.summary)}`);
  if (pages !== undefined) lines.push(`report  ${pathToFileURL(resolve(pages, 'index.html')).href}`);
  return spelt(`${lines.join('\n')}\n`, style);
}

/** What, where, why, what to do, and the last lines of the log that tells more. */
export function describeProblem(problem: Problem, style: Style): string[] {
  const colour = pc.createColors(style.colour);
  const lines = [colour.bold(visible(problem.what))];
  if (problem.where !== undefined) lines.push(`  where: ${visible(problem.where)}`);
  if (problem.why !== undefined) lines.push(`  why:   ${visible(problem.why)}`);
  if (problem.todo !== undefined) lines.push(`  do:    ${visible(problem.todo)}`);
  for (const line of (problem.tail ?? []).slice(-MOST_TAIL)) lines.push(colour.dim(`  | ${visible(line)}`));
  return lines.map((line) => spelt(line, style));
}

function deviations(agent: AgentReport, report: Report, pages: string | undefined, style: Style): string[] {
  const colour = pc.createColors(style.colour);
  const told = TOLD.flatMap((verdict) =>
    agent.cases.filter((one) => one.verdict === verdict && !isExplained(one, report) && !isLeftOut(report, one)),
  );
  const lines = told.slice(0, MOST_CASES).flatMap((one) => {
    const mark = style.unicode ? MARKS[one.verdict].glyph : MARKS[one.verdict].ascii;
    const page = pages && relative(process.cwd(), join(pages, 'cases', agent.slug, `${one.id}.html`));
    const name = report.agents.length > 1 ? ` ${visible(agent.name)}` : '';
    return [
      `${mark} ${colour.bold(one.id)}${name} ${one.verdict}${steady(one)}: ${visible(one.sentence)}`,
      ...(one.actual && page !== undefined ? [colour.dim(`    ${page}`)] : []),
    ];
  });
  if (told.length > MOST_CASES) lines.push(`  and ${told.length - MOST_CASES} more; all of them are in the report.`);
  return lines.length > 0 ? [...lines, ''] : [];
}

/** That a case was played again and came out the same. */
const steady = ({ verdict, tries }: CaseVerdict): string =>
  tries === undefined || verdict === 'flaky' ? '' : ` (${tries.length} of ${tries.length} tries)`;

/** A missing case whose problem is printed above need not be told again. */
function isExplained(one: CaseVerdict, report: Report): boolean {
  return one.verdict === 'missing' && report.problems.length > 0;
}

function figures(agent: AgentReport, report: Report): string {
  const grades = new Map<string, number>();
  for (const { actual } of agent.cases) if (actual) grades.set(actual.behavior, (grades.get(actual.behavior) ?? 0) + 1);
  const withResult = agent.cases.filter(({ actual }) => actual !== null).length;
  const counts = [...grades].map(([grade, count]) => `${count} ${grade}`).join(', ');
  return `${visible(agent.name)}: ${withResult} of ${report.cases.length} cases${counts === '' ? '' : `: ${counts}`}`;
}
