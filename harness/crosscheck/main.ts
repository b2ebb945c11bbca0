import { setMaxListeners } from 'node:events';
import { Command } from 'commander';
import { z } from 'zod';
import type { RecordedCase } from '../../reports/document/recorded-case.ts';
import { terminalSafe } from '../../reports/wording/terminal-text.ts';
import { readConfig, type ServerConfig, serverNamed } from '../config/config.ts';
import { dockerKind } from '../engines/docker/kind.ts';
import { takeTestData } from '../engines/docker/testdata.ts';
import type { PreparedEngine } from '../engines/engine.ts';
import { nativeKind } from '../engines/native/kind.ts';
import { startProbeServer } from '../engines/native/testing/probe-server.ts';
import { selectCases } from '../plan/match-cases.ts';
import { chooseEngine } from '../run/choose-engine.ts';
import { suiteIds } from '../suites/autobahn/catalogue.ts';
import { groups } from '../suites/autobahn/suite.ts';
import { removeStaleWorkspaces, Workspace } from '../system/workspace.ts';
import { besideBusyProcesses } from './busy.ts';
import { isDeviation } from './deviations.ts';
import { type Disagreement, findDisagreements, HAS_RESULT } from './disagreements.ts';
import { readJson, root } from './fixtures.ts';
import { playCases, readRecordedCases } from './play-cases.ts';
import { playContests } from './races.ts';
import { crosscheckRandom } from './random-command.ts';
import { wholeNumber } from './random-plan.ts';
import { reportFailure } from './report-failure.ts';
import { SLOW_SERVERS } from './slow-servers.ts';

/**
 * `npm run crosscheck`: plays the same cases against the same server with both engines (the real suite and the embedded
 * engine). Prints every fact in which the results differ, called a disagreement. A disagreement is a bug of the
 * embedded engine, or a known deviation that `fixtures/spec/deviations.json` lists with a reason. A case with a
 * disagreement is played again alone, because some servers do not always give the same answer.
 */

const wrongServers = z
  .object({
    servers: z.array(
      z.object({
        name: z.string(),
        folder: z.string(),
        cases: z.array(z.string()),
        slow: z.boolean().optional(),
      }),
    ),
  })
  .parse(readJson('fixtures/servers/faults.json')).servers;

/**
 * The cases whose grades were recorded from Autobahn, by mode of the probe server. A mode is one intended fault of this
 * server.
 */
const probeVerdicts = z
  .record(z.string(), z.record(z.string(), z.unknown()))
  .parse(readJson('fixtures/spec/probe-verdicts.json'));

/**
 * Number of times that a case with a disagreement is played again alone. A bug shows every time, but a race (an outcome
 * that depends on chance) does not.
 */
const REPLAYS = 4;

/** The cases for servers with which most cases wait until a timeout: one case of each kind. */
const ONE_CASE_OF_EACH_KIND = [
  '1.1',
  '2',
  '3',
  '5.1',
  '5.19',
  '6.1',
  '6.3',
  '6.4',
  '7.1',
  '7.3',
  '7.7.1',
  '7.9.1',
  '10',
];

/** A server, and the cases that are played against it with both engines. */
interface Check {
  server: ServerConfig;
  cases: readonly string[];
  /** Folder with earlier results of the real suite. If it is given, the real suite does not play these cases again. */
  recorded?: string;
}

type Engines = Readonly<Record<'reference' | 'native', PreparedEngine>> & {
  /** Text about the engines that the output shows after the name of a server. */
  title: string;
};
/** Number of seconds that each engine has needed to play. */
interface Times {
  reference: number;
  native: number;
}

const { signal } = new AbortController();
// Many servers are tested at the same time, and the code for each of them adds a listener to the signal. Without this
// line, Node would warn about their number.
setMaxListeners(0, signal);
const preparation = { signal, onMessage: () => {} };

/**
 * Plays a check (a server and its cases) with one engine, and returns the recorded cases by id. Adds the seconds to
 * `times`.
 */
async function playOnce(
  engines: Engines,
  which: 'reference' | 'native',
  check: Check,
  jobs: number,
  times: Times,
): Promise<Map<string, RecordedCase>> {
  const { server, cases, recorded } = check;
  if (which === 'reference' && recorded !== undefined) return readRecordedCases(recorded, server, cases);
  const played = await playCases(engines[which], server, cases, signal, which === 'reference' ? jobs : undefined);
  times[which] += played.seconds;
  return played.recorded;
}

/** The records of the reference engine for the cases of a check (a server and its cases), by case id. */
type Recorded = ReadonlyMap<string, RecordedCase>;

/**
 * Plays a check (a server and its cases) with the embedded engine and returns the disagreements with the reference
 * engine. A case that only one of the engines has played is a disagreement too.
 */
async function disagreementsWith(
  reference: Recorded,
  engines: Engines,
  check: Check,
  jobs: number,
  times: Times,
): Promise<Disagreement[]> {
  const native = await playOnce(engines, 'native', check, jobs, times);
  return check.cases.flatMap((id): Disagreement[] => {
    const [theirs, ours] = [reference.get(id), native.get(id)];
    if (theirs && ours) return findDisagreements(theirs, ours);
    return theirs || ours ? [{ id, at: HAS_RESULT, reference: theirs !== undefined, native: ours !== undefined }] : [];
  });
}

/**
 * A check (a server and its cases) that both engines have played, with the disagreements that are not known deviations.
 */
interface PlayedCheck {
  engines: Engines;
  check: Check;
  disagreements: readonly Disagreement[];
}

/**
 * Plays a check (a server and its cases) once with the reference engine and once with the embedded engine of each pair.
 * Prints one line about each pair.
 */
async function playCheck(pairs: readonly Engines[], check: Check, jobs: number): Promise<PlayedCheck[]> {
  const played: PlayedCheck[] = [];
  let reference: Recorded | undefined;
  for (const engines of pairs) {
    const times = { reference: 0, native: 0 };
    reference ??= await playOnce(engines, 'reference', check, jobs, times);
    played.push(compareOnce(engines, check, await disagreementsWith(reference, engines, check, jobs, times), times));
  }
  return played;
}

/** Maximum number of disagreements of the first play that are printed. */
const MOST_LISTED = 20;

/** Separates the known deviations from the other disagreements, and prints one line about both. */
function compareOnce(engines: Engines, check: Check, all: readonly Disagreement[], times: Times): PlayedCheck {
  const disagreements = all.filter((disagreement) => !isDeviation(check.server.name, disagreement));
  const documented = all.length - disagreements.length;
  const { reference, native } = times;
  console.log(
    `${check.server.name}${engines.title}: ${check.cases.length} cases, ${disagreements.length} disagreements` +
      `${documented > 0 ? ` (and ${documented} documented)` : ''}; ` +
      (reference > 0
        ? `reference ${reference.toFixed(1)} s, native ${native.toFixed(1)} s, ${(reference / native).toFixed(1)} times`
        : `reference played before, native ${native.toFixed(1)} s`),
  );
  for (const { id, at } of disagreements.slice(0, MOST_LISTED)) console.log(`  ${id} ${at}`);
  return { engines, check, disagreements };
}

/**
 * Plays several checks (each is a server and its cases). `atOnce` checks run at the same time, because both engines
 * mostly wait for timers.
 */
async function playChecks(
  pairs: readonly Engines[],
  checks: readonly Check[],
  { jobs = 2, atOnce }: Flags,
): Promise<PlayedCheck[]> {
  const queue = [...checks];
  const played: PlayedCheck[] = [];
  const worker = async () => {
    for (let check = queue.shift(); check !== undefined; check = queue.shift())
      played.push(...(await playCheck(pairs, check, jobs)));
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return played;
}

/**
 * After all checks, plays each case with a disagreement again alone. Prints the disagreements that came in every play.
 * Returns their number.
 */
async function replay({ engines, check, disagreements }: PlayedCheck): Promise<number> {
  let confirmed = 0;
  for (const id of new Set(disagreements.map((disagreement) => disagreement.id))) {
    let left = disagreements.filter((disagreement) => disagreement.id === id);
    let plays = 0;
    for (; plays < REPLAYS && left.length > 0; plays++) {
      const alone = { server: check.server, cases: [id] };
      const times = { reference: 0, native: 0 };
      const reference = await playOnce(engines, 'reference', alone, 1, times);
      const again = await disagreementsWith(reference, engines, alone, 1, times);
      left = again.filter((now) => left.some((before) => before.at === now.at));
    }
    console.log(
      `${check.server.name}${engines.title}: ${id} played again ${plays} times, ${left.length} disagreements`,
    );
    for (const { at, reference, native } of left)
      console.log(
        `  ${id} ${at}: reference ${terminalSafe(JSON.stringify(reference))}, native ${terminalSafe(JSON.stringify(native))}`,
      );
    confirmed += left.length;
  }
  return confirmed;
}

/**
 * Maximum number of cases of one server that the option `--strict` plays again. If more cases disagree, the engine is
 * at fault or the server is broken.
 */
const MOST_CONTESTED_CASES = 12;

/**
 * After all checks, plays each case with a disagreement again alone. Counts how often each engine gets each value, and
 * prints all disagreements and races. A race is an outcome that depends on chance, and both engines then get both
 * values. Returns the number of disagreements that are not a race.
 */
async function contest({ engines, check, disagreements }: PlayedCheck): Promise<number> {
  const ids = [...new Set(disagreements.map(({ id }) => id))];
  let confirmed = 0;
  for (const id of ids.slice(0, MOST_CONTESTED_CASES)) {
    const alone = { server: check.server, cases: [id] };
    const play = async (which: 'reference' | 'native') =>
      (await playOnce(engines, which, alone, 1, { reference: 0, native: 0 })).get(id);
    const contests = await playContests(
      disagreements.filter((disagreement) => disagreement.id === id),
      async () => ({ reference: await play('reference'), native: await play('native') }),
    );
    for (const played of contests) console.log(`${check.server.name}${engines.title}: ${played}`);
    confirmed += contests.filter(({ finding }) => finding === 'disagreement').length;
  }
  for (const id of ids.slice(MOST_CONTESTED_CASES)) {
    console.log(`${check.server.name}${engines.title}: ${id} not played again, too many cases disagree`);
    confirmed += disagreements.filter((disagreement) => disagreement.id === id).length;
  }
  return confirmed;
}

interface Flags {
  server?: string[];
  wrong?: boolean;
  fault?: string[];
  probe?: boolean;
  slow?: boolean;
  busy?: boolean;
  strict?: boolean;
  jobs?: number;
  atOnce: number;
  reference?: string;
  random?: number;
  seed: number;
}

async function checksOf(flags: Flags, patterns: readonly string[], probeUrl: string): Promise<Check[]> {
  const config = await readConfig(root);
  const chosen = (fallback: readonly string[]) =>
    selectCases(suiteIds, patterns.length > 0 ? patterns : fallback, groups);
  const anywhere = { path: '/', cwd: root, env: {} };
  const nothingNamed = flags.server === undefined && !flags.wrong && !flags.fault && !flags.probe && !flags.slow;
  const named = flags.server ?? (nothingNamed ? [config.defaultServer] : []);
  return [
    ...named.map((name) => ({
      server: serverNamed(config, name),
      cases: chosen(name === config.defaultServer ? ['*'] : ['@core', '@limits']),
      ...(flags.reference === undefined ? {} : { recorded: flags.reference }),
    })),
    ...wrongServers
      .filter(({ name }) => flags.wrong || flags.fault?.includes(name))
      .map(({ name, folder, cases, slow }) => ({
        server: {
          ...anywhere,
          name,
          agent: name,
          command: [process.execPath, '--import', 'tsx/esm', `fixtures/servers/${folder}/${name}.ts`],
        },
        cases: chosen(slow ? ONE_CASE_OF_EACH_KIND : ['@core', '9.1.1', '9.2.1', ...cases]),
      })),
    ...(flags.slow ? SLOW_SERVERS : []).map(({ name, command, cases }) => ({
      server: { ...anywhere, name, agent: name, command },
      cases: chosen(cases),
    })),
    ...(flags.probe ? Object.entries(probeVerdicts) : []).map(([mode, verdicts]) => ({
      server: {
        ...anywhere,
        name: `probe ${mode}`,
        agent: `probe-${mode}`,
        url: `${probeUrl}${mode}`,
        ready: 'tcp' as const,
      },
      cases: chosen(Object.keys(verdicts)),
    })),
  ];
}

/**
 * Plays cases against the chosen servers with both engines, and prints the values that differ. Returns the number of
 * differences that count.
 */
async function crosscheckServers(reference: PreparedEngine, native: PreparedEngine): Promise<number> {
  const pairs: Engines[] = [{ reference, native, title: '' }];
  // The reference engine also plays beside busy processes when cases are played again. Some races of a server (outcomes
  // that depend on chance) show only on a busy machine.
  if (flags.busy)
    pairs.push({
      reference: besideBusyProcesses(reference),
      native: besideBusyProcesses(native),
      title: ' (busy machine)',
    });
  const played = await playChecks(pairs, await checksOf(flags, program.args, probe.url), flags);
  let count = 0;
  for (const check of played) count += await (flags.strict ? contest : replay)(check);
  return count;
}

const program = new Command('crosscheck')
  .argument('[cases...]', 'which cases; default: all for the in-repo server, all except 12 and 13 for other servers')
  .option('--server <name>', 'a server of the configuration; repeatable', (name: string, all: string[] = []) => [
    ...all,
    name,
  ])
  .option('--wrong', 'all servers with a known fault')
  .option('--fault <name>', 'one server with a known fault; repeatable', (name: string, all: string[] = []) => [
    ...all,
    name,
  ])
  .option('--probe', 'the probe server, in each of its modes')
  .option('--slow', 'all correct servers that are slow')
  .option(
    '--busy',
    'play the cases with the embedded engine twice: alone, and while other processes keep all cores busy',
  )
  .option(
    '--strict',
    'a disagreement counts even if it does not come again, unless ten plays show that it is a race of the server',
  )
  .option(
    '--reference <folder>',
    'results of the real suite for this server and these cases; the real suite does not run',
  )
  .option('--random <n>', 'so many random servers; no other server is played', wholeNumber)
  .option('--seed <s>', 'the seed of the first random server', wholeNumber, 1)
  .option(
    '--jobs <n>',
    'number of containers at the same time, for each server; default: 2, with --random: 6',
    wholeNumber,
  )
  .option('--at-once <n>', 'number of servers at the same time', Number, 1)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .parse();
const flags = program.opts<Flags>();
const data = new Workspace();
const probe = await startProbeServer(1);

try {
  removeStaleWorkspaces();
  // Both engines need the same test data. With a server that damages compressed data, the outcome depends on the exact
  // bytes.
  await takeTestData(data.folder, signal);
  const native = await chooseEngine([nativeKind], 'native', { dataFolder: data.folder }).prepare(preparation);
  const reference = await chooseEngine([dockerKind], 'docker').prepare(preparation);
  const count =
    flags.random === undefined
      ? await crosscheckServers(reference, native)
      : await crosscheckRandom({ count: flags.random, first: flags.seed, containers: flags.jobs }, native, preparation);
  console.log(count === 0 ? 'The engines agree.' : `${count} disagreements.`);
  process.exitCode = count === 0 ? 0 : 1;
} catch (error) {
  reportFailure(error);
} finally {
  data.remove();
  await probe.close();
}
