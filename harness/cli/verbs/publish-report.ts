import type { Report } from '../../../reports/document/report.ts';
import type { Reporter } from '../../config/reporter-names.ts';
import { publishOutputs } from '../../reporting/reporters.ts';
import { Interruption } from '../../support/interruption.ts';
import { type Shell, styleOf } from '../options/shell.ts';

/**
 * Prints a report to stdout and stderr, writes the outputs that `--reporter` asks for outside of the report folder, and
 * sets the exit code. Each verb that makes a report ends with this call.
 * @param interruption the signal that interrupted the run, if any. The exit code is then 130 or 143, even if the report
 *   is complete.
 * @throws HarnessError with exit code 3 if a file cannot be written. The report has been printed before.
 */
export function publishReport(
  shell: Shell,
  report: Report,
  options: { out: string; json?: boolean; color?: boolean; reporters?: readonly Reporter[] | undefined },
  interruption: AbortSignal,
): void {
  const { env, stdout, stderr } = shell;
  const { out, json = false, color, reporters } = options;
  const output = publishOutputs(report, reporters, { out, env, style: styleOf(shell, stdout, color), json });
  stdout.write(output.stdout);
  stderr.write(output.stderr);
  if (output.failure !== undefined) throw output.failure;
  shell.exitCode = interruption.reason instanceof Interruption ? interruption.reason.exitCode : report.gate.exitCode;
}
