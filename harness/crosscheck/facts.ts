import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { readConfig, type ServerConfig, serverNamed, unnamedServer } from '../config/config.ts';
import { nativeKind } from '../engines/native/kind.ts';
import { selectCases } from '../plan/match-cases.ts';
import { chooseEngine } from '../run/choose-engine.ts';
import { groups } from '../suites/autobahn/suite.ts';
import { errorMessage } from '../support/error-message.ts';
import { HarnessError } from '../support/harness-error.ts';
import { removeStaleWorkspaces } from '../system/workspace.ts';
import { besideBusyProcesses } from './busy.ts';
import { compareWithFacts } from './compare-with-facts.ts';
import { type RecordedFacts, readFactsFile } from './facts-file.ts';
import { playCases } from './play-cases.ts';
import { reportFailure } from './report-failure.ts';

/**
 * `npm run crosscheck:facts`: plays the cases of a facts file (what the real suite recorded about one server) with the
 * embedded engine, and prints every fact that differs. Needs no Docker daemon.
 */

interface Flags {
  server?: string;
  url?: string;
  start?: string;
  busy?: boolean;
}

/**
 * Returns the server that the command-line flags name.
 * @throws HarnessError with exit code 2 if they name no server.
 */
async function serverOf({ server, url, start }: Flags): Promise<ServerConfig> {
  if (server !== undefined) return serverNamed(await readConfig(join(import.meta.dirname, '../..')), server);
  if (url !== undefined) return { ...unnamedServer('server'), url };
  if (start !== undefined) return { ...unnamedServer('server'), command: ['sh', '-c', start] };
  throw new HarnessError(2, {
    what: 'No server is named.',
    where: 'crosscheck:facts',
    why: 'The cases of the facts file are played against one server.',
    todo: 'Add --server NAME, --url URL or --start COMMAND.',
  });
}

/**
 * Reads a facts file (what the real suite recorded about one server). Returns the cases that match the patterns.
 * @throws HarnessError with exit code 2.
 */
function factsIn(file: string, patterns: readonly string[]): ReadonlyMap<string, RecordedFacts> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new HarnessError(2, {
      what: 'The facts file cannot be read.',
      where: file,
      why: errorMessage(error),
      todo: 'Name a file that exists.',
    });
  }
  const facts = readFactsFile(text, file);
  const wanted = selectCases([...facts.keys()], patterns, groups);
  return new Map([...facts].filter(([id]) => wanted.includes(id)));
}

const program = new Command('crosscheck:facts')
  .argument('<file>', 'facts of one server that the real suite has recorded')
  .argument('[cases...]', 'which cases of the file; default: all')
  .addOption(new Option('--server <name>', 'a server of the configuration').conflicts(['url', 'start']))
  .addOption(new Option('--url <url>', 'the address of a running server').conflicts('start'))
  .option('--start <command>', 'a shell command that starts the server on the port {port}')
  .option('--busy', 'keep all cores busy with other processes while the embedded engine plays')
  .parse();

try {
  removeStaleWorkspaces();
  const flags = program.opts<Flags>();
  const [file = '', ...patterns] = program.args;
  const facts = factsIn(file, patterns);
  const server = await serverOf(flags);
  const { signal } = new AbortController();
  const quiet = await chooseEngine([nativeKind], 'native').prepare({ signal, onMessage: () => {} });
  const engine = flags.busy ? besideBusyProcesses(quiet) : quiet;
  const play = async (cases: readonly string[]) => {
    const { recorded, problems } = await playCases(engine, server, cases, signal);
    for (const problem of problems) console.log(`${server.name}: ${problem}`);
    return recorded;
  };
  process.exitCode = (await compareWithFacts(server.name, facts, play, console.log)) === 0 ? 0 : 1;
} catch (error) {
  reportFailure(error);
}
