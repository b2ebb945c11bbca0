import type { AgentReport, CaseVerdict, Problem, Report } from './report.ts';
import { visible } from './visible.ts';
import { isUnexpected, needsAttention } from './vocabulary.ts';

/** GitHub shows about ten errors of a step; the tenth says how many more there are. */
const SHOWN = 9;
/** GitHub cuts a message after 4096 characters; ours has at most four parts. */
const MOST_TEXT = 1000;
const MOST_TITLE = 200;

/** How GitHub names a file: its path from the repository's root; undefined for one that is not in the repository. */
export type InRepository = (path: string) => string | undefined;

/**
 * Workflow commands that mark what needs attention, worst first, each on the line of its expectation, or where an entry
 * would stand, so that it is seen in a pull request's diff. Text for stdout; empty when all is as expected.
 */
export function workflowCommands(report: Report, inRepository: InRepository = (path) => path): string {
  const attention = needsAttention(report);
  const shown = attention.slice(0, SHOWN + 1);
  const commands = [
    ...report.problems.slice(0, SHOWN + 1).map(({ what, why, todo, where, agent, case: id }) => {
      const title = [agent, id].filter((part) => part !== undefined).join(' ') || 'not conclusive';
      return command({ title }, [what, where, why, todo]);
    }),
    ...shown.map(({ agent, case: one }) => caseCommand(agent, one, inRepository)),
  ].slice(0, SHOWN + 1);
  const rest = report.problems.length + attention.length - SHOWN;
  if (rest > 1) commands.splice(SHOWN, 1, command({ title: report.tool.name }, [`and ${rest} more: see the report`]));
  return commands.map((line) => `${line}\n`).join('');
}

/** The workflow command for an error that ended a command, on the line of the user's file where it has one. */
export function problemCommand({ what, where, why, todo }: Problem, title: string, inRepository: InRepository): string {
  const [, path = '', line, col] = /^([^\n]*?):(\d+)(?::(\d+))?$/.exec(where ?? '') ?? [];
  const file = path === '' ? undefined : inRepository(path);
  const place = file === undefined ? {} : { file, line, col };
  return `${command({ ...place, title }, [what, file === undefined ? where : undefined, why, todo])}\n`;
}

function caseCommand(agent: AgentReport, one: CaseVerdict, inRepository: InRepository): string {
  const title = `${one.id} ${one.verdict} (${agent.name})`;
  const file = agent.expectedFile === undefined ? undefined : inRepository(agent.expectedFile);
  // A case that is flaky as its expectation says is no error, and yet worth a look.
  const level = one.verdict === 'flaky' && !isUnexpected(one) ? 'warning' : 'error';
  if (file === undefined) return command({ title }, [one.sentence], level);
  const byDefault =
    one.insertLine === undefined
      ? undefined
      : 'The file has no entry for it, so that it is held to what a conformant server does; an entry would follow here.';
  return command({ file, line: one.line ?? one.insertLine ?? 1, title }, [one.sentence, byDefault], level);
}

function command(
  properties: Record<string, string | number | undefined>,
  message: readonly (string | undefined)[],
  level: 'error' | 'warning' = 'error',
): string {
  const list = Object.entries(properties)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${escapeProperty(shortened(String(value), MOST_TITLE))}`);
  const text = message.filter((part) => part !== undefined).map((part) => shortened(part, MOST_TEXT));
  return `::${level} ${list.join(',')}::${escapeData(text.join('\n'))}`;
}

function shortened(text: string, most: number): string {
  const shown = visible(text);
  return shown.length <= most ? shown : `${shown.slice(0, most - 1)}…`;
}

/** Within a command's message. */
export function escapeData(text: string): string {
  return visible(text).replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

/** Within a command's properties. */
export function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
