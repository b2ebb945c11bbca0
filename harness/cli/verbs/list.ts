import type { Command } from 'commander';
import type { CaseInfo } from '../../../reports/document/report.ts';
import { type Style, wrapForStream } from '../../../reports/wording/terminal-text.ts';
import { suiteNamed } from '../../run/registry.ts';
import { shard } from '../options/arguments.ts';
import { type SelectionFlags, selectionOf } from '../options/selection.ts';
import { type Shell, styleOf } from '../options/shell.ts';

/** Adds the verb `list`, which prints the selected cases and runs none of them. */
export function addList(program: Command, shell: Shell): void {
  program
    .command('list')
    .description('print the plan without running it')
    .argument('[cases...]', 'cases to list (default: all)')
    .option('--spec <file>', 'fuzzingclient.json of the Autobahn|Testsuite that chooses the cases')
    .option('--shard <i/n>', 'print only shard i of n', shard)
    .option('--suite <id>', 'suite to list (default: autobahn)')
    .option('--json', 'print JSON')
    .action((cases: string[], flags: SelectionFlags & { json?: boolean; suite?: string }) => {
      const { suite } = suiteNamed(shell.registry, flags.suite);
      const { plan } = selectionOf(shell, suite, cases, flags);
      const style = styleOf(shell, shell.stdout, undefined);
      shell.stdout.write(flags.json ? `${JSON.stringify(plan, null, 2)}\n` : planText(plan, style));
    });
}

/** A list of cases as text: one line per case, with id, title, RFC sections, and the seconds that Autobahn needs. */
export const planText = (plan: readonly CaseInfo[], style: Style): string =>
  plan
    .flatMap(({ id, title, rfc, weightMs }) =>
      wrapForStream(
        `${title}  [${rfc.join(', ')}]  ${(weightMs / 1000).toFixed(1)} s`,
        `${id.padEnd(8)} `,
        '         ',
        style,
      ),
    )
    .map((line) => `${line}\n`)
    .join('');
