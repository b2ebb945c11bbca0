import { statSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import type { Command } from 'commander';
import type { Report } from '../../../reports/document/report.ts';
import { type Config, readConfig, type ServerConfig, serverNamed, unnamedServer } from '../../config/config.ts';
import { selftest } from '../../doctor/selftest.ts';
import type { Engine } from '../../engines/engine.ts';
import { momentLine } from '../../engines/native/trace.ts';
import { today } from '../../expectations/read-expectations.ts';
import { ciOption } from '../../reporting/ci-facts.ts';
import { ProgressLine } from '../../reporting/progress.ts';
import { parseReporter, type Reporter, refuseReporters } from '../../reporting/reporters.ts';
import { describeProblem, speaksUnicode, visible } from '../../reporting/terminal.ts';
import { asksOf, chooseEngine, ENGINE_CHOICES, type EngineChoice } from '../../run/choose-engine.ts';
import { playServers, readRecordedServers } from '../../run/play-servers.ts';
import { keepFrom } from '../../run/resume.ts';
import { run } from '../../run/run.ts';
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
  the server of this repository, all cases
    ${TOOL.name}
  cases 1 to 5, 7 and 10
    ${TOOL.name} @core '!6'
  a server that is running already
    ${TOOL.name} --url ws://127.0.0.1:9001/
  start a server, play category 7
    ${TOOL.name} 7 -- ./my-server --listen {port}
  judge what wstest left behind
    ${TOOL.name} --from reports/servers

Exit codes: 0 as expected; 1 not as expected; 2 the command or a file you wrote
is wrong; 3 it could not be told; 130, 143 interrupted.

Every option can be given in the environment (--ready-timeout as
WS_CONFORMANCE_READY_TIMEOUT), and many in the configuration: a flag counts
before a variable, a variable before the file; --print-config tells who won.`;

/** `run`, the verb that is meant when none is named. */
export function addRun(program: Command, shell: Shell): void {
  program
    .command('run', { isDefault: true })
    .description('start the server, play the cases, compare with what is expected, report, decide')
    .argument('[cases...]', 'which: 7.1.6, 7.1, 7.1.*, 12.1.1-12.1.9, @core, @limits, @deflate, @FILE, !9')
    .option('--server <name>', 'a server of the configuration; repeatable; "all" for every one', collect)
    .option('--url <url>', 'a server that is running already')
    .option('--command <words>', 'command that starts the server, as one text; or write it behind "--"')
    .option('--path <path>', 'path of the endpoint of a server that we start, where it does not say it', pathOfUrl)
    .option('--port <n>', 'its port, where it can have no other', port)
    .option('--tls', 'it speaks wss://')
    .option('--agent <name>', 'its name in the report')
    .option('--protocol <name>', 'subprotocol to offer; repeatable', protocol)
    .option('--origin <origin>', 'Origin to send', origin)
    .option(
      '--header <line>',
      'header field of the opening handshake, "Name: value"; repeatable (embedded engine)',
      collect,
    )
    .option('--ca <file>', 'certificate authorities to trust for wss://, as PEM; without, any certificate will do')
    .option('--engine <name>', ENGINE_CHOICES.join(', '), oneOf(ENGINE_CHOICES), 'auto')
    .option('--image <image>', 'container image of the Autobahn|Testsuite', image)
    .option('--data <folder>', "Autobahn's own data for 12.x and 13.x, instead of data of the same character")
    .option('--expected <file>', 'expectation file')
    .option('--out <folder>', 'where the report goes', 'conformance-report')
    .option('--from <folder>', 'read results that were recorded earlier instead of playing')
    .option('--spec <file>', "a fuzzingclient.json of Autobahn's that says what may be run")
    .option('--config <file>', 'configuration, instead of the nearest conformance.config.{json,js,mjs}')
    .option('--jobs <n>', 'how many containers, or cases, at once', wholeNumber)
    .option('--shard <i/n>', 'play one of several shares of about equal weight', shard)
    .option('--strict', 'NON-STRICT fails, even where it is expected')
    .option('--patience <seconds>', 'without progress for so long, ask the server whether it lives', positive, 30)
    .option('--timeout <seconds>', 'end the run after so long', positive)
    .option('--ready <how>', 'when it is ready: handshake, echo, tcp, or line:EXPRESSION that it prints', readiness)
    .option(
      '--ready-timeout <seconds>',
      'how long it may take to get ready; one that is running is asked once',
      positive,
    )
    .option('--retries <n>', 'play what came out unexpected again, alone, so often at most', wholeNumberOr0)
    .option('--bail <n>', 'end the run at so many unexpected outcomes', wholeNumber)
    .option(
      '--checkpoint <seconds>',
      'when to put what is known into --out for the first time, in case the run is killed',
      positive,
      15,
    )
    .option('--selftest', 'first see that a server that is wrong on purpose fails')
    .option(
      '--reporter <name>',
      'what to tell: list, line, json, junit, markdown, github, html, each also as NAME=PATH; repeatable',
      reporters,
    )
    .option('--history <file>', 'add the run to this file, and show how its cases fared over time')
    .option('--resume', 'play what the last report in --out has no result for, and keep what it has')
    .option('--watch', 'run again whenever a file of the server changes, until Ctrl-C')
    .option('--trace', 'print every frame on stderr as it happens (embedded engine)')
    .option('--dry-run', 'print the plan, the target and the engine that would be used, and start nothing')
    .option('--json', 'print the report as JSON, and nothing else, on stdout')
    .option('--quiet', 'print the end only')
    .option('--print-config', 'print every option, its value and who set it, and run nothing')
    .option('--color', 'with colours, whatever the terminal says')
    .option('--no-color', 'without colours')
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
  const selection = selectionOf(shell, patterns, flags);
  const engine = engineOf(flags, servers, () => {});
  await dryRun(shell, selection, servers, engine, flags, interruption);
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
  const { plan, shard } =
    earlier && !choosesCases(patterns, flags) ? selectionOfRun(shell, earlier) : selectionOf(shell, patterns, flags);
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
      ? await runServers(shell, serversOf(config, shell.command, flags), options, flags, interruption, earlier)
      : await readFolder(flags.from, config, options, flags, interruption);
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

type Options = Parameters<typeof run>[1];

async function runServers(
  shell: Shell,
  servers: ServerConfig[],
  options: Options,
  flags: RunFlags,
  signal: AbortSignal,
  earlier?: Report,
): Promise<Report> {
  const kept =
    earlier === undefined
      ? undefined
      : keepFrom(earlier, flags.out, {
          servers,
          plan: options.plan.map(({ id }) => id),
          commit: (await readRevision()).commit,
        });
  const progress = flags.quiet
    ? undefined
    : new ProgressLine(shell.stderr, { unicode: speaksUnicode(shell.env), obeys: shell.env.TERM !== 'dumb' });
  const tell = (line: string) => (progress ? progress.say(line) : say(shell, line));
  const engine = engineOf(flags, servers, tell);
  try {
    if (flags.selftest) {
      await selftest(engine, signal, () => {});
      tell('self-test: a server that is wrong on purpose failed where it must');
    }
    const gather = playServers(
      engine,
      {
        servers,
        ...(flags.jobs === undefined ? {} : { jobs: flags.jobs }),
        patienceSeconds: flags.patience,
        ...(flags.timeout === undefined ? {} : { timeoutSeconds: flags.timeout }),
        ...(kept === undefined ? {} : { kept }),
        ...(flags.retries === undefined || flags.retries === 0 ? {} : { retries: flags.retries }),
        ...(flags.bail === undefined ? {} : { bail: flags.bail }),
        strict: options.strict,
        onServer: (server, toPlay) =>
          progress?.begin(
            server.agent,
            options.plan.filter(({ id }) => toPlay.includes(id)),
          ),
        onProgress: (_, step) => progress?.take(step),
      },
      today(),
    );
    return await run(gather, options, signal);
  } finally {
    progress?.end();
  }
}

/** The engine that is asked for. @param tell takes the lines of `--trace`. */
function engineOf(flags: RunFlags, servers: readonly ServerConfig[], tell: (line: string) => void): Engine {
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
  return chooseEngine(choice, {
    ...(flags.image === undefined ? {} : { image: flags.image }),
    ...asksOf(servers),
    ...(flags.data === undefined ? {} : { dataFolder: resolve(flags.data) }),
    ...(flags.trace ? { trace: (id, moment) => tell(momentLine(id, moment)) } : {}),
  });
}

async function readFolder(
  from: string,
  config: Config,
  options: Options,
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
    return await run(readRecordedServers(folder, [...config.servers.values()], only, today()), options, signal);
  } finally {
    remove();
  }
}
