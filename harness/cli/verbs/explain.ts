import type { Command } from 'commander';
import { spelt } from '../../reporting/terminal.ts';
import { explainCase } from '../../suites/autobahn/explain.ts';
import { type Shell, styleOf } from '../options/shell.ts';

/** `explain`: one case in words. */
export function addExplain(program: Command, shell: Shell): void {
  program
    .command('explain')
    .description('explain a case: what it sends, what must happen, usual causes of each verdict')
    .argument('<case>', 'case id, for example 7.1.6')
    .action((id: string) => {
      const style = styleOf(shell, shell.stdout, undefined);
      shell.stdout.write(spelt(explainCase(id, style.columns), style));
    });
}
