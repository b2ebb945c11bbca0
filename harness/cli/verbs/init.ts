import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import type { Command } from 'commander';
import { slugOf } from '../../../reports/document/slug.ts';
import { inCharset, terminalSafe, wrapForStream } from '../../../reports/wording/terminal-text.ts';
import { ALL, checkedAgent } from '../../config/config.ts';
import { emptyExpectationFile } from '../../expectations/accept.ts';
import { patternsFor } from '../../plan/case-patterns.ts';
import { readResults } from '../../results/read-results.ts';
import { suiteIds } from '../../suites/autobahn/catalogue.ts';
import { autobahn } from '../../suites/autobahn/suite.ts';
import { HarnessError } from '../../support/harness-error.ts';
import { TOOL } from '../../support/identity.ts';
import { configText, expectationText, workflowText } from '../init/init.ts';
import { agentOf, type IndexOrigin, type Outcomes, outcomesOf, readOrigin } from '../init/init-from.ts';
import { readUserFile } from '../options/selection.ts';
import { type Shell, say, styleOf, typedLine } from '../options/shell.ts';
import { ignoresReport, refuseExistingFiles, refuseOtherConfig, repositoryOf, writeAll } from './init-files.ts';
import { serverToWrite } from './init-server.ts';

interface InitFlags {
  command?: string;
  url?: string;
  name?: string;
  path?: string;
  from?: string;
}

/** Name of the configuration file that `init` writes. */
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

/**
 * Adds the verb `init`, which writes the files that a project needs to test its own server. `--from` takes cases, servers
 * or results from files of the Autobahn|Testsuite.
 */
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

/** Collects what the files must contain, writes the files, and prints what to do next. */
async function init(shell: Shell, folder: string, flags: InitFlags): Promise<void> {
  const path = flags.from === undefined ? undefined : originFile(flags.from);
  const origin = path === undefined ? undefined : readOrigin(readUserFile(path, 'file of --from'), path, suiteIds);
  const spec = origin?.form === 'spec' ? origin : undefined;
  for (const warning of spec?.warnings ?? []) say(shell, `warning: ${warning}`);
  const { target, agent } = serverToWrite(shell.command, flags, spec, path);
  const recording =
    origin?.form === 'index' && path !== undefined ? readRecording(shell, origin, path, flags.name) : undefined;
  const name = checkedName(flags.name ?? recording?.agent ?? agent ?? (basename(folder) || 'server'));
  const expected = `conformance/${slugOf(name)}.json`;
  const expectation = recording
    ? expectationText(name, recording.outcomes, recording.why)
    : { text: emptyExpectationFile(autobahn, name), deviating: [] };

  const root = repositoryOf(folder);
  const patterns = spec === undefined ? [] : patternsFor(spec.cases, suiteIds);
  const files = new Map([
    [join(folder, CONFIG), configText(name, target, expected)],
    [join(folder, expected), expectation.text],
    [
      join(root, '.github/workflows/conformance.yml'),
      workflowText({
        run: typedLine({ ...shell, words: patterns, env: {} }, `npx --yes ${TOOL.name}@${TOOL.version}`),
        target,
        locked: existsSync(join(folder, 'package-lock.json')),
        below: relative(root, folder).split(sep).join('/'),
      }),
    ],
  ]);
  refuseExistingFiles(folder, [...files.keys()]);
  await refuseOtherConfig(folder);
  writeAll(files);

  const commandLine = (words: readonly string[]) => typedLine({ ...shell, words }, `npx ${TOOL.name}`);
  const { deviating } = expectation;
  const output = [
    ...(deviating.length === 0
      ? []
      : [
          `${deviating.length} cases differ from a conformant server: ${namesOf(deviating)}`,
          `Write the reason for each difference into ${expected}.`,
          '',
        ]),
    ...[...files.keys()].map((file) => `wrote ${relative(folder, file)}`),
    '',
    ...(ignoresReport(root, folder)
      ? []
      : ['Reports do not belong into the repository: add conformance-report/ to .gitignore.', '']),
    'Next: run the cases. If you agree with the outcomes, make them the expectation.',
    `  ${commandLine(patterns)}`,
    `  ${commandLine(['accept'])} --why "…"`,
  ];
  const style = styleOf(shell, shell.stdout, undefined);
  // Commands and paths stay on one line, because the user may copy them.
  const lines = output.flatMap((line) =>
    /^(wrote | )/.test(line)
      ? inCharset(terminalSafe(line), style)
      : wrapForStream(terminalSafe(line), '', '  ', style),
  );
  shell.stdout.write(`${lines.join('\n')}\n`);
}

/** A list of case ids as short text, for example `6.4 9.3.1` or `all but 1.1.1`. */
function namesOf(ids: readonly string[]): string {
  const patterns = patternsFor(ids, suiteIds);
  if (patterns.length === 0) return 'all cases';
  return patterns[0]?.startsWith('!') ? `all but ${patterns.join(' ').replaceAll('!', '')}` : patterns.join(' ');
}

/** The file that `--from` names. If `--from` is a folder of results, the file is its index.json. */
function originFile(from: string): string {
  return existsSync(from) && statSync(from).isDirectory() ? join(from, 'index.json') : from;
}

/**
 * Checks the name of a server.
 * @returns the name.
 * @throws HarnessError with exit code 2 if the name cannot be used for a server.
 */
function checkedName(name: string): string {
  if (name !== ALL) return checkedAgent(name, '--name');
  throw new HarnessError(2, {
    what: 'A server cannot be called "all".',
    where: '--name',
    why: '--server all means every server of the configuration.',
    todo: 'Choose another name.',
  });
}

/**
 * Reads the recorded outcomes of one agent (tested server). Warnings on stderr say which cases are missing or unknown,
 * and how many cases have no case file.
 * @throws HarnessError with exit code 2 if the index has no case of this suite.
 */
function readRecording(
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
      what: 'The index contains no case of this suite.',
      where: path,
      why: `The index contains, for example, ${unknown.slice(0, 5).join(', ')}.`,
      todo: 'Record the results again with Autobahn|Testsuite 25.10.1, or leave out --from.',
    });
  }
  if (unknown.length > 0) warn(`these ids are ignored, because the suite has no such case: ${unknown.join(' ')}`);
  if (missing.length > 0) {
    const consequence = 'are not in the index; their expectation is the outcome of a conformant server';
    warn(`${missing.length} of ${suiteIds.length} cases ${consequence}: ${namesOf(missing)}`);
  }
  const withoutFile = [...outcomes.keys()].filter((id) => !recorded.has(id)).length;
  if (withoutFile > 0)
    warn(
      `${withoutFile} cases have no case file, only grades and a close code. The first run may show more differences: check them, then accept them.`,
    );
  return { agent, outcomes, why: `as recorded in ${basename(path)}; not yet explained` };
}

/** Outcomes from the case files next to an `index.json`, without files that cannot be read or contradict the index. */
function caseFiles(folder: string, index: string, agent: string): Outcomes {
  // An index with another name was probably moved out of its folder. The files next to it may then belong to another
  // run.
  if (index !== 'index.json') return new Map();
  const { agents } = readResults(autobahn, folder, { cases: suiteIds, agents: [agent], extraIsFault: false });
  return new Map(
    (agents[0]?.results ?? []).flatMap((result) =>
      result.did === 'run' ? [[result.id, result.outcome] as const] : [],
    ),
  );
}
