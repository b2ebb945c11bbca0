import { statSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import type { Command } from 'commander';
import type { Report } from '../../../reports/document/report.ts';
import { type Config, readConfig, type ServerConfig, serverNamed, unnamedServer } from '../../config/config.ts';
import { parseReporter, type Reporter } from '../../config/reporter-names.ts';
import { selftest } from '../../doctor/selftest.ts';
import type { Engine } from '../../engines/engine.ts';
import { today } from '../../expectations/read-expectations.ts';
import type { Suite } from '../../plan/suite.ts';
import { ciOption } from '../../reporting/ci-facts.ts';
import { ProgressLine } from '../../reporting/progress.ts';
import { refuseReporters } from '../../reporting/reporters.ts';
import { describeProblem, speaksUnicode, visible } from '../../reporting/terminal.ts';
import { chooseEngine, ENGINE_CHOICES, type EngineChoice, wishesOf } from '../../run/choose-engine.ts';
import { playServers } from '../../run/play-servers.ts';
import type { PlaySettings } from '../../run/play-settings.ts';
import { readRecorded } from '../../run/read-recorded.ts';
import { type RegisteredSuite, suiteNamed, suiteOfReport } from '../../run/registry.ts';
import { resumeFrom } from '../../run/resume.ts';
import { type RunOptions, run } from '../../run/run.ts';
import { HarnessError, toProblem } from '../../support/harness-error.ts';
import { TOOL } from '../../support/identity.ts';
import { readRevision } from '../../system/git-revision.ts';
import { followLinks } from '../../system/report-folder.ts';
import { FileWatch } from '../../system/watch.ts';
import {
  collect,
  image,
  oneOf,
  origin,
  pathOfUrl,
  port,
  positive,
  protocol,
  readiness,
  reporters,
  shard,
  wholeNumber,
  wholeNumberOr0,
} from '../options/arguments.ts';
import { type SelectionFlags, selectionOf, selectionOfRun } from '../options/selection.ts';
import { serverSettings, withoutValues } from '../options/server-settings.ts';
import { type ServerFlags, serversOf } from '../options/servers.ts';
import { resolveSettings, type Setting, settingsTable } from '../options/settings.ts';
import { publishedLine, type Shell, say, styleOf } from '../options/shell.ts';
import { listenForSignals } from '../options/signals.ts';
import { dryRun } from './dry-run.ts';
import { readReport } from './last-report.ts';
import { tellReport } from './tell-report.ts';

interface RunFlags extends ServerFlags, SelectionFlags {
  suite?: string;
  engine: EngineChoice;
  image?: string;
  data?: string;
  out: string;
  from?: string;
  history?: string;
  config?: string;
  jobs?: number;
  strict?: boolean;
  patience: number;
  timeout?: number;
  trace?: boolean;
  resume?: boolean;
  dryRun?: boolean;
  selftest?: boolean;
  retries?: number;
  bail?: number;
  checkpoint: number;
  watch?: boolean;
  reporter?: string[];
  json?: boolean;
  quiet?: boolean;
  printConfig?: boolean;
  color?: boolean;
}

const EXAMPLES = `
Examples:
  test the server of this repository with all cases
    ${TOOL.name}
  test it with categories 1 to 5, 7 and 10
    ${TOOL.name} @core '!6'
  test a server that is already running
    ${TOOL.name} --url ws://127.0.0.1:9001/
  start a server and run category 7
    ${TOOL.name} 7 -- ./my-server --listen {port}
  judge results that wstest recorded
    ${TOOL.name} --from reports/servers

Exit codes: 0 every outcome is as expected; 1 an outcome is not as expected;
2 the command or a file you wrote is wrong; 3 no verdict was possible, for
example because the server exited; 130, 143 interrupted.

You can set every option by an environment variable (--ready-timeout by
WS_CONFORMANCE_READY_TIMEOUT), and many options in the configuration file.
A flag overrides a variable. A variable overrides the configuration file.
--print-config prints the value of each option and its source.`;

/** `run`, the verb that is meant when none is named. */
export function addRun(program: Command, shell: Shell): void {
  program
    .command('run', { isDefault: true })
    .description('test a server: run the cases, compare the outcomes with the expectations, write a report')
    .argument(
      '[cases...]',
      'cases to run, for example 7.1.6, 7.1, 7.1.*, 12.1.1-12.1.9, @core, @limits, @deflate, @FILE, !9 (default: all)',
    )
    .option('--server <name>', 'name of a server in the configuration; repeatable; "all" means every server', collect)
    .option('--url <url>', 'address of a server that is already running')
    .option('--command <words>', 'command that starts the server, as one string; or write the command after "--"')
    .option(
      '--path <path>',
      'path of the WebSocket endpoint, if the started server does not print its address',
      pathOfUrl,
    )
    .option('--port <n>', 'port of the started server (default: a free port)', port)
    .option('--tls', 'the started server speaks wss://')
    .option('--agent <name>', 'name of the server in the report')
    .option('--protocol <name>', 'subprotocol to offer in the opening handshake; repeatable', protocol)
    .option('--origin <origin>', 'value of the header field Origin in the opening handshake', origin)
    .option(
      '--header <line>',
      'additional header field of the opening handshake, as "Name: value"; repeatable; embedded engine only',
      collect,
    )
    .option(
      '--ca <file>',
      'PEM file with the certificate authorities to trust for wss:// (default: trust every certificate)',
    )
    .option(
      '--engine <name>',
      `engine that runs the cases: ${ENGINE_CHOICES.join(', ')}`,
      oneOf(ENGINE_CHOICES),
      'auto',
    )
    .option('--image <image>', 'container image of the Autobahn|Testsuite', image)
    .option(
      '--data <folder>',
      "folder with Autobahn's payloads for cases 12.x and 13.x (default: generated payloads with similar content)",
    )
    .option('--expected <file>', 'expectation file to compare the outcomes with')
    .option('--out <folder>', 'folder for the report', 'conformance-report')
    .option('--from <folder>', 'read recorded results from this folder or archive instead of running cases')
    .option('--spec <file>', 'fuzzingclient.json of the Autobahn|Testsuite that chooses the cases')
    .option('--config <file>', 'configuration file (default: the nearest conformance.config.{json,js,mjs})')
    .option('--suite <id>', 'suite to run (default: autobahn)')
    .option('--jobs <n>', 'number of containers (docker) or cases (native) that run at the same time', wholeNumber)
    .option('--shard <i/n>', 'run only shard i of n; all shards take about the same time', shard)
    .option('--strict', 'treat the grade NON-STRICT as a failure, even if NON-STRICT is expected')
    .option(
      '--patience <seconds>',
      'after this many seconds without progress, check that the server still answers',
      positive,
      30,
    )
    .option('--timeout <seconds>', 'end the run after this many seconds', positive)
    .option(
      '--ready <how>',
      'sign that the server is ready: handshake, echo, tcp, or line:REGEXP for a line that the server prints',
      readiness,
    )
    .option(
      '--ready-timeout <seconds>',
      'seconds to wait until the server is ready (default: 30; one attempt if the server is already running)',
      positive,
    )
    .option('--retries <n>', 'run each case with an unexpected outcome again, alone, at most n times', wholeNumberOr0)
    .option('--bail <n>', 'end the run after n unexpected outcomes', wholeNumber)
    .option(
      '--checkpoint <seconds>',
      'seconds until a partial report is first written to --out, in case the run is killed',
      positive,
      15,
    )
    .option('--selftest', 'before the run, check that a server with a known fault fails')
    .option(
      '--reporter <name>',
      'output to write: list, line, json, junit, markdown, github, html, each also as NAME=PATH; repeatable',
      reporters,
    )
    .option('--history <file>', 'history file: append this run, and show each case over time in the report')
    .option('--resume', 'run only the cases without a result in the last report in --out, and keep the other results')
    .option('--watch', 'run again after each change of a file of the server, until Ctrl-C')
    .option('--trace', 'print every frame to stderr while the cases run; embedded engine only')
    .option('--dry-run', 'print the plan, the target and the engine, and start nothing')
    .option('--json', 'print only the report, as JSON, to stdout')
    .option('--quiet', 'print only the final summary')
    .option('--print-config', 'print every option with its value and the source of the value, and run nothing')
    .option('--color', 'print colours, even if the terminal does not ask for them')
    .option('--no-color', 'print no colours')
    .addHelpText('after', EXAMPLES)
    .action(async (cases: string[], _: unknown, verb: Command) => {
      const { config, settings } = await resolveSettings(shell, verb);
      const caIsDefault = settings.some(({ option, source }) => option === 'ca' && source === 'file');
      const flags: RunFlags = { ...verb.opts<RunFlags>(), caIsDefault };
      if (flags.printConfig) printSettings(shell, settings, config, flags);
      else {
        refuseIdle(shell, verb);
        await runVerb(shell, cases, flags);
      }
    });
}

/** `--print-config`: what would be run with, and who says so. */
function printSettings(shell: Shell, options: readonly Setting[], config: Config, flags: RunFlags): void {
  const servers = flags.from === undefined ? serversOf(config, shell.command, flags) : [];
  const settings = [
    ...options.map((one) => (one.option === 'header' ? withoutValues(one) : one)),
    ...serverSettings(servers, options, config, shell.command !== undefined),
  ];
  const text = flags.json ? JSON.stringify(settings, null, 2) : visible(settingsTable(settings, config));
  shell.stdout.write(`${text}\n`);
}

async function runVerb(shell: Shell, patterns: readonly string[], flags: RunFlags): Promise<void> {
  refuseTogether(flags);
  const interruption = listenForSignals();
  if (flags.dryRun) return await runDry(shell, patterns, flags, interruption);
  if (!flags.watch) return await runOnce(shell, patterns, flags, interruption);
  const servers = serversOf(await readConfig(process.cwd(), flags.config), shell.command, flags);
  const files = await FileWatch.start(
    servers.map(({ cwd }) => cwd),
    flags.out,
  );
  try {
    for (let round = 2; ; round++) {
      // While one edits, a configuration or a server may well be broken: the next change may mend it.
      await runOnce(shell, patterns, flags, interruption).catch((error: unknown) => {
        // It is painted, so it is not to be made visible once more.
        const lines = describeProblem(toProblem(error), styleOf(shell, shell.stderr, flags.color));
        shell.stderr.write(`${lines.join('\n')}\n`);
      });
      interruption.throwIfAborted();
      // What a build writes would call for the next one, without end.
      if (servers.some(({ build }) => build !== undefined)) files.discardChange();
      say(shell, `watching ${servers.map(({ cwd }) => cwd).join(', ')}; Ctrl-C ends it`);
      const file = await files.changed(interruption);
      say(shell, `---- ${new Date().toTimeString().slice(0, 8)} ${file} changed: run ${round} ----`);
    }
  } finally {
    await files.close();
  }
}

/** `--dry-run`. */
async function runDry(
  shell: Shell,
  patterns: readonly string[],
  flags: RunFlags,
  interruption: AbortSignal,
): Promise<void> {
  refuseReporters(flags.reporter === undefined ? [] : reportersOf(flags.reporter, flags.out));
  const servers = serversOf(await readConfig(process.cwd(), flags.config), shell.command, flags);
  const registered = suiteNamed(shell.registry, flags.suite);
  const selection = selectionOf(shell, registered.suite, patterns, flags);
  const engine = engineOf(registered, flags, servers, () => {});
  await dryRun(shell, registered.suite, selection, servers, engine, flags, interruption);
}

async function runOnce(
  shell: Shell,
  patterns: readonly string[],
  flags: RunFlags,
  interruption: AbortSignal,
): Promise<void> {
  const reporters = flags.reporter === undefined ? undefined : reportersOf(flags.reporter, flags.out);
  refuseReporters(reporters ?? []);
  const earlier = flags.resume ? readReport(flags.out, 'resume') : undefined;
  const registered =
    earlier && flags.suite === undefined
      ? suiteOfReport(shell.registry, earlier, flags.out)
      : suiteNamed(shell.registry, flags.suite);
  const { suite } = registered;
  const { plan, shard } =
    earlier && !choosesCases(patterns, flags)
      ? selectionOfRun(shell, suite, earlier)
      : selectionOf(shell, suite, patterns, flags);
  const config = await readConfig(process.cwd(), flags.config);
  const options = {
    plan,
    out: flags.out,
    strict: flags.strict ?? false,
    checkpointSeconds: flags.checkpoint,
    command: earlier?.run.command ?? publishedLine(shell, TOOL.name),
    ...ciOption(shell.env),
    ...(flags.history === undefined ? {} : { history: flags.history }),
    ...(reporters === undefined ? {} : { reporters }),
    ...(shard === undefined ? {} : { shard }),
  };
  const report =
    flags.from === undefined
      ? await runServers(
          shell,
          registered,
          serversOf(config, shell.command, flags),
          options,
          flags,
          interruption,
          earlier,
        )
      : await readFolder(suite, flags.from, config, options, flags, interruption);
  tellReport(shell, report, { ...flags, ...(reporters === undefined ? {} : { reporters }) }, interruption);
}

/** The reporters meant, each once. Pages that are wanted in the report's own folder are at their usual place. */
function reportersOf(texts: readonly string[], out: string): Reporter[] {
  const read = [...new Set(texts)].map(parseReporter).filter((one) => typeof one !== 'string');
  return read.map((one) =>
    one.name === 'html' && one.path !== undefined && resolve(one.path) === resolve(out) ? { name: 'html' } : one,
  );
}

/** Whether the command line says which cases are meant; else a resumed run has the plan of the one before. */
const choosesCases = (patterns: readonly string[], flags: RunFlags) =>
  patterns.length > 0 || flags.spec !== undefined || flags.shard !== undefined;

/** @throws HarnessError (2) for flags of which each says something else about where results come from. */
function refuseTogether(flags: RunFlags): void {
  const pairs = [
    ['from', 'selftest', 'The self-test is of an engine, and none plays.'],
    ['from', 'resume', 'Results that were recorded earlier are read; nothing is played.'],
    ['from', 'watch', 'Results that were recorded earlier do not change with the server.'],
    ['resume', 'watch', 'One completes a run that was interrupted, the other begins a new one at every change.'],
    ['dryRun', 'from', 'It tells what would be played, and results that are there are not.'],
    ['dryRun', 'resume', 'What is left to be played, the report that is resumed says.'],
    ['dryRun', 'watch', 'Nothing is started, so nothing is to be started again.'],
    ['json', 'watch', 'With --json stdout is one document; every run would print another.'],
  ] as const;
  for (const [one, other, why] of pairs) {
    if (!flags[one] || !flags[other]) continue;
    throw new HarnessError(2, {
      what: `--${one.replace('dryRun', 'dry-run')} and --${other} do not go together.`,
      why,
      todo: 'Leave one of them out.',
    });
  }
}

/** @throws HarnessError (2) for what was typed beside `--from` and would else be ignored without a word. */
function refuseIdle({ command }: Shell, verb: Command): void {
  if (verb.getOptionValue('from') === undefined) return;
  const typed = ['url', 'command', 'trace', 'retries'].filter((name) => verb.getOptionValueSource(name) === 'cli');
  const idle = [...typed.map((name) => `--${name}`), ...(command === undefined ? [] : ['a command behind "--"'])];
  if (idle.length === 0) return;
  throw new HarnessError(2, {
    what: `--from and ${idle.join(' and ')} do not go together.`,
    why: 'Results that were recorded earlier are read; no server is played against.',
    todo: 'Leave one of them out.',
  });
}

/** @throws HarnessError (2) where the report would replace the results it is made from, with what else was recorded there. */
function refuseInside(from: string, out: string): void {
  const [results, report] = [followLinks(from), followLinks(out)];
  if (results !== report && !results.startsWith(report + sep)) return;
  throw new HarnessError(2, {
    what: 'The results stand in the folder that the report would replace.',
    where: resolve(from),
    why: 'A new report replaces its folder as a whole: what was recorded there would be gone.',
    todo: 'Name another folder for the report with --out.',
  });
}

async function runServers(
  shell: Shell,
  registered: RegisteredSuite,
  servers: ServerConfig[],
  options: RunOptions,
  flags: RunFlags,
  signal: AbortSignal,
  earlier?: Report,
): Promise<Report> {
  const { suite } = registered;
  const earlierRun =
    earlier === undefined
      ? undefined
      : resumeFrom(suite, earlier, flags.out, {
          servers,
          plan: options.plan.map(({ id }) => id),
          commit: (await readRevision()).commit,
        });
  const progress = flags.quiet
    ? undefined
    : new ProgressLine(shell.stderr, { unicode: speaksUnicode(shell.env), obeys: shell.env.TERM !== 'dumb' });
  const tell = (line: string) => (progress ? progress.say(line) : say(shell, line));
  const engine = engineOf(registered, flags, servers, tell);
  const { jobs, timeout } = flags;
  try {
    if (flags.selftest) {
      await selftest(suite, engine, signal);
      tell('self-test: a server that is wrong on purpose failed in the right cases');
    }
    const settings: PlaySettings = {
      servers,
      playOptions: {
        ...(jobs === undefined ? {} : { jobs }),
        ...(timeout === undefined ? {} : { timeoutSeconds: timeout }),
      },
      patienceSeconds: flags.patience,
      earlierRun,
      retries: flags.retries === 0 ? undefined : flags.retries,
      bail: flags.bail,
      strict: options.strict,
      onServer: (server, toPlay) => {
        const ids = new Set(toPlay);
        progress?.begin(
          server.agent,
          options.plan.filter(({ id }) => ids.has(id)),
        );
      },
      onEvent: (event) => progress?.hear(event),
    };
    return await run(suite, playServers(suite, engine, settings, today()), options, signal);
  } finally {
    progress?.end();
  }
}

/** The engine that is asked for. @param tell takes the lines of `--trace`. */
function engineOf(
  { engines }: RegisteredSuite,
  flags: RunFlags,
  servers: readonly ServerConfig[],
  tell: (line: string) => void,
): Engine {
  // Who waits for the end of every run wants the fast engine.
  const choice = flags.watch && flags.engine === 'auto' && flags.image === undefined ? 'native' : flags.engine;
  if (flags.data !== undefined && !(statSync(flags.data, { throwIfNoEntry: false })?.isDirectory() ?? false)) {
    throw new HarnessError(2, {
      what: 'There is no folder of data for the compressed messages.',
      where: resolve(flags.data),
      why: 'It is to hold the five files of the original.',
      todo: 'Correct --data, or leave it out.',
    });
  }
  return chooseEngine(engines, choice, {
    ...wishesOf(servers),
    ...(flags.image === undefined ? {} : { image: flags.image }),
    ...(flags.data === undefined ? {} : { dataFolder: resolve(flags.data) }),
    ...(flags.trace ? { onTrace: tell } : {}),
  });
}

async function readFolder(
  suite: Suite,
  from: string,
  config: Config,
  options: RunOptions,
  flags: RunFlags,
  signal: AbortSignal,
): Promise<Report> {
  refuseInside(from, flags.out);
  const { unpackResults } = await import('../../system/unpack-archive.ts');
  const { folder, remove } = await unpackResults(from);
  try {
    const [named] = flags.server ?? [];
    const base = named === undefined ? undefined : serverNamed(config, named);
    const only: ServerConfig | undefined =
      flags.expected === undefined ? base : { ...(base ?? unnamedServer('')), expectedFile: resolve(flags.expected) };
    const source = readRecorded(suite, folder, [...config.servers.values()], only, today());
    return await run(suite, source, options, signal);
  } finally {
    remove();
  }
}
