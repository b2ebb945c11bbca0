/**
 * Compares the server of this repository ("ours") with other servers on the same machine: `npm run bench:server --
 * --help`.
 *
 * The main figure is the number of messages per second of the server's CPU time, because other load on the machine
 * hardly changes it. In each round all servers are measured one after the other. The figure of a server is the median
 * of its rounds.
 */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import type { Job, Measured } from './load.ts';
import { installRuntimes } from './runtimes.ts';
import { SHAPES, type Shape } from './shapes.ts';

const PEERS = 'ours,ws,ws-level-1,ws+bufferutil,websocket,faye-websocket,deno,bun,floor';

const USAGE = `usage: npm run bench:server -- [options]
  --peers ${PEERS}
                      servers to measure (default: all; ws is always included)
  --shapes '16 B'     only shapes whose name contains this
  --rounds 5          number of rounds; the result is their median
  --seconds 1         length of one measurement
  --check             exit 1 if our server misses its goal

ws is measured as installed by \`npm install ws\`, a second time with its optional native addon, and, for compressed messages, a
third time at our default compression level. floor is not a usable server: it does the minimum that Node needs to answer a small
message.
`;

const { values } = parseArgs({
  options: {
    peers: { type: 'string', default: PEERS },
    shapes: { type: 'string', default: '' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '1' },
    check: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

type Peer = { readonly name: string; readonly process: ChildProcess; readonly port: number; readonly pid: number };
const here = import.meta.dirname;
const NODE = [process.execPath, '--import', 'tsx'] as const;

if (values.help) process.stdout.write(USAGE);
else await main();

async function main(): Promise<void> {
  const requested = values.peers.split(',');
  const shapes = SHAPES.filter((shape) => shape.name.includes(values.shapes));
  const runtimes =
    requested.includes('bun') || requested.includes('deno')
      ? installRuntimes()
      : { found: {}, missing: [], remove: () => undefined };
  for (const why of runtimes.missing) console.log(`left out: ${why}`);
  const commands: Record<string, readonly string[] | undefined> = {
    ours: [...NODE, `${here}/peers/ours.ts`],
    // The package bufferutil, an optional native addon of ws, is installed here because `websocket` depends on it. `npm
    // install ws` alone does not install it, so this entry runs ws without it.
    ws: ['env', 'WS_NO_BUFFER_UTIL=1', ...NODE, `${here}/peers/ws.ts`],
    'ws-level-1': ['env', 'WS_NO_BUFFER_UTIL=1', ...NODE, `${here}/peers/ws.ts`, '1'],
    'ws+bufferutil': [...NODE, `${here}/peers/ws.ts`],
    websocket: [process.execPath, `${here}/peers/websocket.mjs`],
    'faye-websocket': [process.execPath, `${here}/peers/faye-websocket.mjs`],
    floor: [process.execPath, `${here}/peers/floor.mjs`],
    deno:
      runtimes.found.deno === undefined
        ? undefined
        : [runtimes.found.deno, 'run', '--allow-net', `${here}/peers/deno.mjs`],
    bun: runtimes.found.bun === undefined ? undefined : [runtimes.found.bun, `${here}/peers/bun.mjs`],
  };
  const peers: Peer[] = [];
  // If the benchmark is interrupted, it must end its child processes.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  process.once('exit', () => {
    for (const peer of peers) peer.process.kill();
  });
  const load = fork(`${here}/load.ts`, { execArgv: ['--import', 'tsx'] });
  try {
    for (const name of new Set([...requested, 'ws'])) {
      const command = commands[name];
      if (command !== undefined) peers.push(await start(name, command));
    }
    console.log(
      `node ${process.version}, ${cpus().length} x ${cpus()[0]?.model}; messages per CPU-second of the server`,
    );
    let missed = 0;
    for (const shape of shapes) missed += await compare(load, peers, shape);
    if (values.check && missed > 0) process.exitCode = 1;
  } finally {
    for (const peer of peers) peer.process.kill();
    load.kill();
    runtimes.remove();
  }
}

async function start(name: string, [file = '', ...args]: readonly string[]): Promise<Peer> {
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child, 'spawn');
  let stdout = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  for (;;) {
    const port = /^listening (\d+)$/m.exec(stdout)?.[1];
    if (port !== undefined) return { name, process: child, port: Number(port), pid: child.pid ?? 0 };
    if (child.exitCode !== null) throw new Error(`${name} ended before it listened`);
    await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
  }
}

/**
 * Measures all servers with one load shape (kind and number of messages) and prints a line for each server.
 *
 * @returns 1 if our server misses its goal for this shape, else 0.
 */
async function compare(load: ChildProcess, peers: readonly Peer[], shape: Shape): Promise<number> {
  const rates = new Map(peers.map((peer) => [peer.name, { cpu: [] as number[], wall: [] as number[], error: '' }]));
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const peer of peers) {
      if (peer.name === 'ws-level-1' && !shape.deflate) continue;
      if (peer.name === 'floor' && (shape.inFlight > 1 || shape.bytes > 125)) continue;
      const job: Job = {
        port: peer.port,
        pid: peer.pid,
        shape,
        warmUpMs: round === 0 ? 1_000 : 200,
        measureMs: Number(values.seconds) * 1000,
      };
      load.send(job);
      const [measured] = (await once(load, 'message')) as [Measured];
      const rate = rates.get(peer.name);
      if (rate === undefined) continue;
      if ('error' in measured) rate.error = measured.error;
      else {
        rate.cpu.push(measured.perCpuSecond);
        rate.wall.push(measured.perSecond);
      }
    }
  }
  const base = median(rates.get('ws')?.cpu ?? []);
  console.log(`\n${shape.name}${shape.goal === undefined ? '' : ` (goal: ${shape.goal} x ws)`}`);
  for (const [name, { cpu, wall, error }] of rates) {
    if (cpu.length === 0 && error === '') continue;
    const result =
      cpu.length === 0
        ? error
        : `${figure(median(cpu))}/CPU-s ${(median(cpu) / base).toFixed(2).padStart(7)} x ws  ${figure(median(wall))}/s`;
    console.log(`  ${name.padEnd(15)} ${result}`);
  }
  const ours = median(rates.get('ours')?.cpu ?? []) / base;
  return shape.goal !== undefined && ours < shape.goal ? 1 : 0;
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function figure(rate: number): string {
  return (rate < 1000 ? rate.toFixed(1) : Math.round(rate).toLocaleString('en')).padStart(11);
}
