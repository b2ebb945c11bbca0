import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import type { Outcome, Verdict } from '../../../reports/document/report.ts';
import { fitted, visible } from '../../../reports/wording/terminal-text.ts';
import { type Config, unnamedServer } from '../../config/config.ts';
import { applyChanges, emptyExpectationFile, findChanges } from '../../expectations/accept.ts';
import { expectationsOf } from '../../expectations/expectations-of.ts';
import { today } from '../../expectations/read-expectations.ts';
import { selectCases } from '../../plan/match-cases.ts';
import { suiteOfReport } from '../../run/registry.ts';
import { HarnessError } from '../../support/harness-error.ts';
import { replaceFile } from '../../system/report-folder.ts';
import { oneOf } from '../options/arguments.ts';
import { resolveSettings } from '../options/settings.ts';
import { type Shell, styleOf } from '../options/shell.ts';
import { readReport } from './last-report.ts';

interface AcceptFlags {
  out: string;
  expected?: string;
  server?: string;
  why?: string;
  only?: Verdict;
}

/** The verdicts that come with an outcome which is not the expected one. */
const ACCEPTABLE = ['improved', 'regressed', 'changed', 'new'] as const satisfies readonly Verdict[];

/** `accept`: makes the outcomes of the last run the expectation. */
export function addAccept(program: Command, shell: Shell): void {
  program
    .command('accept')
    .description('make the outcomes of the last run the new expectation')
    .argument('[cases...]', 'cases to accept (default: all)')
    .option('--out <folder>', 'folder of the last report', 'conformance-report')
    .option('--expected <file>', 'expectation file to write (default: the file of the configured server)')
    .option('--server <name>', 'agent whose outcomes to accept, if the report has several agents')
    .option('--config <file>', 'configuration file (default: the nearest conformance.config.{json,js,mjs})')
    .option('--why <reason>', 'reason for these outcomes; required if a grade is not that of a conformant server')
    .option('--only <verdict>', `accept only cases with this verdict: ${ACCEPTABLE.join(', ')}`, oneOf(ACCEPTABLE))
    .action(async (cases: string[], _: unknown, verb: Command) => {
      const { config } = await resolveSettings(shell, verb);
      accept(shell, config, cases, verb.opts<AcceptFlags>());
    });
}

/** Refuses in CI and after a run that was not complete: both would make an accident the expectation. */
function accept(shell: Shell, config: Config, patterns: readonly string[], flags: AcceptFlags): void {
  const { env, stdout } = shell;
  const style = styleOf(shell, stdout, undefined);
  const say = (text: string) => stdout.write(`${fitted(visible(text), '', '  ', style).join('\n')}\n`);
  if (env.CI) {
    throw new HarnessError(2, {
      what: 'Outcomes are not accepted in CI.',
      why: 'CI is set: a job that accepts what it sees can never fail.',
      todo: 'Accept on your own machine, and commit the file.',
    });
  }
  const report = readReport(flags.out, 'accept');
  const { suite } = suiteOfReport(shell.registry, report, flags.out);
  if (report.gate.decision === 'undecided' || report.run.bail !== undefined) {
    throw new HarnessError(2, {
      what: 'The last run cannot be accepted: it is not complete.',
      where: flags.out,
      why: report.gate.sentence,
      todo: 'Run again until every case has a result.',
    });
  }
  const agent =
    flags.server === undefined
      ? report.agents[0]
      : report.agents.find(
          (one) => one.name === flags.server || config.servers.get(flags.server ?? '')?.agent === one.name,
        );
  if (!agent || (flags.server === undefined && report.agents.length > 1)) {
    throw new HarnessError(2, {
      what: 'It is not clear whose outcomes are meant.',
      where: flags.out,
      why: `The report has: ${report.agents.map((one) => one.name).join(', ')}.`,
      todo: 'Name one with --server.',
    });
  }
  const named =
    flags.expected ??
    agent.expectedFile ??
    [...config.servers.values()].find((one) => one.agent === agent.name)?.expectedFile;
  if (named === undefined) {
    throw new HarnessError(2, {
      what: 'There is no expectation file to write.',
      why: `The server "${agent.name}" has none in the configuration.`,
      todo: 'Name one with --expected FILE, or add "expected" to the server.',
    });
  }
  const path = resolve(named);
  const shown = relative(process.cwd(), path);
  const before = textOf(path);
  const text = before ?? emptyExpectationFile(suite, agent.name);
  const server =
    before === undefined ? unnamedServer(agent.name) : { ...unnamedServer(agent.name), expectedFile: path };
  const flaky = agent.cases.filter(({ verdict, tries }) => verdict === 'flaky' && tries !== undefined);
  const played = new Map<string, Outcome>(
    agent.cases.flatMap((one) =>
      one.actual && !flaky.includes(one) && (flags.only === undefined || one.verdict === flags.only)
        ? [[one.id, one.actual] as const]
        : [],
    ),
  );
  for (const { id } of flaky)
    say(
      `${id} is not accepted: it came out differently when it was played again. If that may be, add "flaky" and "why" to its entry.`,
    );
  if (flags.only !== undefined && played.size === 0) {
    say(`Nothing to accept: no case is ${flags.only}.`);
    return;
  }
  const chosen = new Set(selectCases([...played.keys()], patterns, suite.groups));
  const outcomes = new Map([...played].filter(([id]) => chosen.has(id)));
  const changes = findChanges(suite, outcomes, expectationsOf(suite, server, today()), flags.why);
  for (const change of changes) say(change.text);
  if (changes.length > 0 || before === undefined) write(path, applyChanges(suite, text, changes));
  say(
    changes.length === 0
      ? `Nothing to accept: ${shown} says so already.`
      : `${changes.length} of ${outcomes.size} outcomes accepted into ${shown}.`,
  );
}

/** An expectation file; undefined where there is none yet. @throws HarnessError (2). */
function textOf(path: string): string | undefined {
  try {
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  } catch (error) {
    throw unusable('read', path, error);
  }
}

/** @throws HarnessError (2). */
function write(path: string, text: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    replaceFile(path, text);
  } catch (error) {
    throw unusable('written', path, error);
  }
}

const unusable = (done: 'read' | 'written', path: string, error: unknown) =>
  new HarnessError(2, {
    what: `The expectation file cannot be ${done}; nothing was accepted.`,
    where: path,
    why: error instanceof Error ? error.message : String(error),
    todo: 'Check the path, and that you may write there; --expected names another.',
  });
