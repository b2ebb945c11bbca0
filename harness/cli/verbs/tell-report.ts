import type { Report } from '../../../reports/document/report.ts';
import type { Reporter } from '../../config/reporter-names.ts';
import { tell } from '../../reporting/reporters.ts';
import { Interruption } from '../../support/interruption.ts';
import { type Shell, styleOf } from '../options/shell.ts';

/**
 * How a verb that made a report ends: the report told as was asked for, and the exit code.
 * @param interruption the signal the report was made under.
 * @throws HarnessError (3), after it was told, when a file that was asked for cannot be written.
 */
export function tellReport(
  shell: Shell,
  report: Report,
  { out, json, color, reporters }: { out: string; json?: boolean; color?: boolean; reporters?: readonly Reporter[] },
  interruption: AbortSignal,
): void {
  const { env, stdout, stderr } = shell;
  const told = tell(report, reporters, { out, env, style: styleOf(shell, stdout, color), json: json ?? false });
  stdout.write(told.stdout);
  stderr.write(told.stderr);
  if (told.failure !== undefined) throw told.failure;
  // Whoever interrupts while the last pages are written gets a whole report, and is told that it was heard.
  shell.exitCode = interruption.reason instanceof Interruption ? interruption.reason.exitCode : report.gate.exitCode;
}
