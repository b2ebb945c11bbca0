import type { Command } from 'commander';
import { inCharset } from '../../../reports/wording/terminal-text.ts';
import { explainCase } from '../../reporting/explain-case.ts';
import { suiteNamed } from '../../run/registry.ts';
import { TOOL } from '../../support/identity.ts';
import { type Shell, styleOf } from '../options/shell.ts';

/** Adds the verb `explain`, which describes one case. */
export function addExplain(program: Command, shell: Shell): void {
  program
    .command('explain')
    .description('explain a case: what it sends, what must happen, usual causes of each verdict')
    .argument('<case>', 'case id, for example 7.1.6')
    .option('--suite <id>', 'suite that the case belongs to (default: autobahn)')
    .action((id: string, flags: { suite?: string }) => {
      const { suite } = suiteNamed(shell.registry, flags.suite);
      const style = styleOf(shell, shell.stdout, undefined);
      const command = `${TOOL.name} ${flags.suite === undefined ? '' : `--suite ${suite.id} `}${id}`;
      shell.stdout.write(inCharset(explainCase(suite, id, command, style.columns), style));
    });
}
