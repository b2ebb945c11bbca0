import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readConfig, serverNamed } from '../harness/config/config.ts';
import { selectCases } from '../harness/plan/case-id.ts';
import { launch } from '../harness/subject/launch.ts';
import type { Target } from '../harness/subject/target.ts';
import { suiteIds } from '../harness/suites/autobahn/catalogue.ts';
import { Workspace } from '../harness/system/workspace.ts';
import type { Cost } from './engines-meter.ts';
import { fromTheShell, kosoku, ourEngine, type Play } from './engines-players.ts';
import { goalsOf, type Measured, table } from './engines-table.ts';

/** How fast the embedded engine is, beside the others, in one run: `npm run bench:engines -- [rows…]`. */

interface Row {
  cases: readonly string[];
  server: 'websock-server' | 'ws';
  players: readonly string[];
}

const patterns = (...chosen: string[]) => selectCases(suiteIds, chosen);
const BESIDE_AUTOBAHN = ['native', 'docker, 1 container', 'docker, 2 containers'];
const BESIDE_KOSOKU = ['native', 'kosoku -p 4'];
const ROWS: Readonly<Record<string, Row>> = {
  core: { cases: patterns('@core'), server: 'websock-server', players: BESIDE_AUTOBAHN },
  limits: { cases: patterns('@core', '@limits'), server: 'websock-server', players: BESIDE_AUTOBAHN },
  all: { cases: suiteIds, server: 'websock-server', players: BESIDE_AUTOBAHN },
  'ws-limits': { cases: patterns('@core', '@limits'), server: 'ws', players: BESIDE_KOSOKU },
  'ws-all': { cases: suiteIds, server: 'ws', players: BESIDE_KOSOKU },
};
const SINGLE = 'single';
const SINGLE_CASE = '7.1.6';

const HELP = `usage: npm run bench:engines -- [rows...] [--without WORD]... [--runs N] [--budget SECONDS]

rows, all when left out:
${Object.entries(ROWS)
  .map(
    ([name, { cases, server, players }]) =>
      `  ${name.padEnd(10)} ${cases.length} cases on ${server}: ${players.join('; ')}`,
  )
  .join('\n')}
  ${SINGLE.padEnd(10)} ${SINGLE_CASE} from the shell, server started and stopped

--without   leave out the players whose name begins so: docker, kosoku
--runs      how often each player plays a row (5); medians are shown
--budget    no further run of a player that has played a row for so long (20)

The real suite takes about a quarter of an hour for all cases; "--without docker" leaves it out.
`;

/** What one player did in one row, as often as time allows. */
interface Entry {
  row: string;
  player: string;
  play: () => Promise<Cost>;
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
      // Making a player (a virtual environment, an image) is not a part of any run.
      await Promise.allSettled(chosen.map((player) => players.get(player)));
      measured.push(...(await rounds(entries)));
    } finally {
      await target.end();
    }
  }
  const goals = rows.flatMap((row) => goalsOf(row, measured));
  process.stdout.write(
    `\n${table(measured)}\n\n${goals.map(({ text, reached }) => `${reached ? 'reached    ' : 'NOT REACHED'} ${text}`).join('\n')}\n\n${NOTE}\nload average ${load()}\n`,
  );
}

const NOTE = `Medians. Wall time of "native" and "docker" is that of the play, the server running already; that of kosoku is its process's.
In 12.x and 13.x our payloads are our own: of the same character, sizes and number as the original's, but other octets, so that
times there can be compared octet for octet only with --data, the original's data.`;

/** Every player in turn, round after round, so that all of them see the same busy and quiet minutes. */
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
    await bench(positionals.length === 0 ? [...Object.keys(ROWS), SINGLE] : positionals, home, workspace);
  } finally {
    rmSync(home, { recursive: true, force: true });
    workspace.remove();
  }
}
