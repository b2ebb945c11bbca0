import type { Command } from 'commander';
import { spelt } from '../terminal.ts';
import { shard } from './arguments.ts';
import { type SelectionFlags, selectionOf } from './selection.ts';
import { type Shell, styleOf } from './shell.ts';

/** `list`: the plan without running it. */
export function addList(program: Command, shell: Shell): void {
  program
    .command('list')
    .description('the plan, without running it')
    .argument('[cases...]')
    .option('--spec <file>', "a fuzzingclient.json of Autobahn's that says what may be run")
    .option('--shard <i/n>', 'one of several shares', shard)
    .option('--json', 'as JSON')
    .action((cases: string[], flags: SelectionFlags & { json?: boolean }) => {
      const { plan } = selectionOf(shell, cases, flags);
      if (flags.json) shell.stdout.write(`${JSON.stringify(plan, null, 2)}\n`);
      else {
        const style = styleOf(shell, shell.stdout, undefined);
        for (const { id, title, rfc, weightMs } of plan)
          shell.stdout.write(
            spelt(`${id.padEnd(8)} ${title}  [${rfc.join(', ')}]  ${(weightMs / 1000).toFixed(1)} s\n`, style),
          );
      }
    });
}
