import { setMaxListeners } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { z } from 'zod';
import type { RecordedCase } from '../../reports/document/recorded-case.ts';
import { describeProblem } from '../../reports/wording/terminal-problem.ts';
import { terminalSafe } from '../../reports/wording/terminal-text.ts';
import { readConfig, type ServerConfig, serverNamed } from '../config/config.ts';
import { dockerKind } from '../engines/docker/kind.ts';
import { takeTestData } from '../engines/docker/testdata.ts';
import type { PreparedEngine } from '../engines/engine.ts';
import { nativeKind } from '../engines/native/kind.ts';
import { startProbeServer } from '../engines/native/testing/probe-server.ts';
import { selectCases } from '../plan/match-cases.ts';
import { readResults } from '../results/read-results.ts';
import { chooseEngine } from '../run/choose-engine.ts';
import { playSubject } from '../run/play-subject.ts';
import { suiteIds } from '../suites/autobahn/catalogue.ts';
import { autobahn, groups } from '../suites/autobahn/suite.ts';
import { HarnessError, toProblem } from '../support/harness-error.ts';
import { removeStaleWorkspaces, Workspace } from '../system/workspace.ts';
import { isDeviation } from './deviations.ts';
import { type Disagreement, findDisagreements } from './disagreements.ts';
import { readJson, root } from './fixtures.ts';
import { crosscheckRandom } from './random-command.ts';
import { wholeNumber } from './random-plan.ts';

/**
 * `npm run crosscheck`: plays the same cases against the same server with both engines, and prints every fact in which
 * the results differ. A disagreement is a bug of the embedded engine, or a known deviation that is listed with its reason
 * in `fixtures/spec/deviations.json`. A case with a disagreement is played again alone, because some servers do not always
 * give the same answer.
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

/** The cases whose grades were recorded from Autobahn, by mode of the probe server. */
const probeVerdicts = z
  .record(z.string(), z.record(z.string(), z.unknown()))
  .parse(readJson('fixtures/spec/probe-verdicts.json'));

/** Number of times that a case with a disagreement is played again alone: a bug shows every time, a race does not. */
const REPLAYS = 4;

/** The cases for slow servers, which let most cases wait until a timeout: one case of each kind. */
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
  /** Folder of results that the real suite has written before. The reference does not play these cases again. */
  recorded?: string;
}

type Engines = Readonly<Record<'reference' | 'native', PreparedEngine>>;
/** Seconds that each engine has played. */
interface Times {
  reference: number;
  native: number;
}

const { signal } = new AbortController();
// Many servers are played at the same time, and each listens to the signal.
setMaxListeners(0, signal);
const preparation = { signal, onMessage: () => {} };

/** Reads the results of a check from a folder, and returns the recorded cases by id. */
function recordedCases(folder: string, { server, cases }: Check): Map<string, RecordedCase> {
  const { agents } = readResults(autobahn, folder, { cases, agents: [server.agent], extraIsFault: true });
  return new Map(
    (agents[0]?.results ?? []).flatMap((result) =>
      result.did === 'run' && result.detail !== undefined ? [[result.id, result.detail] as const] : [],
    ),
  );
}

/** Plays a check with one engine, and returns the recorded cases by id. Adds the seconds to `times`. */
async function playOnce(
  engines: Engines,
  which: keyof Engines,
  check: Check,
  jobs: number,
  times: Times,
): Promise<Map<string, RecordedCase>> {
  const { server, cases, recorded } = check;
  if (which === 'reference' && recorded !== undefined) return recordedCases(recorded, check);
  const workspace = new Workspace();
  try {
    const folder = join(workspace.folder, which);
    mkdirSync(folder);
    const started = performance.now();
    const options = {
      suite: autobahn,
      server,
      batches: [{ cases, folder, ...(which === 'reference' ? { jobs } : {}) }],
      log: join(workspace.folder, 'server.log'),
      patienceSeconds: 120,
      onEvent: () => {},
    };
    await playSubject(engines[which], options, workspace, signal);
    times[which] += (performance.now() - started) / 1000;
    return recordedCases(folder, check);
  } finally {
    workspace.remove();
  }
}

/** Plays a check with both engines and returns the disagreements. A case that only one engine has played is a disagreement. */
async function playBoth(engines: Engines, check: Check, jobs: number, times: Times): Promise<Disagreement[]> {
  const reference = await playOnce(engines, 'reference', check, jobs, times);
  const native = await playOnce(engines, 'native', check, jobs, times);
  return check.cases.flatMap((id): Disagreement[] => {
    const [theirs, ours] = [reference.get(id), native.get(id)];
    if (theirs && ours) return findDisagreements(theirs, ours);
    return theirs || ours
      ? [{ id, at: 'has a result', reference: theirs !== undefined, native: ours !== undefined }]
      : [];
  });
}

/** A check that both engines have played, with the disagreements that are not known deviations. */
interface PlayedCheck {
  check: Check;
  disagreements: readonly Disagreement[];
}

/** Plays a check with both engines, and prints one line about the result. */
async function playCheck(engines: Engines, check: Check, jobs: number): Promise<PlayedCheck> {
  const times = { reference: 0, native: 0 };
  const all = await playBoth(engines, check, jobs, times);
  const disagreements = all.filter((disagreement) => !isDeviation(check.server.name, disagreement));
  const documented = all.length - disagreements.length;
  const { reference, native } = times;
  console.log(
    `${check.server.name}: ${check.cases.length} cases, ${disagreements.length} disagreements` +
      `${documented > 0 ? ` (and ${documented} documented)` : ''}; ` +
      (reference > 0
        ? `reference ${reference.toFixed(1)} s, native ${native.toFixed(1)} s, ${(reference / native).toFixed(1)} times`
        : `reference played before, native ${native.toFixed(1)} s`),
  );
  return { check, disagreements };
}

/** Plays the checks, `atOnce` of them at the same time: most of the time both engines wait for timers. */
async function playChecks(
  engines: Engines,
  checks: readonly Check[],
  { jobs = 2, atOnce }: Flags,
): Promise<PlayedCheck[]> {
  const queue = [...checks];
  const played: PlayedCheck[] = [];
  const worker = async () => {
    for (let check = queue.shift(); check !== undefined; check = queue.shift())
      played.push(await playCheck(engines, check, jobs));
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return played;
}

/**
 * Plays each case with a disagreement again alone, after all checks, and prints the disagreements that every replay has
 * confirmed. Returns the number of these disagreements.
 */
async function replay(engines: Engines, { check, disagreements }: PlayedCheck): Promise<number> {
  let confirmed = 0;
  for (const id of new Set(disagreements.map((disagreement) => disagreement.id))) {
    let left = disagreements.filter((disagreement) => disagreement.id === id);
    let plays = 0;
    for (; plays < REPLAYS && left.length > 0; plays++) {
      const again = await playBoth(engines, { server: check.server, cases: [id] }, 1, { reference: 0, native: 0 });
      left = again.filter((now) => left.some((before) => before.at === now.at));
    }
    console.log(`${check.server.name}: ${id} played again ${plays} times, ${left.length} disagreements`);
    for (const { at, reference, native } of left)
      console.log(
        `  ${id} ${at}: reference ${terminalSafe(JSON.stringify(reference))}, native ${terminalSafe(JSON.stringify(native))}`,
      );
    confirmed += left.length;
  }
  return confirmed;
}

interface Flags {
  server?: string[];
  wrong?: boolean;
  fault?: string[];
  probe?: boolean;
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
  const nothingNamed = flags.server === undefined && !flags.wrong && !flags.fault && !flags.probe;
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

/** Plays the chosen servers with both engines, and prints what differs. Returns the number of disagreements. */
async function crosscheckServers(engines: Engines): Promise<number> {
  const played = await playChecks(engines, await checksOf(flags, program.args, probe.url), flags);
  let count = 0;
  for (const check of played) count += await replay(engines, check);
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
  // Both engines need the same data: a server that damages compressed data is judged by the damaged bytes.
  await takeTestData(data.folder, signal);
  const engines: Engines = {
    reference: await chooseEngine([dockerKind], 'docker').prepare(preparation),
    native: await chooseEngine([nativeKind], 'native', { dataFolder: data.folder }).prepare(preparation),
  };
  const count =
    flags.random === undefined
      ? await crosscheckServers(engines)
      : await crosscheckRandom(
          { count: flags.random, first: flags.seed, containers: flags.jobs },
          engines.native,
          preparation,
        );
  console.log(count === 0 ? 'The engines agree.' : `${count} disagreements.`);
  process.exitCode = count === 0 ? 0 : 1;
} catch (error) {
  process.stderr.write(`${describeProblem(toProblem(error), { colour: false, unicode: true }).join('\n')}\n`);
  process.exitCode = error instanceof HarnessError ? error.exitCode : 3;
} finally {
  data.remove();
  await probe.close();
}
