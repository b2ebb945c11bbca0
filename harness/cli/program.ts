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

/** Functions that add every verb, such as `run`, to the command, in the order of the help text. */
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

/** Verbs whose options can also be set by environment variables and the configuration file. */
const WITH_SETTINGS = ['run', 'accept', 'merge', 'doctor'];

/**
 * Builds the command with all its verbs, ready to parse the arguments. Where the package commander would end the
 * process, this command throws a CommanderError.
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

/** The help text of an option, without its environment variable. The end of the help explains all variables. */
function describeOption(option: Option): string {
  return new Help().optionDescription(Object.create(option, { envVar: { value: undefined } }));
}

/**
 * Refuses a first word that is neither a verb nor a pattern of cases. Such a word is probably a mistyped verb.
 * @throws HarnessError with exit code 2 if the word is unknown.
 */
function refuseUnknownVerb(program: Command, { words: [first = ''], registry }: Shell): void {
  const verbs = [...program.commands.map((verb) => verb.name()), 'help'];
  if (!/^[a-z][a-z-]*$/i.test(first) || verbs.includes(first)) return;
  // The word may be a section of a suite: sections of suites other than Autobahn may have words as names.
  if (registry.some(({ suite }) => matchCases(caseIds(suite), first).length > 0)) return;
  throw new HarnessError(2, {
    what: `"${first}" is neither a verb nor a case.`,
    why: `The verbs are ${verbs.join(', ')}. A case has an id such as 7.1.6.`,
    todo: `Did you mean "${closestTo(first, verbs)}"? --help shows all verbs.`,
  });
}
