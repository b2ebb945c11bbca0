import { Command } from 'commander';
import { TOOL } from './identity.ts';
import { addAccept } from './verbs/accept.ts';
import { addCompare } from './verbs/compare.ts';
import { addCompletion } from './verbs/completion.ts';
import { addDoctor } from './verbs/doctor.ts';
import { addExplain } from './verbs/explain.ts';
import { addInit } from './verbs/init.ts';
import { addList } from './verbs/list.ts';
import { addMerge } from './verbs/merge.ts';
import { addRun } from './verbs/run.ts';
import { addServe } from './verbs/serve.ts';
import type { Shell } from './verbs/shell.ts';

/** Help lists the verbs in this order. */
const VERBS = [
  addInit,
  addRun,
  addAccept,
  addList,
  addExplain,
  addCompare,
  addMerge,
  addDoctor,
  addServe,
  addCompletion,
];

/** The command with all its verbs, ready to parse. It throws CommanderError where it would else end the process. */
export function makeProgram(shell: Shell): Command {
  const program = new Command(TOOL.name)
    .description('Finds out whether a WebSocket server keeps RFC 6455 and RFC 7692.')
    .version(TOOL.version)
    .exitOverride()
    .configureOutput({ writeErr: (text) => shell.stderr.write(text) })
    .showHelpAfterError('(--help tells more)');
  for (const add of VERBS) add(program, shell);
  return program;
}
