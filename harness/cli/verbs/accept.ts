import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import type { AgentReport, Outcome, Report, Verdict } from '../../../reports/document/report.ts';
import { terminalSafe, wrapForStream } from '../../../reports/wording/terminal-text.ts';
import { type Config, unnamedServer } from '../../config/config.ts';
import { applyChanges, emptyExpectationFile, findChanges } from '../../expectations/accept.ts';
import { expectationsOf } from '../../expectations/expectations-of.ts';
import { today } from '../../expectations/read-expectations.ts';
import { selectCases } from '../../plan/match-cases.ts';
import { suiteOfReport } from '../../run/registry.ts';
import { errorMessage } from '../../support/error-message.ts';
import { HarnessError } from '../../support/harness-error.ts';
import { omitUndefined } from '../../support/omit-undefined.ts';
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

/** The values of `--only`. Each is a verdict on a case whose outcome differs from its expectation. */
const ACCEPTABLE = ['improved', 'regressed', 'changed', 'new'] as const satisfies readonly Verdict[];

/** Adds the verb `accept`, which makes the outcomes of the last run the new expectation. */
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

/**
 * Writes the outcomes of the last run into the expectation file. Refused in CI and after an incomplete run, because an
 * accident could become the expectation.
 * @throws HarnessError with exit code 2 in these two cases, if it is unclear which server or expectation file is meant,
 *   or if the file cannot be read or written.
 */
function accept(shell: Shell, config: Config, patterns: readonly string[], flags: AcceptFlags): void {
  const { env, stdout } = shell;
  const style = styleOf(shell, stdout, undefined);
  const print = (text: string) => stdout.write(`${wrapForStream(terminalSafe(text), '', '  ', style).join('\n')}\n`);
  if (env.CI) {
    throw new HarnessError(2, {
      what: 'accept does not run in CI.',
      why: 'The variable CI is set. A CI job that accepts every outcome can never fail.',
      todo: 'Run accept on your own machine, and commit the expectation file.',
    });
  }
  const report = readReport(flags.out, 'accept');
  const { suite } = suiteOfReport(shell.registry, report, flags.out);
  if (report.gate.decision === 'undecided' || report.run.bail !== undefined) {
    throw new HarnessError(2, {
      what: 'The outcomes of the last run cannot be accepted: the run is not complete.',
      where: flags.out,
      why: report.gate.sentence,
      todo: 'Run again until every case has a result.',
    });
  }
  const agent = agentOf(report, config, flags);
  const path = resolve(expectationFileOf(agent, config, flags));
  const shownPath = relative(process.cwd(), path);
  const before = readText(path);
  const server = {
    ...unnamedServer(agent.name),
    ...omitUndefined({ expectedFile: before === undefined ? undefined : path }),
  };
  const flaky = agent.cases.filter(({ verdict, tries }) => verdict === 'flaky' && tries !== undefined);
  const outcomes = new Map<string, Outcome>();
  for (const result of agent.cases) {
    if (result.actual === null || flaky.includes(result)) continue;
    if (flags.only === undefined || result.verdict === flags.only) outcomes.set(result.id, result.actual);
  }
  for (const { id } of flaky)
    print(
      `${id} is not accepted: its outcomes differed between attempts. If you expect this, add "flaky" and "why" to its entry.`,
    );
  if (flags.only !== undefined && outcomes.size === 0) {
    print(`Nothing to accept: no case is ${flags.only}.`);
    return;
  }
  const selected = new Set(selectCases([...outcomes.keys()], patterns, suite.groups));
  const accepted = new Map([...outcomes].filter(([id]) => selected.has(id)));
  const changes = findChanges(suite, accepted, expectationsOf(suite, server, today()), flags.why);
  for (const change of changes) print(change.text);
  if (changes.length > 0 || before === undefined)
    writeText(path, applyChanges(suite, before ?? emptyExpectationFile(suite, agent.name), changes));
  print(
    changes.length === 0
      ? `Nothing to accept: ${shownPath} already contains these outcomes.`
      : `${changes.length} of ${accepted.size} outcomes accepted into ${shownPath}.`,
  );
}

/**
 * Finds the agent (tested server) of the report whose outcomes become the expectation. `--server` is the name of an
 * agent or of a configured server.
 * @throws HarnessError with exit code 2 if there is no such agent, or if there are several agents and no `--server`.
 */
function agentOf({ agents }: Report, config: Config, { server, out }: AcceptFlags): AgentReport {
  const configuredAgent = server === undefined ? undefined : config.servers.get(server)?.agent;
  const [only, ...others] =
    server === undefined ? agents : agents.filter(({ name }) => name === server || name === configuredAgent);
  if (only !== undefined && (server !== undefined || others.length === 0)) return only;
  throw new HarnessError(2, {
    what: 'It is not clear whose outcomes to accept.',
    where: out,
    why: `The report has these agents: ${agents.map(({ name }) => name).join(', ')}.`,
    todo: 'Name one of these agents with --server.',
  });
}

/**
 * The expectation file to write: the file of `--expected`, otherwise of the report, otherwise of the configured server.
 * @throws HarnessError with exit code 2 if none of them names a file.
 */
function expectationFileOf(agent: AgentReport, config: Config, { expected }: AcceptFlags): string {
  const configured = [...config.servers.values()].find((server) => server.agent === agent.name);
  const path = expected ?? agent.expectedFile ?? configured?.expectedFile;
  if (path !== undefined) return path;
  throw new HarnessError(2, {
    what: 'There is no expectation file to write.',
    why: `The server "${agent.name}" has no expectation file in the configuration.`,
    todo: 'Name a file with --expected FILE, or add "expected" to the server in the configuration.',
  });
}

/** The text of an expectation file; undefined if the file does not exist. @throws HarnessError with exit code 2. */
function readText(path: string): string | undefined {
  try {
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  } catch (error) {
    throw fileError('read', path, error);
  }
}

/** Writes an expectation file and creates its folder. @throws HarnessError with exit code 2. */
function writeText(path: string, text: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    replaceFile(path, text);
  } catch (error) {
    throw fileError('written', path, error);
  }
}

const fileError = (action: 'read' | 'written', path: string, error: unknown) =>
  new HarnessError(2, {
    what: `The expectation file cannot be ${action}; nothing was accepted.`,
    where: path,
    why: errorMessage(error),
    todo: 'Check the path and the permissions, or name another file with --expected.',
  });
