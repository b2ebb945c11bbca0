import type { AgentReport, CaseVerdict, Problem, Report } from '../document/report.ts';
import { groupSimilarCases } from '../wording/attention.ts';
import { escapeInvisible } from '../wording/escape-invisible.ts';
import { rangesText, type SimilarGroup } from '../wording/group-similar.ts';
import { idRanges } from '../wording/id-ranges.ts';
import { caseIdsOf, combinedText, groupSimilarProblems } from '../wording/problems.ts';
import { isUnexpected, needsAttention, plural } from '../wording/vocabulary.ts';

/**
 * The number of annotations for cases. GitHub shows about ten annotations for each step. The tenth says how many more
 * exist.
 */
const SHOWN = 9;
/**
 * The maximum length of one part of a message. A message has at most four parts, and GitHub cuts it after 4,096
 * characters.
 */
const MOST_TEXT = 1000;
const MOST_TITLE = 200;

/**
 * Turns a path into a path from the root of the repository, because GitHub names files this way. Returns undefined for
 * a file outside the repository.
 */
export type InRepository = (path: string) => string | undefined;

/**
 * Makes workflow commands of GitHub Actions for all cases and problems that need attention, worst first. GitHub shows
 * each workflow command as an annotation at a line of a file. The line is the case's entry in the expectation file, or
 * the place where an entry belongs. The annotation is therefore visible in the diff of a pull request. If there are
 * more annotations than GitHub shows, similar cases share one annotation.
 * @returns text for stdout; empty if every outcome is as expected.
 */
export function workflowCommands(report: Report, inRepository: InRepository = (path) => path): string {
  const plan = report.cases.map(({ id }) => id);
  const problems = groupSimilarProblems(report.problems).map((group) => ({
    items: group.length,
    line: () => problemsCommand(group, plan),
  }));
  const singles = needsAttention(report).map(({ agent, case: caseVerdict }) => ({
    items: 1,
    line: () => caseCommand(agent, caseVerdict, caseVerdict.id, [caseVerdict.sentence], inRepository),
  }));
  const groups = () =>
    groupSimilarCases(report).map(({ agent, cases, name, ranges, sentence }) => ({
      items: cases.length,
      line: () => caseCommand(agent, cases[0], name, [sentence, rangesText(ranges)], inRepository),
    }));
  const all = [...problems, ...(problems.length + singles.length > SHOWN + 1 ? groups() : singles)];
  const fit = all.length > SHOWN + 1 ? SHOWN : all.length;
  const rest = all.slice(fit).reduce((sum, { items }) => sum + items, 0);
  const commands = all.slice(0, fit).map(({ line }) => line());
  if (rest > 0) commands.push(command({ title: report.tool.name }, [`and ${rest} more: see the report`]));
  return commands.map((line) => `${line}\n`).join('');
}

function problemsCommand(group: SimilarGroup<Problem>, plan: readonly string[]): string {
  const [{ why, todo, where, agent, case: id }] = group;
  const cases = caseIdsOf(group);
  const title = [agent, cases.length === 0 ? id : plural(cases.length, 'case')].filter((part) => part !== undefined);
  const parts = [combinedText(group), rangesText(idRanges(cases, plan)), where, why, todo];
  return command({ title: title.join(' ') || 'no verdict' }, parts);
}

/**
 * Makes the workflow command for an error that ended the program. If the error names a line of a file, GitHub shows the
 * error at that line.
 */
export function problemCommand({ what, where, why, todo }: Problem, title: string, inRepository: InRepository): string {
  const [, path = '', line, col] = /^([^\n]*?):(\d+)(?::(\d+))?$/.exec(where ?? '') ?? [];
  const file = path === '' ? undefined : inRepository(path);
  const place = file === undefined ? {} : { file, line, col };
  return `${command({ ...place, title }, [what, file === undefined ? where : undefined, why, todo])}\n`;
}

/**
 * Makes the workflow command for a case.
 * @param name the id of the case, or the name of a group of similar cases.
 * @param caseVerdict the verdict about the case, or about the first case of the group.
 */
function caseCommand(
  agent: AgentReport,
  caseVerdict: CaseVerdict,
  name: string,
  words: readonly (string | undefined)[],
  inRepository: InRepository,
): string {
  const title = `${name} ${caseVerdict.verdict} (${agent.name})`;
  const file = agent.expectedFile === undefined ? undefined : inRepository(agent.expectedFile);
  // GitHub shows a warning, not an error, for a flaky case whose flaky outcome is listed in the expectation file.
  const level = caseVerdict.verdict === 'flaky' && !isUnexpected(caseVerdict) ? 'warning' : 'error';
  if (file === undefined) return command({ title }, words, level);
  const byDefault =
    caseVerdict.insertLine === undefined
      ? undefined
      : 'The file has no entry for this case, so a conformant server is expected. A new entry belongs here.';
  return command({ file, line: caseVerdict.line ?? caseVerdict.insertLine ?? 1, title }, [...words, byDefault], level);
}

function command(
  properties: Record<string, string | number | undefined>,
  message: readonly (string | undefined)[],
  level: 'error' | 'warning' = 'error',
): string {
  const list = Object.entries(properties)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${escapeProperty(shortened(String(value), MOST_TITLE))}`);
  const text = message.flatMap((part) => (part ? [shortened(part, MOST_TEXT)] : []));
  return `::${level} ${list.join(',')}::${escapeData(text.join('\n'))}`;
}

function shortened(text: string, most: number): string {
  const shown = escapeInvisible(text);
  return shown.length <= most ? shown : `${shown.slice(0, most - 1)}…`;
}

/** Escapes text for the message part of a workflow command. */
export function escapeData(text: string): string {
  return escapeInvisible(text).replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

/** Escapes text for a property of a workflow command, for example `file` or `title`. */
export function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
