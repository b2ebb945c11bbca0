import type { Command } from 'commander';
import { type Shell, styleOf } from '../options/shell.ts';
import { type CompareFlags, compareReports } from './compare-reports.ts';

/** `compare`: two runs, or two agents of one run. */
export function addCompare(program: Command, shell: Shell): void {
  program
    .command('compare')
    .description('what regressed, was fixed or changed between two runs, or between two agents of one')
    .argument('<a>', 'folder of a report, or an agent of the report --from names')
    .argument('<b>', 'the same, held against a')
    .option('--from <folder>', 'report in which a and b are agents', 'conformance-report')
    .option('--agent <name>', 'only this agent of two reports')
    .option('--out <folder>', 'write compare.html there')
    .option('--json', 'as JSON')
    .option('--md', 'as markdown')
    .action(async (a: string, b: string, flags: CompareFlags) => {
      const { text, exitCode } = await compareReports(
        shell.registry,
        a,
        b,
        flags,
        styleOf(shell, shell.stdout, undefined),
      );
      shell.stdout.write(text);
      shell.exitCode = exitCode;
    });
}
