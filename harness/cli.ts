#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { TOOL } from './identity.ts';
import { asProblem } from './play.ts';
import { Interruption } from './run.ts';
import { describeProblem } from './terminal.ts';
import { Trouble } from './trouble.ts';
import { addAccept } from './verbs/accept.ts';
import { addCompare } from './verbs/compare.ts';
import { addCompletion } from './verbs/completion.ts';
import { addExplain } from './verbs/explain.ts';
import { addList } from './verbs/list.ts';
import { addRun } from './verbs/run.ts';
import { addServe } from './verbs/serve.ts';
import { type Shell, styleOf } from './verbs/shell.ts';

/** The only reader of argv, environment and stdin, and the only one who hands out stdout. The verbs are in `verbs/`. */

const words = process.argv.slice(2);
/** Everything behind the first `--` is the command that starts a server. */
const dashes = words.indexOf('--');
const shell: Shell = {
  words,
  command: dashes < 0 ? undefined : words.slice(dashes + 1),
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  exitCode: 0,
};

// A reader that closed our stdout (`| head`) has seen enough; that is no fault.
shell.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

const program = new Command(TOOL.name)
  .description('Finds out whether a WebSocket server keeps RFC 6455 and RFC 7692.')
  .version(TOOL.version)
  .exitOverride()
  .configureOutput({ writeErr: (text) => shell.stderr.write(text) })
  .showHelpAfterError('(--help tells more)');
// Help lists them in this order.
for (const add of [addRun, addAccept, addList, addExplain, addCompare, addServe, addCompletion]) add(program, shell);

try {
  await program.parseAsync(dashes < 0 ? words : words.slice(0, dashes), { from: 'user' });
  process.exitCode = shell.exitCode;
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else if (error instanceof Interruption) {
    process.exitCode = error.exitCode;
  } else {
    shell.stderr.write(`\n${describeProblem(asProblem(error), styleOf(shell, shell.stderr, undefined)).join('\n')}\n`);
    process.exitCode = error instanceof Trouble ? error.exitCode : 3;
  }
}
