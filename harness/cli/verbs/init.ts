import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import type { Command } from 'commander';
import { slugOf } from '../../../reports/document/slug.ts';
import { fitted, spelt, visible } from '../../../reports/wording/terminal-text.ts';
import { ALL, checkedAgent } from '../../config/config.ts';
import { loadConfig } from '../../config/config-file.ts';
import { emptyExpectationFile } from '../../expectations/accept.ts';
import { configText, expectationText, type InitTarget, workflowText } from '../../init/init.ts';
import {
  agentOf,
  type IndexOrigin,
  type Outcomes,
  outcomesOf,
  readOrigin,
  type SpecOrigin,
} from '../../init/init-from.ts';
import { patternsFor } from '../../plan/case-patterns.ts';
import { readResults } from '../../results/read-results.ts';
import { suiteIds } from '../../suites/autobahn/catalogue.ts';
import { autobahn } from '../../suites/autobahn/suite.ts';
import { HarnessError } from '../../support/harness-error.ts';
import { TOOL } from '../../support/identity.ts';
import { readUserFile } from '../options/selection.ts';
import { checkedCommand, checkedUrl, refuseSeveral } from '../options/servers.ts';
import { type Shell, say, styleOf, typedLine } from '../options/shell.ts';
import { splitCommandLine } from '../options/split-command-line.ts';

interface InitFlags {
  command?: string;
  url?: string;
  name?: string;
  path?: string;
  from?: string;
}

const CONFIG = 'conformance.config.json';

const EXAMPLES = `
Examples:
  for a server that this tool starts
    ${TOOL.name} init --path /ws -- node server.js --port {port}
  for a server that is already running
    ${TOOL.name} init --url ws://127.0.0.1:9001/
  with the cases and the server of a fuzzingclient.json
    ${TOOL.name} init --from fuzzingclient.json
  with the results that wstest recorded as the expectation
    ${TOOL.name} init --from index.json -- ./my-server

init never overwrites a file.`;

/** `init`: what a project needs to hold its own server to the suite, from nothing or from what it has of Autobahn's. */
export function addInit(program: Command, shell: Shell): void {
  program
    .command('init')
    .description('write a configuration, an expectation file and a CI workflow for your own server')
    .option('--command <words>', 'command that starts the server, as one string; or write the command after "--"')
    .option('--url <url>', 'address of a server that is already running')
    .option('--name <name>', 'name of the server (default: the name of the folder)')
    .option('--path <path>', 'path of the WebSocket endpoint of the started server')
    .option(
      '--from <file>',
      'fuzzingclient.json or index.json of the Autobahn|Testsuite, or the folder of an index.json',
    )
    .addHelpText('after', EXAMPLES)
    .action(async (flags: InitFlags) => {
      await init(shell, process.cwd(), flags);
    });
}

async function init(shell: Shell, folder: string, flags: InitFlags): Promise<void> {
  const path = flags.from === undefined ? undefined : originFile(flags.from);
  const origin = path === undefined ? undefined : readOrigin(readUserFile(path, 'file of --from'), path, suiteIds);
  const spec = origin?.form === 'spec' ? origin : undefined;
  for (const warning of spec?.warnings ?? []) say(shell, `warning: ${warning}`);
  const { target, agent } = targetOf(shell.command, flags, spec, path);
  const begun =
    origin?.form === 'index' && path !== undefined ? recordedIn(shell, origin, path, flags.name) : undefined;
  const name = checkedName(flags.name ?? begun?.agent ?? agent ?? (basename(folder) || 'server'));
  const expected = `conformance/${slugOf(name)}.json`;
  const expectation = begun
    ? expectationText(name, begun.outcomes, begun.why)
    : { text: emptyExpectationFile(autobahn, name), deviating: [] };

  const root = repositoryOf(folder);
  const words = spec === undefined ? [] : patternsFor(spec.cases, suiteIds);
  const files = new Map([
    [join(folder, CONFIG), configText(name, target, expected)],
    [join(folder, expected), expectation.text],
    [
      join(root, '.github/workflows/conformance.yml'),
      workflowText({
        run: typedLine({ ...shell, words, env: {} }, `npx --yes ${TOOL.name}@${TOOL.version}`),
        target,
        locked: existsSync(join(folder, 'package-lock.json')),
        below: relative(root, folder).split(sep).join('/'),
      }),
    ],
  ]);
  refuseExisting(folder, [...files.keys()]);
  await refuseOtherConfig(folder);
  writeAll(files);

  const line = (typed: readonly string[]) => typedLine({ ...shell, words: typed }, `npx ${TOOL.name}`);
  const { deviating } = expectation;
  const told = [
    ...(deviating.length === 0
      ? []
      : [
          `${deviating.length} cases differ from a conformant server: ${namesOf(deviating)}`,
          `Say why in ${expected}.`,
          '',
        ]),
    ...[...files.keys()].map((file) => `wrote ${relative(folder, file)}`),
    '',
    ...(ignoresReport(root, folder)
      ? []
      : ['Keep the reports out of your repository: add conformance-report/ to .gitignore.', '']),
    'Next: play the cases; then, when what it shows is as it has to be, make that the expectation.',
    `  ${line(words)}`,
    `  ${line(['accept'])} --why "…"`,
  ];
  const style = styleOf(shell, shell.stdout, undefined);
  // A command or a path is there to be copied: it is not broken.
  const lines = told.flatMap((one) =>
    /^(wrote | )/.test(one) ? spelt(visible(one), style) : fitted(visible(one), '', '  ', style),
  );
  shell.stdout.write(`${lines.join('\n')}\n`);
}

/** Many cases in few words. */
function namesOf(ids: readonly string[]): string {
  const patterns = patternsFor(ids, suiteIds);
  if (patterns.length === 0) return 'all of them';
  return patterns[0]?.startsWith('!') ? `all but ${patterns.join(' ').replaceAll('!', '')}` : patterns.join(' ');
}

/** The file that is meant: of a folder of results its index. */
function originFile(from: string): string {
  return existsSync(from) && statSync(from).isDirectory() ? join(from, 'index.json') : from;
}

/** The server that was named: on the command line, else as the only one of a spec. @throws HarnessError (2). */
function targetOf(
  behind: readonly string[] | undefined,
  flags: InitFlags,
  spec: SpecOrigin | undefined,
  specPath: string | undefined,
): { target: InitTarget; agent?: string } {
  const ways = [
    flags.command !== undefined && '--command',
    flags.url !== undefined && '--url',
    behind !== undefined && 'a command behind "--"',
  ].filter((way) => way !== false);
  refuseSeveral(ways);
  const command = behind ?? (flags.command === undefined ? undefined : splitCommandLine(flags.command));
  if (command !== undefined) return { target: { command: checkedCommand(command), path: checkedPath(flags.path) } };
  refuseLonePath(flags.path);
  if (flags.url !== undefined) return { target: { url: checkedUrl(flags.url) } };
  const [server] = spec?.servers ?? [];
  if (server === undefined || spec?.servers.length !== 1) throw noTarget(spec, specPath);
  const { agent, url } = server;
  return { target: { url: checkedUrl(url, specPath) }, ...(agent === undefined ? {} : { agent }) };
}

function noTarget(spec: SpecOrigin | undefined, specPath: string | undefined): HarnessError {
  const several = spec !== undefined && spec.servers.length > 1;
  return new HarnessError(2, {
    what: several ? 'It is not clear which server is meant.' : 'There is no server to write down.',
    ...(specPath === undefined ? {} : { where: specPath }),
    why: several
      ? `The spec names ${spec.servers.length}: ${spec.servers.map(({ url }) => url).join(', ')}.`
      : 'Neither a command that starts it nor an address where it is running was given.',
    todo: 'For example: init -- node server.js --port {port}, or init --url ws://127.0.0.1:9001/',
  });
}

function checkedPath(path = '/'): string {
  if (path.startsWith('/')) return path;
  throw new HarnessError(2, {
    what: `"${visible(path)}" is no path of an endpoint.`,
    where: '--path',
    why: 'It begins with a slash.',
    todo: `Write --path /${visible(path)}`,
  });
}

function refuseLonePath(path: string | undefined): void {
  if (path === undefined) return;
  throw new HarnessError(2, {
    what: '--path goes with a command that starts the server.',
    where: '--path',
    why: 'An address has its path already.',
    todo: `Write the path into the address: --url ws://127.0.0.1:9001${visible(checkedPath(path))}`,
  });
}

function checkedName(name: string): string {
  if (name !== ALL) return checkedAgent(name, '--name');
  throw new HarnessError(2, {
    what: 'A server cannot be called "all".',
    where: '--name',
    why: '"run --server all" means every server of the configuration.',
    todo: 'Choose another name.',
  });
}

/** What was recorded of one agent, with what one has to know of how complete that is said on stderr. */
function recordedIn(
  shell: Shell,
  origin: IndexOrigin,
  path: string,
  name: string | undefined,
): { agent: string; outcomes: Outcomes; why: string } {
  const agent = agentOf(origin, path, name);
  const recorded = caseFiles(dirname(path), basename(path), agent);
  const { outcomes, missing, unknown } = outcomesOf(origin.agents.get(agent) ?? new Map(), suiteIds, recorded);
  const warn = (text: string) => say(shell, `warning: ${path}: ${text}`);
  if (outcomes.size === 0) {
    throw new HarnessError(2, {
      what: 'The index holds not one case of this suite.',
      where: path,
      why: `It has ${unknown.slice(0, 5).join(', ')}.`,
      todo: 'Record it again with Autobahn|Testsuite 25.10.1, or leave --from out.',
    });
  }
  if (unknown.length > 0) warn(`left out, since this suite has no such case: ${unknown.join(' ')}`);
  if (missing.length > 0) {
    const conformant = 'are not in it, and are held to what a conformant server does';
    warn(`${missing.length} of ${suiteIds.length} cases ${conformant}: ${namesOf(missing)}`);
  }
  const bare = [...outcomes.keys()].filter((id) => !recorded.has(id)).length;
  if (bare > 0)
    warn(
      `of ${bare} cases there are grades and close code only; the first run may show further facts of those that differ: look at them, then accept.`,
    );
  return { agent, outcomes, why: `as recorded in ${basename(path)}; not yet explained` };
}

/** Outcomes from the case files beside an index, as far as they can be read and do not contradict it. */
function caseFiles(folder: string, index: string, agent: string): Outcomes {
  // Under another name it was taken out of its folder, and what lies beside it is not its own.
  if (index !== 'index.json') return new Map();
  const { agents } = readResults(autobahn, folder, { cases: suiteIds, agents: [agent], extraIsFault: false });
  return new Map(
    (agents[0]?.results ?? []).flatMap((result) =>
      result.did === 'run' ? [[result.id, result.outcome] as const] : [],
    ),
  );
}

/** The repository's root, where alone GitHub looks for workflows; the folder itself outside of one. */
function repositoryOf(folder: string): string {
  for (let at = resolve(folder); ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return at;
    if (dirname(at) === at) return folder;
  }
}

/** Whether git has been told already that reports are not its own; true outside of a repository. */
function ignoresReport(root: string, folder: string): boolean {
  if (!existsSync(join(root, '.git'))) return true;
  return [root, folder].some((at) => {
    const path = join(at, '.gitignore');
    return existsSync(path) && /^\/?(.*\/)?conformance-report\/?$/m.test(readFileSync(path, 'utf8'));
  });
}

/** A link that leads nowhere is there too; what cannot be looked at is told by who tries to write it. */
function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

/** @throws HarnessError (2) naming every file that is there already. */
function refuseExisting(folder: string, paths: readonly string[]): void {
  const there = paths.filter(isThere);
  if (there.length === 0) return;
  throw existing(folder, there.map((path) => relative(folder, path)).join(', '));
}

function existing(folder: string, what: string): HarnessError {
  return new HarnessError(2, {
    what: `There is already ${what}.`,
    where: folder,
    why: 'What somebody wrote is not overwritten; nothing has been written.',
    todo: 'Move it away, or write into it what is missing by hand; "--name" gives the expectation file another name.',
  });
}

/** A second configuration in a folder would make the first one unusable. */
async function refuseOtherConfig(folder: string): Promise<void> {
  const found = await loadConfig(folder, undefined);
  if (found === undefined || dirname(found.path) !== resolve(folder)) return;
  const name = basename(found.path);
  throw existing(folder, name === 'package.json' ? 'a configuration in package.json, under "conformance"' : name);
}

/** Writes all files or none. What appears in the meantime is not overwritten either. @throws HarnessError (2). */
function writeAll(files: ReadonlyMap<string, string>): void {
  const ours: string[] = [];
  for (const [path, text] of files) {
    try {
      mkdirSync(dirname(path), { recursive: true });
      const file = openSync(path, 'wx');
      ours.push(path);
      try {
        writeFileSync(file, text);
      } finally {
        closeSync(file);
      }
    } catch (error) {
      for (const one of ours) rmSync(one, { force: true });
      throw new HarnessError(2, {
        what: 'A file cannot be written; none has been.',
        where: path,
        why: error instanceof Error ? error.message : String(error),
        todo: 'Make room for it, or let yourself write there, and type it again.',
      });
    }
  }
}
