#!/usr/bin/env node
import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { type Outcome, type Report, reportSchema } from '../reports/report.ts';
import { applyChanges, emptyExpectationFile, findChanges, writeAtomically } from './accept.ts';
import { selectCases } from './case-id.ts';
import { catalogue, conformantOutcome, suiteIds } from './catalogue.ts';
import { type CompareFlags, compareVerb } from './compare-verb.ts';
import { completionScript, SHELLS } from './completion.ts';
import { type Config, inRepoServer, readConfig, type ServerConfig, serverNamed } from './config.ts';
import { chooseEngine, ENGINE_CHOICES, type EngineChoice } from './engines/index.ts';
import { momentLine } from './engines/native/trace.ts';
import { explainCase } from './explain.ts';
import { expectationsOf, gatherByPlaying, gatherFromFolder } from './gather.ts';
import { tellGithub } from './github.ts';
import { revision, TOOL } from './identity.ts';
import { makePlan, type Shard } from './plan.ts';
import { asProblem } from './play.ts';
import { ProgressLine } from './progress.ts';
import { keepFrom } from './resume.ts';
import { Interruption, run } from './run.ts';
import { readSpec } from './spec.ts';
import { describeProblem, endBlock, type Style, speaksUnicode, visible, wantsColour } from './terminal.ts';
import { Trouble } from './trouble.ts';
import { FileWatch } from './watch.ts';
import { abandonWorkspaces } from './workspace.ts';

/** The only reader of argv and environment, and the only writer of stdout. */

interface RunFlags {
  server?: string[];
  url?: string;
  path?: string;
  agent?: string;
  protocol?: string[];
  origin?: string;
  engine: EngineChoice;
  image?: string;
  header?: string[];
  ca?: string;
  data?: string;
  expected?: string;
  out: string;
  from?: string;
  spec?: string;
  history?: string;
  config?: string;
  jobs?: number;
  shard?: Shard;
  strict?: boolean;
  patience: number;
  timeout?: number;
  readyTimeout?: number;
  trace?: boolean;
  resume?: boolean;
  watch?: boolean;
  json?: boolean;
  quiet?: boolean;
  color?: boolean;
}

/** What a signal may take to be obeyed, before we leave without ceremony: CI systems kill after 7.5 s. */
const LAST_CALL_MS = 5500;

const { argv, env, stdout, stderr } = process;
const today = () => new Date().toISOString().slice(0, 10);

const wholeNumber = (text: string): number => {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('It takes a whole number from 1 on.');
  return Number(text);
};
const positive = (text: string): number => {
  if (!(Number(text) > 0)) throw new InvalidArgumentError('It takes a number of seconds above 0.');
  return Number(text);
};
const shard = (text: string): Shard => {
  const [, index, count] = /^([1-9]\d*)\/([1-9]\d*)$/.exec(text) ?? [];
  if (index === undefined || count === undefined || Number(index) > Number(count)) {
    throw new InvalidArgumentError('It takes I/N, as in 1/4: the first of four shares.');
  }
  return { index: Number(index), count: Number(count) };
};
const collect = (value: string, before: string[] | undefined): string[] => [...(before ?? []), value];
const engineName = (text: string): EngineChoice => {
  const found = ENGINE_CHOICES.find((name) => name === text);
  if (found === undefined) throw new InvalidArgumentError(`It takes ${ENGINE_CHOICES.join(', ')}.`);
  return found;
};

/** Everything behind the first `--` is the command that starts a server. */
function splitCommand(args: readonly string[]): { own: string[]; command: string[] | undefined } {
  const at = args.indexOf('--');
  return at < 0 ? { own: [...args], command: undefined } : { own: args.slice(0, at), command: args.slice(at + 1) };
}

async function main(): Promise<number> {
  const { own, command } = splitCommand(argv.slice(2));
  let exitCode = 0;
  const program = new Command(TOOL.name)
    .description('Finds out whether a WebSocket server keeps RFC 6455 and RFC 7692.')
    .version(TOOL.version)
    .exitOverride()
    .configureOutput({ writeErr: (text) => stderr.write(text) })
    .showHelpAfterError('(--help tells more)');

  program
    .command('run', { isDefault: true })
    .description('start the server, play the cases, compare with what is expected, report, decide')
    .argument('[cases...]', 'which: 7.1.6, 7.1, 7.1.*, 12.1.1-12.1.9, @core, @limits, @deflate, @FILE, !9')
    .option('--server <name>', 'a server of the configuration; repeatable; "all" for every one', collect)
    .option('--url <url>', 'a server that is running already')
    .option('--path <path>', 'path of the endpoint of a server started behind "--"')
    .option('--agent <name>', 'its name in the report')
    .option('--protocol <name>', 'subprotocol to offer; repeatable', collect)
    .option('--origin <origin>', 'Origin to send')
    .option('--header <line>', 'header field of the opening handshake, "Name: value"; repeatable', collect)
    .option('--ca <file>', 'certificate authorities to trust for wss://, as PEM')
    .option('--engine <name>', ENGINE_CHOICES.join(', '), engineName, 'auto')
    .option('--image <image>', 'container image of the Autobahn|Testsuite')
    .option('--data <folder>', "Autobahn's own data for 12.x and 13.x, instead of data of the same character")
    .option('--expected <file>', 'expectation file')
    .option('--out <folder>', 'where the report goes', 'conformance-report')
    .option('--from <folder>', 'read results that were recorded earlier instead of playing')
    .option('--spec <file>', "a fuzzingclient.json of Autobahn's that says what may be run")
    .option('--config <file>', 'configuration, instead of the nearest conformance.config.json')
    .option('--jobs <n>', 'how many containers, or cases, at once', wholeNumber)
    .option('--shard <i/n>', 'play one of several shares of about equal weight', shard)
    .option('--strict', 'NON-STRICT fails, even where it is expected')
    .option('--patience <seconds>', 'without progress for so long, ask the server whether it lives', positive, 30)
    .option('--timeout <seconds>', 'end the run after so long', positive)
    .option('--ready-timeout <seconds>', 'how long a server may take to start', positive)
    .option('--history <file>', 'add the run to this file, and show how its cases fared over time')
    .option('--resume', 'play what the last report in --out has no result for, and keep what it has')
    .option('--watch', 'run again whenever a file of the server changes, until Ctrl-C')
    .option('--trace', 'print every frame on stderr as it happens (embedded engine)')
    .option('--json', 'print the report as JSON, and nothing else, on stdout')
    .option('--quiet', 'print the end only')
    .option('--color', 'with colours, whatever the terminal says')
    .option('--no-color', 'without colours')
    .addHelpText('after', EXAMPLES)
    .action(async (cases: string[], flags: RunFlags) => {
      exitCode = await runVerb(cases, command, flags);
    });

  program
    .command('accept')
    .description('make the outcomes of the last run what is expected from now on')
    .argument('[cases...]', 'which; all when left out')
    .option('--out <folder>', 'the report of the last run', 'conformance-report')
    .option('--expected <file>', "expectation file to write, instead of the configured server's")
    .option('--server <name>', 'the agent of the report, when it has several')
    .option('--config <file>', 'configuration, instead of the nearest conformance.config.json')
    .option('--why <reason>', 'why these outcomes are right; needed when a grade is not that of a conformant server')
    .action((cases: string[], flags: AcceptFlags) => {
      exitCode = acceptVerb(cases, flags);
    });

  program
    .command('list')
    .description('the plan, without running it')
    .argument('[cases...]')
    .option('--spec <file>', "a fuzzingclient.json of Autobahn's that says what may be run")
    .option('--shard <i/n>', 'one of several shares', shard)
    .option('--json', 'as JSON')
    .action((cases: string[], flags: Pick<RunFlags, 'spec' | 'shard' | 'json'>) => {
      const plan = planOf(cases, flags);
      if (flags.json) stdout.write(`${JSON.stringify(plan, null, 2)}\n`);
      else
        for (const info of plan)
          stdout.write(
            `${info.id.padEnd(8)} ${info.title}  [${info.rfc.join(', ')}]  ${(info.weightMs / 1000).toFixed(1)} s\n`,
          );
    });

  program
    .command('explain')
    .description('what a case sends, what must happen, and what mostly lies behind its verdicts')
    .argument('<case>', 'an id, such as 7.1.6')
    .action((id: string) => {
      stdout.write(explainCase(id));
    });

  program
    .command('compare')
    .description('what regressed, was fixed or changed between two runs, or between two agents of one')
    .argument('<a>', 'folder of a report, or an agent of the report --from names')
    .argument('<b>', 'the same, held against a')
    .option('--from <folder>', 'report in which a and b are agents', 'conformance-report')
    .option('--agent <name>', 'only this agent of two reports')
    .option('--out <folder>', 'write compare.html there')
    .option('--json', 'as JSON')
    .option('--md', 'as markdown')
    .action(async (a: string, b: string, flags: CompareFlags) => {
      const { text, exitCode: code } = await compareVerb(a, b, flags, styleOf(stdout, undefined));
      stdout.write(text);
      exitCode = code;
    });

  program
    .command('serve')
    .description('the in-repo server alone')
    .option('--port <port>', 'where it listens', '8888')
    .option('--host <address>', 'on which address', '127.0.0.1')
    .option('--path <path>', 'path of the endpoint', '/ws')
    .action(async ({ port, host, path }: { port: string; host: string; path: string }) => {
      const { execa } = await import('execa');
      const [file = '', ...args] = (inRepoServer().command ?? []).slice(0, -2);
      const ended = await execa(file, [...args, '--port', port, '--host', host, '--path', path], {
        stdio: 'inherit',
        reject: false,
      });
      exitCode = ended.exitCode ?? 0;
    });

  program
    .command('completion')
    .description('a script that completes verbs and options in a shell')
    .argument('<shell>', SHELLS.join(', '))
    .action((shell: string) => {
      const verbs = program.commands.map((verb) => ({
        name: verb.name(),
        options: verb.options.flatMap(({ long }) => long ?? []),
      }));
      stdout.write(completionScript(shell, TOOL.name, verbs));
    });

  await program.parseAsync(own, { from: 'user' });
  return exitCode;
}

const EXAMPLES = `
Examples:
  ${TOOL.name}                                       the server of this repository, all cases
  ${TOOL.name} @core '!6'                            cases 1 to 5, 7 and 10
  ${TOOL.name} --url ws://127.0.0.1:9001/            a server that is running already
  ${TOOL.name} 7 -- ./my-server --listen {port}      start a server, play category 7
  ${TOOL.name} --from reports/servers                judge what wstest left behind

Exit codes: 0 as expected; 1 not as expected; 2 the command or a file you wrote is wrong; 3 it could not be told;
130, 143 interrupted.`;

async function runVerb(
  patterns: readonly string[],
  command: readonly string[] | undefined,
  flags: RunFlags,
): Promise<number> {
  refuseTogether(flags);
  const interruption = listenForSignals();
  if (!flags.watch) return await runOnce(patterns, command, flags, interruption);
  const servers = serversOf(readConfig(process.cwd(), flags.config), command, flags);
  const files = new FileWatch(
    servers.map(({ cwd }) => cwd),
    flags.out,
  );
  const say = (text: string) => stderr.write(`${visible(text)}\n`);
  try {
    for (let round = 2; ; round++) {
      // While one edits, a configuration or a server may well be broken: the next change may mend it.
      await runOnce(patterns, command, flags, interruption).catch((error: unknown) => {
        say(describeProblem(asProblem(error), styleOf(stderr, flags.color)).join('\n'));
      });
      interruption.throwIfAborted();
      say(`watching ${servers.map(({ cwd }) => cwd).join(', ')}; Ctrl-C ends it`);
      const file = await files.changed(interruption);
      say(`---- ${new Date().toTimeString().slice(0, 8)} ${file} changed: run ${round} ----`);
    }
  } finally {
    files.close();
  }
}

async function runOnce(
  patterns: readonly string[],
  command: readonly string[] | undefined,
  flags: RunFlags,
  interruption: AbortSignal,
): Promise<number> {
  const earlier = flags.resume ? readReport(flags.out, 'resume') : undefined;
  const plan =
    earlier && !choosesCases(patterns, flags)
      ? planOf(
          earlier.cases.map(({ id }) => id),
          {},
        )
      : planOf(patterns, flags);
  const config = readConfig(process.cwd(), flags.config);
  const options = {
    plan,
    out: flags.out,
    strict: flags.strict ?? false,
    command: earlier?.run.command ?? shellCommand(),
    ...(flags.history === undefined ? {} : { history: flags.history }),
  };
  const report =
    flags.from === undefined
      ? await playServers(serversOf(config, command, flags), options, flags, interruption, earlier)
      : await readFolder(flags.from, config, options, flags, interruption);
  if (flags.json) stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  else stdout.write(endBlock(report, flags.out, styleOf(stdout, flags.color)));
  // The runner reads both streams; with --json stdout holds that alone.
  (flags.json ? stderr : stdout).write(tellGithub(report, env));
  return report.gate.exitCode;
}

/** Whether the command line says which cases are meant; else a resumed run has the plan of the one before. */
const choosesCases = (patterns: readonly string[], flags: RunFlags) =>
  patterns.length > 0 || flags.spec !== undefined || flags.shard !== undefined;

/** @throws Trouble (2) for flags of which each says something else about where results come from. */
function refuseTogether(flags: RunFlags): void {
  const pairs = [
    ['from', 'resume', 'Results that were recorded earlier are read; nothing is played.'],
    ['from', 'watch', 'Results that were recorded earlier do not change with the server.'],
    ['resume', 'watch', 'One completes a run that was interrupted, the other begins a new one at every change.'],
    ['json', 'watch', 'With --json stdout is one document; every run would print another.'],
  ] as const;
  for (const [one, other, why] of pairs) {
    if (!flags[one] || !flags[other]) continue;
    throw new Trouble(2, {
      what: `--${one} and --${other} do not go together.`,
      why,
      todo: 'Leave one of them out.',
    });
  }
}

type Options = Parameters<typeof run>[1];

async function playServers(
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
          commit: (await revision()).commit,
        });
  const progress = flags.quiet ? undefined : new ProgressLine(stderr, speaksUnicode(env));
  const tell = (line: string) => (progress ? progress.say(line) : stderr.write(`${visible(line)}\n`));
  // Who waits for the end of every run wants the fast engine.
  const choice = flags.watch && flags.engine === 'auto' && flags.image === undefined ? 'native' : flags.engine;
  const { ca } = flags;
  const engine = chooseEngine(choice, {
    ...(flags.image === undefined ? {} : { image: flags.image }),
    ...(flags.header === undefined ? {} : { headers: headersOf(flags.header) }),
    ...(ca === undefined ? {} : { ca: () => readCertificates(ca) }),
    ...(flags.data === undefined ? {} : { dataFolder: resolve(flags.data) }),
    ...(flags.trace ? { trace: (id, moment) => tell(momentLine(id, moment)) } : {}),
  });
  try {
    const gather = gatherByPlaying(
      engine,
      {
        servers,
        ...(flags.jobs === undefined ? {} : { jobs: flags.jobs }),
        patienceSeconds: flags.patience,
        ...(flags.timeout === undefined ? {} : { timeoutSeconds: flags.timeout }),
        ...(kept === undefined ? {} : { kept }),
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

async function readFolder(
  from: string,
  config: Config,
  options: Options,
  flags: RunFlags,
  signal: AbortSignal,
): Promise<Report> {
  const { unpackResults } = await import('./archive.ts');
  const { folder, remove } = await unpackResults(from);
  try {
    const [named] = flags.server ?? [];
    const base = named === undefined ? undefined : serverNamed(config, named);
    const only: ServerConfig | undefined =
      flags.expected === undefined ? base : { ...(base ?? unnamedServer('')), expectedFile: resolve(flags.expected) };
    return await run(gatherFromFolder(folder, [...config.servers.values()], only, today()), options, signal);
  } finally {
    remove();
  }
}

const unnamedServer = (agent: string): ServerConfig => ({
  name: agent,
  agent,
  path: '/',
  cwd: process.cwd(),
  env: {},
  readySeconds: 30,
});

/** Which servers to run, from `--server`, `--url`, a command behind `--`, or the configuration's default. */
function serversOf(config: Config, command: readonly string[] | undefined, flags: RunFlags): ServerConfig[] {
  const ways = [
    flags.server !== undefined && '--server',
    flags.url !== undefined && '--url',
    command !== undefined && 'a command behind "--"',
  ].filter((way) => way !== false);
  if (ways.length > 1) {
    throw new Trouble(2, {
      what: `It is not clear which server is meant: ${ways.join(' and ')} were given.`,
      why: 'Each of them names one.',
      todo: 'Keep one of them.',
    });
  }
  const named = flags.server?.includes('all')
    ? [...config.servers.values()]
    : (flags.server ?? [config.defaultServer]).map((name) => serverNamed(config, name));
  const servers =
    flags.url !== undefined
      ? [{ ...unnamedServer(flags.agent ?? 'server'), url: checkedUrl(flags.url) }]
      : command !== undefined
        ? [{ ...unnamedServer(flags.agent ?? 'server'), command: checkedCommand(command) }]
        : named;
  if (servers.length > 1 && (flags.agent !== undefined || flags.expected !== undefined)) {
    throw new Trouble(2, {
      what: '--agent and --expected go with one server.',
      why: `${servers.length} servers are to be run.`,
      todo: 'Write them into the configuration.',
    });
  }
  return servers.map((server) => ({
    ...server,
    ...(flags.agent === undefined ? {} : { agent: checkedAgent(flags.agent) }),
    ...(flags.path === undefined ? {} : { path: flags.path }),
    ...(flags.expected === undefined ? {} : { expectedFile: resolve(flags.expected) }),
    ...(flags.protocol === undefined ? {} : { protocols: flags.protocol }),
    ...(flags.origin === undefined ? {} : { origin: flags.origin }),
    ...(flags.readyTimeout === undefined ? {} : { readySeconds: flags.readyTimeout }),
  }));
}

function headersOf(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    lines.map((line) => {
      const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/.exec(line) ?? [];
      if (name !== undefined && value !== undefined) return [name, value];
      throw new Trouble(2, {
        what: `"${visible(line)}" is no header field.`,
        where: '--header',
        why: 'It has a name, a colon and a value of visible characters (RFC 9110 5).',
        todo: 'For example --header "Authorization: Bearer abc".',
      });
    }),
  );
}

function checkedUrl(url: string): string {
  if (URL.canParse(url) && ['ws:', 'wss:'].includes(new URL(url).protocol)) return url;
  throw new Trouble(2, {
    what: `"${visible(url)}" is no WebSocket address.`,
    where: '--url',
    why: 'It has to begin with ws:// or wss:// and name a host.',
    todo: 'For example --url ws://127.0.0.1:9001/',
  });
}

function checkedCommand(command: readonly string[]): readonly string[] {
  if (command.length > 0) return command;
  throw new Trouble(2, {
    what: 'There is no command behind "--".',
    why: 'It starts the server to be tested.',
    todo: 'For example: -- node server.js --port {port}',
  });
}

function checkedAgent(agent: string): string {
  if (agent.length > 0 && agent.length <= 64 && visible(agent) === agent) return agent;
  throw new Trouble(2, {
    what: 'The agent name cannot be used.',
    where: '--agent',
    why: 'It has 1 to 64 visible characters.',
    todo: 'Choose another one.',
  });
}

function planOf(patterns: readonly string[], flags: Pick<RunFlags, 'spec' | 'shard'>) {
  const expanded = patterns.flatMap((pattern) =>
    /^!?@(?!core$|limits$|deflate$)/.test(pattern) ? readList(pattern) : [pattern],
  );
  let spec = catalogue;
  if (flags.spec !== undefined) {
    const { cases, warnings } = readSpec(readUserFile(flags.spec, 'spec'), flags.spec, suiteIds);
    for (const warning of warnings) stderr.write(`warning: ${visible(warning)}\n`);
    spec = catalogue.filter((info) => cases.includes(info.id));
  }
  return makePlan(spec, expanded, flags.shard);
}

/** `@file`: a pattern a line, `#` begins a comment; `!@file` takes away what the file names. */
function readList(pattern: string): string[] {
  const [, minus = '', path = ''] = /^(!?)@(.*)$/.exec(pattern) ?? [];
  return readUserFile(path, 'list of cases')
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '')
    .map((line) => minus + line);
}

function readUserFile(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Trouble(2, {
      what: `The ${what} cannot be read.`,
      where: path,
      why: error instanceof Error ? error.message : String(error),
      todo: 'Check the path.',
    });
  }
}

/** Certificates as PEM. What is none would else be ignored without a word, and every connection refused. */
function readCertificates(path: string): string {
  const pem = readUserFile(path, 'certificate');
  try {
    new X509Certificate(pem);
    return pem;
  } catch (error) {
    throw new Trouble(2, {
      what: 'The file of --ca holds no certificate.',
      where: path,
      why: error instanceof Error ? error.message : String(error),
      todo: 'Name a PEM file that begins with -----BEGIN CERTIFICATE-----.',
    });
  }
}

interface AcceptFlags {
  out: string;
  expected?: string;
  server?: string;
  config?: string;
  why?: string;
}

/** Refuses in CI and after a run that was not complete: both would make an accident the expectation. */
function acceptVerb(patterns: readonly string[], flags: AcceptFlags): number {
  if (env.CI) {
    throw new Trouble(2, {
      what: 'Outcomes are not accepted in CI.',
      why: 'CI is set: a job that accepts what it sees can never fail.',
      todo: 'Accept on your own machine, and commit the file.',
    });
  }
  const report = readReport(flags.out, 'accept');
  if (report.gate.decision === 'undecided') {
    throw new Trouble(2, {
      what: 'The last run cannot be accepted: it is not complete.',
      where: flags.out,
      why: report.gate.sentence,
      todo: 'Run again until every case has a result.',
    });
  }
  const config = readConfig(process.cwd(), flags.config);
  const agent =
    flags.server === undefined
      ? report.agents[0]
      : report.agents.find(
          (one) => one.name === flags.server || config.servers.get(flags.server ?? '')?.agent === one.name,
        );
  if (!agent || (flags.server === undefined && report.agents.length > 1)) {
    throw new Trouble(2, {
      what: 'It is not clear whose outcomes are meant.',
      where: flags.out,
      why: `The report has: ${report.agents.map((one) => one.name).join(', ')}.`,
      todo: 'Name one with --server.',
    });
  }
  const path =
    flags.expected ??
    agent.expectedFile ??
    [...config.servers.values()].find((one) => one.agent === agent.name)?.expectedFile;
  if (path === undefined) {
    throw new Trouble(2, {
      what: 'There is no expectation file to write.',
      why: `The server "${agent.name}" has none in the configuration.`,
      todo: 'Name one with --expected FILE, or add "expected" to the server.',
    });
  }
  const shown = relative(process.cwd(), resolve(path));
  const exists = statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
  const text = exists ? readFileSync(path, 'utf8') : emptyExpectationFile(agent.name);
  const server = exists ? { ...unnamedServer(agent.name), expectedFile: resolve(path) } : unnamedServer(agent.name);
  const played = new Map<string, Outcome>(
    agent.cases.flatMap(({ id, actual }) => (actual ? [[id, actual] as const] : [])),
  );
  const chosen = new Set(selectCases([...played.keys()], patterns));
  const outcomes = new Map([...played].filter(([id]) => chosen.has(id)));
  const changes = findChanges(outcomes, expectationsOf(server, today()), conformantOutcome, flags.why);
  for (const change of changes) stdout.write(`${visible(change.text)}\n`);
  if (changes.length > 0 || !exists) writeAtomically(path, applyChanges(text, changes, suiteIds));
  stdout.write(
    changes.length === 0
      ? `Nothing to accept: ${shown} says so already.\n`
      : `${changes.length} of ${outcomes.size} outcomes accepted into ${shown}.\n`,
  );
  return 0;
}

function readReport(out: string, verb: 'accept' | 'resume'): Report {
  const path = resolve(out, 'report.json');
  try {
    return reportSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    throw new Trouble(2, {
      what: `There is no report of a run to ${verb}.`,
      where: path,
      why: error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error),
      todo: 'Run first, or name its folder with --out.',
    });
  }
}

/** One abort signal for all that goes on. The second signal, or too long a farewell, ends us at once. */
function listenForSignals(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      const interruption = new Interruption(name);
      const leave = () => {
        abandonWorkspaces();
        process.exit(interruption.exitCode);
      };
      if (controller.signal.aborted) leave();
      controller.abort(interruption);
      setTimeout(leave, LAST_CALL_MS).unref();
    });
  }
  return controller.signal;
}

const styleOf = (stream: NodeJS.WriteStream, flag: boolean | undefined): Style => ({
  colour: wantsColour(flag, env, stream.isTTY === true),
  unicode: speaksUnicode(env),
});

/** What was typed, for "run this again". */
function shellCommand(): string {
  const quoted = argv
    .slice(2)
    .map((word) => (/^[\w@%+=:,./{}-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`));
  const start = env.npm_lifecycle_event === 'conformance' ? ['npm', 'run', 'conformance', '--'] : [TOOL.name];
  return [...start, ...quoted].join(' ');
}

// A reader that closed our stdout (`| head`) has seen enough; that is no fault.
stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

try {
  process.exitCode = await main();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else if (error instanceof Interruption) {
    process.exitCode = error.exitCode;
  } else {
    stderr.write(`\n${describeProblem(asProblem(error), styleOf(stderr, undefined)).join('\n')}\n`);
    process.exitCode = error instanceof Trouble ? error.exitCode : 3;
  }
}
