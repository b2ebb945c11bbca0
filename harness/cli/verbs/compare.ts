import type { Command } from 'commander';
import { type Shell, styleOf } from '../options/shell.ts';
import { type CompareFlags, compareReports } from './compare-reports.ts';

/** Adds the verb `compare`, which compares two runs, or two agents of one run. */
export function addCompare(program: Command, shell: Shell): void {
  program
    .command('compare')
    .description('show what regressed, was fixed or changed between two runs or two agents')
    .argument('<a>', 'folder of a report, or name of an agent in the report of --from')
    .argument('<b>', 'folder or agent to compare with a')
    .option('--from <folder>', 'folder of the report with the agents a and b', 'conformance-report')
    .option('--agent <name>', 'compare only this agent of the two reports')
    .option('--out <folder>', 'folder in which to write compare.html')
    .option('--json', 'print JSON')
    .option('--md', 'print Markdown')
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
