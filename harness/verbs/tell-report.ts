import type { Report } from '../../reports/report.ts';
import { tellGithub } from '../github.ts';
import { Interruption } from '../run.ts';
import { endBlock } from '../terminal.ts';
import { type Shell, styleOf } from './shell.ts';

/**
 * How a verb that made a report ends: the report on stdout, as words or as JSON, what GitHub is told, and the exit code.
 * @param interruption the signal the report was made under.
 */
export function tellReport(
  shell: Shell,
  report: Report,
  { out, json, color }: { out: string; json?: boolean; color?: boolean },
  interruption: AbortSignal,
): void {
  const { env, stdout, stderr } = shell;
  if (json) stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  else stdout.write(endBlock(report, out, styleOf(shell, stdout, color)));
  // The runner reads both streams; with --json stdout holds that alone.
  (json ? stderr : stdout).write(tellGithub(report, env));
  // Whoever interrupts while the last pages are written gets a whole report, and is told that it was heard.
  shell.exitCode = interruption.reason instanceof Interruption ? interruption.reason.exitCode : report.gate.exitCode;
}
