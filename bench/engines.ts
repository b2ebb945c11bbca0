import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readConfig, serverNamed } from '../harness/config/config.ts';
import { selectCases } from '../harness/plan/match-cases.ts';
import { launch } from '../harness/subject/launch.ts';
import type { Target } from '../harness/subject/target.ts';
import { suiteIds } from '../harness/suites/autobahn/catalogue.ts';
import { groups } from '../harness/suites/autobahn/suite.ts';
import { Workspace } from '../harness/system/workspace.ts';
import type { Cost } from './engines-meter.ts';
import { command, fromTheShell, kosoku, ourEngine, type Play } from './engines-players.ts';
import { goalsOf, type Measured, table } from './engines-table.ts';

/**
 * Benchmark that compares the speed of the embedded engine (`native`) with other programs that run the same test cases:
 * `npm run bench:engines -- [rows…]`.
 */

/** One row of the result table: which players (programs that run test cases) run which cases against which server. */
interface Row {
  cases: readonly string[];
  server: 'websock-server' | 'ws';
  players: readonly string[];
}

const patterns = (...chosen: string[]) => selectCases(suiteIds, chosen, groups);
const AUTOBAHN_PLAYERS = ['native', 'docker, 1 container', 'docker, 2 containers'];
const KOSOKU_PLAYERS = ['native', 'kosoku -p 4'];
const ROWS: Readonly<Record<string, Row>> = {
  core: { cases: patterns('@core'), server: 'websock-server', players: AUTOBAHN_PLAYERS },
  limits: { cases: patterns('@core', '@limits'), server: 'websock-server', players: AUTOBAHN_PLAYERS },
  all: { cases: suiteIds, server: 'websock-server', players: AUTOBAHN_PLAYERS },
  'ws-limits': { cases: patterns('@core', '@limits'), server: 'ws', players: KOSOKU_PLAYERS },
  'ws-all': { cases: suiteIds, server: 'ws', players: KOSOKU_PLAYERS },
};
/** Cases and players for the row of a server that is already running, which `--url` adds. */
const RUNNING = { cases: patterns('@core', '@limits'), players: ['command', 'kosoku -p 4'] };
const SINGLE = 'single';
const SINGLE_CASE = '7.1.6';

const HELP = `usage: npm run bench:engines -- [rows...] [--without WORD]... [--runs N] [--budget SECONDS]

rows (default: all):
${Object.entries(ROWS)
  .map(
    ([name, { cases, server, players }]) =>
      `  ${name.padEnd(10)} ${cases.length} cases on ${server}: ${players.join('; ')}`,
  )
  .join('\n')}
  ${SINGLE.padEnd(10)} ${SINGLE_CASE} from the shell, server started and stopped

--url       URL of a running server, repeatable: adds a row that compares whole processes, ${RUNNING.cases.length} cases with the compiled
            command (npm run build) and with kosoku -p 4, both with their start and all files
--without   leave out players whose name begins with WORD: docker, kosoku
--runs      number of runs of each player per row (default 5); the table shows medians
--budget    seconds per player and row after which no further run starts (default 20)

The real suite needs about 15 minutes for all cases; "--without docker" leaves it out.
`;

/** One player (a program that runs test cases) in one row of the table, ready to run. */
interface Entry {
  row: string;
  player: string;
  play: () => Promise<Cost>;
}

/** Measures the players that run as whole processes, against a server that is already running. */
async function benchRunning(url: string, home: string): Promise<Measured[]> {
  const target = { url };
  const entries: Entry[] = [];
  for (const player of RUNNING.players) {
    const play = await playerNamed(player, home);
    entries.push({ row: url, player, play: () => play(RUNNING.cases, target) });
  }
  return await rounds(entries);
}

async function bench(rows: readonly string[], home: string, workspace: Workspace): Promise<void> {
  process.stdout.write(`${cpus().length} cores, Node ${process.version}, load average ${load()}\n\n`);
  const measured: Measured[] = [];
  const players = new Map<string, Promise<Play>>();
  for (const name of rows) {
    const row = ROWS[name];
    if (row === undefined) {
      measured.push(
        ...(await rounds([{ row: SINGLE, player: 'native', play: () => fromTheShell(SINGLE_CASE, home) }])),
      );
      continue;
    }
    const target = await start(row.server, workspace, join(home, `${name}.log`));
    const chosen = row.players.filter((player) => !flags.without.some((word) => player.startsWith(word)));
    const entries = chosen.map((player): Entry => {
      const making = players.get(player) ?? playerNamed(player, home);
      players.set(player, making);
      return { row: name, player, play: async () => await (await making)(row.cases, target) };
    });
    try {
      // Set up the players before the first run, because creating virtual environments must not count as run time.
      await Promise.allSettled(chosen.map((player) => players.get(player)));
      measured.push(...(await rounds(entries)));
    } finally {
      await target.end();
    }
  }
  for (const url of flags.url) measured.push(...(await benchRunning(url, home)));
  const goals = [...rows, ...flags.url].flatMap((row) => goalsOf(row, measured));
  process.stdout.write(
    `\n${table(measured)}\n\n${goals.map(({ text, reached }) => `${reached ? 'reached    ' : 'NOT REACHED'} ${text}`).join('\n')}\n\n${NOTE}\nload average ${load()}\n`,
  );
}

const NOTE = `Medians. The wall time of "native" and "docker" is the time of the cases with the server already running; that of kosoku is
the time of its process. In 12.x and 13.x the payloads are our own: they have the character, sizes and number of the original
ones, but other bytes. An exact comparison of times there needs the original data (--data).`;

/** Runs all players in turn, round after round. If the load of the machine changes, this affects all players alike. */
async function rounds(entries: readonly Entry[]): Promise<Measured[]> {
  const costs = new Map(entries.map((entry): [Entry, Cost[]] => [entry, []]));
  const missing = new Map<Entry, string>();
  const spent = (entry: Entry) => (costs.get(entry) ?? []).reduce((sum, { wallMs }) => sum + wallMs, 0);
  for (let round = 0; round < runs; round++) {
    for (const entry of entries) {
      if (missing.has(entry) || spent(entry) > budgetMs) continue;
      process.stderr.write(`${entry.row}: ${entry.player}, run ${round + 1}\n`);
      try {
        costs.get(entry)?.push(await entry.play());
      } catch (error) {
        missing.set(entry, error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error));
      }
    }
  }
  return entries.map((entry) => {
    const why = missing.get(entry);
    return {
      row: entry.row,
      player: entry.player,
      costs: costs.get(entry) ?? [],
      ...(why === undefined ? {} : { missing: why }),
    };
  });
}

async function start(name: string, workspace: Workspace, log: string): Promise<Target> {
  const { command, cwd, env, path } = serverNamed(await readConfig(process.cwd()), name);
  if (command === undefined) throw new Error(`the configuration has no command to start "${name}" with`);
  return await launch({ command, cwd, env, path }, workspace, log, new AbortController().signal);
}

async function playerNamed(name: string, home: string): Promise<Play> {
  switch (name) {
    case 'native':
      return ourEngine('native', home);
    case 'docker, 1 container':
      return ourEngine('docker', home, 1);
    case 'docker, 2 containers':
      return ourEngine('docker', home, 2);
    case 'command':
      return await command(home);
    default:
      return await kosoku(home);
  }
}

function load(): string {
  return loadavg()
    .map((value) => value.toFixed(1))
    .join(' ');
}

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    url: { type: 'string', multiple: true, default: [] },
    without: { type: 'string', multiple: true, default: [] },
    runs: { type: 'string', default: '5' },
    budget: { type: 'string', default: '20' },
    help: { type: 'boolean', default: false },
  },
});
const unknown = positionals.filter((name) => name !== SINGLE && ROWS[name] === undefined);
const [runs, budgetMs] = [Number(flags.runs), Number(flags.budget) * 1000];
if (flags.help || unknown.length > 0 || !(runs >= 1) || !(budgetMs > 0)) {
  process.stderr.write(unknown.length > 0 ? `There is no row ${unknown.join(', ')}.\n\n${HELP}` : HELP);
  process.exitCode = flags.help ? 0 : 2;
} else {
  const workspace = new Workspace();
  const home = mkdtempSync(join(tmpdir(), 'ws-conformance-bench-'));
  try {
    await bench(
      positionals.length + flags.url.length === 0 ? [...Object.keys(ROWS), SINGLE] : positionals,
      home,
      workspace,
    );
  } finally {
    rmSync(home, { recursive: true, force: true });
    workspace.remove();
  }
}
