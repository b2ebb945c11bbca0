import { join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import pc from 'picocolors';
import type { AgentReport, CaseVerdict, Report, Verdict } from '../document/report.ts';
import { changeText, groupSimilarCases, type SimilarCases } from '../wording/attention.ts';
import { idRanges } from '../wording/id-ranges.ts';
import { gradeFace } from '../wording/outcome.ts';
import { caseIdsOf, combinedText, groupSimilarProblems } from '../wording/problems.ts';
import { describeProblem } from '../wording/terminal-problem.ts';
import { inCharset, rangeLines, type Style, terminalSafe, wrapForStream } from '../wording/terminal-text.ts';
import { casePath } from '../wording/views.ts';
import { count, plural, suiteOf } from '../wording/vocabulary.ts';

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
/**
 * The maximum number of lines about cases, and also of lines about problems. A group of similar cases or problems
 * counts as one line.
 */
const MOST_CASES = 20;
const MOST_PROBLEMS = 5;
/** Writes one line for each case of each agent, in the order of the plan: mark, case id, grade and duration. */
export function caseList(report: Report, style: Style): string {
  const { agents } = report;
  const several = agents.length > 1;
  const lines = agents.flatMap((agent) => [
    ...(several ? ['', terminalSafe(agent.name)] : []),
    ...agent.cases.map(({ id, verdict, actual, durationMs }) => {
      const mark = style.unicode ? MARKS[verdict].glyph : MARKS[verdict].ascii;
      const time = durationMs === null ? '' : `${Math.round(durationMs)} ms`;
      const words = verdict === 'same' ? '' : verdict;
      const grade = actual === null ? '' : terminalSafe(gradeFace(suiteOf(report, id), actual).word);
      return `${mark} ${id.padEnd(8)} ${grade.padEnd(13)} ${time.padStart(8)}  ${words}`.trimEnd();
    }),
  ]);
  return inCharset(`${lines.join('\n')}\n`, style);
}

/**
 * Writes the final summary of a run: the decision, the problems, the unexpected outcomes, the figures, and the path of
 * the report. Every output of the command contains the same summary.
 * @param pages folder of the pages; undefined if no pages were written.
 */
export function endBlock(report: Report, pages: string | undefined, style: Style): string {
  const colour = pc.createColors(style.colour);
  const { gate } = report;
  const paint = gate.decision === 'passed' ? colour.green : gate.decision === 'failed' ? colour.red : colour.yellow;
  const decision = wrapForStream(terminalSafe(gate.sentence), '', '  ', style);
  const lines = ['', ...decision.map((line) => paint(colour.bold(line))), ''];
  const problems = groupSimilarProblems(report.problems);
  const plan = report.cases.map(({ id }) => id);
  for (const group of problems.slice(0, MOST_PROBLEMS)) {
    const problem = { ...group[0], what: combinedText(group) };
    lines.push(...describeProblem(problem, style, idRanges(caseIdsOf(group), plan)), '');
  }
  const otherProblems = problems.slice(MOST_PROBLEMS).flat().length;
  if (otherProblems > 0) lines.push(`and ${otherProblems} more in the report.`, '');
  // The lines above already print the problems, which say why cases have no result. These cases are not listed again.
  const groups = groupSimilarCases(report).filter(
    ({ cases: [{ verdict }] }) => verdict !== 'missing' || report.problems.length === 0,
  );
  for (const agent of report.agents) {
    const groupsOfAgent = groups.filter((group) => group.agent === agent);
    lines.push(...deviations(groupsOfAgent, report.agents.length > 1, pages, style));
  }
  for (const agent of report.agents) lines.push(...unsteadyLines(agent, style));
  for (const { agent, cases } of report.run.retries?.leftOut ?? [])
    lines.push(
      ...wrapForStream(
        `None of ${cases} unexpected outcomes of ${terminalSafe(agent)} was played again: so many are no accident.`,
        '',
        '  ',
        style,
      ),
    );
  for (const agent of report.agents) lines.push(...wrapForStream(figures(agent, report), '', '  ', style));
  lines.push(
    ...wrapForStream(
      `${(report.run.durationMs / 1000).toFixed(1)} s, ${terminalSafe(report.engine.summary)}`,
      '',
      '  ',
      style,
    ),
  );
  if (pages !== undefined) lines.push(`report  ${pathToFileURL(resolve(pages, 'index.html')).href}`);
  return inCharset(`${lines.join('\n')}\n`, style);
}

/**
 * Describes the unexpected outcomes of one agent, worst first. Each line names the page of the first case of its group.
 */
function deviations(
  groups: readonly SimilarCases[],
  namesAgent: boolean,
  pages: string | undefined,
  style: Style,
): string[] {
  const colour = pc.createColors(style.colour);
  const lines = groups.slice(0, MOST_CASES).flatMap(({ agent, cases, name, ranges, sentence, outcomeChange }) => {
    const [first] = cases;
    const mark = style.unicode ? MARKS[first.verdict].glyph : MARKS[first.verdict].ascii;
    const page = pages && relative(process.cwd(), join(pages, casePath(agent.slug, first.id)));
    const whose = namesAgent ? ` ${terminalSafe(agent.name)}` : '';
    const became = cases.length === 1 ? '' : changeText(outcomeChange);
    const words = `${colour.bold(terminalSafe(name))}${whose} ${first.verdict}${became}${steady(cases)}: ${terminalSafe(sentence)}`;
    return [
      ...wrapForStream(words, `${mark} `, '  ', style),
      ...rangeLines(ranges, '    ', '    ', style),
      ...(first.actual && page !== undefined ? [colour.dim(`    ${page}`)] : []),
    ];
  });
  const others = groups.slice(MOST_CASES).flatMap(({ cases }) => cases).length;
  if (others > 0) lines.push(`  and ${others} more in the report.`);
  return lines.length > 0 ? [...lines, ''] : [];
}

/**
 * Lists the cases that had two outcomes in this run. These cases do not fail the run, but the reader must know about
 * them.
 */
function unsteadyLines({ name, cases }: AgentReport, style: Style): string[] {
  const unsteady = cases.flatMap(({ id, unsteady: how }) => (how === undefined ? [] : [{ id, how }]));
  const lines = unsteady
    .slice(0, MOST_CASES)
    .flatMap(({ id, how }) =>
      wrapForStream(`${id} of ${terminalSafe(name)} is unsteady: ${terminalSafe(how)}.`, '  ', '    ', style),
    );
  const others = unsteady.length - MOST_CASES;
  return others > 0 ? [...lines, `  and ${others} more unsteady cases in the report.`] : lines;
}

/** Describes the cases that were run again and had the same outcome in every attempt. */
function steady(cases: readonly CaseVerdict[]): string {
  const [words = '', ...others] = new Set(
    cases.map(({ verdict, tries }) =>
      tries === undefined || verdict === 'flaky' ? '' : ` (${tries.length} of ${tries.length} attempts)`,
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
  const counts = [...grades].map(([grade, n]) => `${count(n)} ${terminalSafe(grade)}`).join(', ');
  return `${terminalSafe(agent.name)}: ${count(withResult)} of ${plural(report.cases.length, 'case')}${counts === '' ? '' : `: ${counts}`}`;
}
