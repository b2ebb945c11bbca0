import { Command, Help, type Option } from 'commander';
import { matchCases } from '../plan/match-cases.ts';
import { caseIds } from '../plan/suite.ts';
import { closestTo } from '../support/did-you-mean.ts';
import { HarnessError } from '../support/harness-error.ts';
import { TOOL } from '../support/identity.ts';
import { CommandWithVariables } from './options/settings.ts';
import type { Shell } from './options/shell.ts';
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

/** Every verb, in the order of the help text. */
const VERBS: readonly ((program: Command, shell: Shell) => void)[] = [
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

/** Verbs whose options the environment and the configuration can set too. */
const WITH_SETTINGS = ['run', 'accept', 'merge', 'doctor'];

/**
 * Builds the command with all its verbs, ready to parse the words of the shell. The command throws CommanderError
 * where commander would end the process.
 * @throws HarnessError with exit code 2 if the first word is neither a verb nor a case.
 */
export function makeProgram(shell: Shell): Command {
  const program = new Command(TOOL.name)
    .description('Finds out whether a WebSocket server conforms to RFC 6455 and RFC 7692.')
    .version(TOOL.version)
    .exitOverride()
    .configureOutput({ writeErr: (text) => shell.stderr.write(text) })
    .configureHelp({ optionDescription: describeOption })
    .showHelpAfterError('(use --help for details)');
  program.createCommand = (name) =>
    WITH_SETTINGS.includes(name ?? '') ? new CommandWithVariables(name) : new Command(name);
  for (const addVerb of VERBS) addVerb(program, shell);
  refuseUnknownVerb(program, shell);
  return program;
}

/** The help text of an option, without the name of its variable: the end of the help says how all of them are named. */
function describeOption(option: Option): string {
  return new Help().optionDescription(Object.create(option, { envVar: { value: undefined } }));
}

/** A pattern of cases is never a plain word, so a plain word is meant as a verb. @throws HarnessError with exit code 2. */
function refuseUnknownVerb(program: Command, { words: [first = ''], registry }: Shell): void {
  const verbs = [...program.commands.map((verb) => verb.name()), 'help'];
  if (!/^[a-z][a-z-]*$/i.test(first) || verbs.includes(first)) return;
  // A suite may have sections whose names are words.
  if (registry.some(({ suite }) => matchCases(caseIds(suite), first).length > 0)) return;
  throw new HarnessError(2, {
    what: `"${first}" is neither a verb nor a case.`,
    why: `The verbs are ${verbs.join(', ')}. A case has an id such as 7.1.6.`,
    todo: `Did you mean "${closestTo(first, verbs)}"? --help shows all verbs.`,
  });
}
