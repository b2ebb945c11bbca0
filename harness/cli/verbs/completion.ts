import type { Command } from 'commander';
import { TOOL } from '../../support/identity.ts';
import type { Shell } from '../options/shell.ts';
import { completionScript, SHELLS } from './completion-script.ts';

/**
 * Adds the verb `completion`, which prints a shell script. This verb must be added last, because the script contains
 * only the verbs that were added before.
 */
export function addCompletion(program: Command, shell: Shell): void {
  program
    .command('completion')
    .description('print a shell script that completes verbs and options')
    .argument('<shell>', `shell that runs the script: ${SHELLS.join(', ')}`)
    .action((name: string) => {
      const verbs = program.commands.map((verb) => ({
        name: verb.name(),
        options: verb.options.flatMap(({ long }) => long ?? []),
      }));
      shell.stdout.write(completionScript(name, TOOL.name, verbs));
    });
}
