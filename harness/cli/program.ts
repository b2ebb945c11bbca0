import { Command } from 'commander';
import { matchCases } from '../plan/match-cases.ts';
import { caseIds } from '../plan/suite.ts';
import { closestTo } from '../support/did-you-mean.ts';
import { HarnessError } from '../support/harness-error.ts';
import { TOOL } from '../support/identity.ts';
import { type Shell, VARIABLES } from './options/shell.ts';

type AddVerb = (program: Command, shell: Shell) => void;

/** Where each verb is. Help lists them in this order. */
const VERBS: Readonly<Record<string, () => Promise<AddVerb>>> = {
  init: async () => (await import('./verbs/init.ts')).addInit,
  run: async () => (await import('./verbs/run.ts')).addRun,
  accept: async () => (await import('./verbs/accept.ts')).addAccept,
  list: async () => (await import('./verbs/list.ts')).addList,
  explain: async () => (await import('./verbs/explain.ts')).addExplain,
  compare: async () => (await import('./verbs/compare.ts')).addCompare,
  merge: async () => (await import('./verbs/merge.ts')).addMerge,
  doctor: async () => (await import('./verbs/doctor.ts')).addDoctor,
  serve: async () => (await import('./verbs/serve.ts')).addServe,
  completion: async () => (await import('./verbs/completion.ts')).addCompletion,
};

/**
 * The command, ready to parse the shell's words, with those of its verbs that these are about: to load all of them
 * takes longer than a case. The command throws CommanderError where it would else end the process.
 */
export async function makeProgram(shell: Shell): Promise<Command> {
  const program = new Command(TOOL.name)
    .description('Finds out whether a WebSocket server conforms to RFC 6455 and RFC 7692.')
    .version(TOOL.version)
    .exitOverride()
    .configureOutput({ writeErr: (text) => shell.stderr.write(text) })
    .showHelpAfterError('(use --help for details)');
  refuseUnknown(shell);
  const adding = await Promise.all(verbsMeant(shell).map((name) => VERBS[name]?.()));
  for (const add of adding) add?.(program, shell);
  return program;
}

/** No pattern of cases is a bare word. @throws HarnessError (2) for one where a verb may stand. */
function refuseUnknown({ words: [first = ''], registry }: Shell): void {
  const verbs = [...Object.keys(VERBS), 'help'];
  if (!/^[a-z][a-z-]*$/i.test(first) || verbs.includes(first)) return;
  // A suite may have sections whose names are words.
  if (registry.some(({ suite }) => matchCases(caseIds(suite), first).length > 0)) return;
  throw new HarnessError(2, {
    what: `"${first}" is neither a verb nor a case.`,
    why: `The verbs are ${verbs.join(', ')}; a case has an id such as 7.1.6.`,
    todo: `Did you mean "${closestTo(first, verbs)}"? Use --help for details.`,
  });
}

/**
 * The verb that stands first, or `run` where none does. All of them for a text that is about all: help, completion, and
 * the warning of a variable of ours that no verb knows.
 */
function verbsMeant({ words, env }: Shell): string[] {
  const [first = ''] = words;
  const isAsked = ['help', '--help', '-h'].some((word) => words.includes(word));
  const named = Object.hasOwn(VERBS, first) ? first : 'run';
  const isAboutAll =
    named === 'completion' ||
    (isAsked && named !== first) ||
    Object.keys(env).some((name) => name.startsWith(VARIABLES));
  return isAboutAll ? Object.keys(VERBS) : [named];
}
