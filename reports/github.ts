import type { AgentReport, CaseVerdict, Report } from './report.ts';
import { visible } from './visible.ts';
import { isUnexpected, needsAttention } from './vocabulary.ts';

/** GitHub shows about ten errors of a step; the tenth says how many more there are. */
const SHOWN = 9;

/**
 * Workflow commands that mark what needs attention, worst first, on the line of the expectation where it has one, so
 * that it stands in a pull request's diff. Text for stdout; empty when all is as expected.
 */
export function workflowCommands(report: Report): string {
  const commands = [
    ...report.problems.map(({ what, why, todo, where, agent, case: id }) =>
      command({ title: [agent, id].filter((part) => part !== undefined).join(' ') || 'not conclusive' }, [
        what,
        where,
        why,
        todo,
      ]),
    ),
    ...needsAttention(report).map(({ agent, case: one }) => caseCommand(agent, one)),
  ];
  const rest = commands.length - SHOWN;
  if (rest > 0)
    commands.splice(SHOWN, rest, command({ title: report.tool.name }, [`and ${rest} more: see the report`]));
  return commands.map((line) => `${line}\n`).join('');
}

function caseCommand(agent: AgentReport, one: CaseVerdict): string {
  return command(
    {
      file: agent.expectedFile,
      line: agent.expectedFile === undefined ? undefined : (one.line ?? 1),
      title: `${one.id} ${one.verdict} (${agent.name})`,
    },
    [one.sentence],
    // A case that is flaky as its expectation says is no error, and yet worth a look.
    one.verdict === 'flaky' && !isUnexpected(one) ? 'warning' : 'error',
  );
}

function command(
  properties: Record<string, string | number | undefined>,
  message: readonly (string | undefined)[],
  level: 'error' | 'warning' = 'error',
): string {
  const list = Object.entries(properties)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${escapeProperty(String(value))}`);
  const text = message.filter((part) => part !== undefined).join('\n');
  return `::${level} ${list.join(',')}::${escapeData(text)}`;
}

/** Within a command's message. */
export function escapeData(text: string): string {
  return visible(text).replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

/** Within a command's properties. */
export function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
