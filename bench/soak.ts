/**
 * Measures the server of this repository under attack, over a long time and under load: `npm run bench:soak -- --help`.
 * The server and the attackers run in their own processes, and the measured clients in this process. The options limit
 * the duration.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { parseArgs } from 'node:util';
import { cpuSeconds, residentBytes } from './cpu.ts';
import type { Condition } from './peers/soaked.ts';
import { ATTACKS } from './soak-attacks.ts';
import { clientFrame, echoBytes, echoed, open, pause, percentile } from './soak-client.ts';

const USAGE = `usage: npm run bench:soak -- [options] [attacks mixed cycles load]    (default: all four)
  --only S44,S45     attacks to run (default: all)
  --seconds 5        length of each attack, and of each measurement of load
  --minutes 1        length of the mixed soak
  --cycles 50000     connections that open, get one echo and close
  --check            exit 1 if a goal is missed
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', default: Object.keys(ATTACKS).join(',') },
    seconds: { type: 'string', default: '5' },
    minutes: { type: 'string', default: '1' },
    cycles: { type: 'string', default: '50000' },
    check: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const SECONDS = Number(values.seconds);
const MIB = 1024 * 1024;
const here = import.meta.dirname;
const children = new Set<ChildProcess>();

let missed = 0;
/** Marks a figure if it misses its goal, and counts the missed goals for the option --check. */
function checked(figure: string, good: boolean): string {
  if (!good) missed++;
  return good ? figure : `${figure} MISSED`;
}

function start(file: string, args: readonly string[] = []): ChildProcess {
  const child = fork(`${here}/${file}`, args, { execArgv: ['--expose-gc', '--import', 'tsx'] });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

async function startServer(): Promise<{ port: number; pid: number; process: ChildProcess }> {
  const child = start('peers/soaked.ts');
  const [port] = (await once(child, 'message')) as [number];
  return { port, pid: child.pid ?? 0, process: child };
}

async function conditionOf(server: ChildProcess): Promise<Condition> {
  server.send('report');
  const [condition] = (await once(server, 'message')) as [Condition];
  return condition;
}

/**
 * Starts honest clients. Until `stop` is called, each client sends 125 bytes every 20 ms and records how long the echo
 * took.
 */
async function honest(port: number, count: number): Promise<{ readonly times: number[]; stop(): Promise<void> }> {
  const frame = clientFrame(0x82, Buffer.alloc(125));
  const times: number[] = [];
  const sockets = await Promise.all(Array.from({ length: count }, () => open(port)));
  let going = true;
  const all = sockets.map(async (socket) => {
    while (going) {
      const sent = performance.now();
      await echoed(socket, frame, echoBytes(125));
      times.push(performance.now() - sent);
      await pause(20);
    }
    socket.destroy();
  });
  return {
    times,
    async stop() {
      going = false;
      await Promise.all(all);
    },
  };
}

/** Records the peak of a process's resident memory until `stop` is called. */
function watch(pid: number): { readonly peakBytes: number; stop(): void } {
  let peakBytes = residentBytes(pid);
  const timer = setInterval(() => {
    peakBytes = Math.max(peakBytes, residentBytes(pid));
  }, 20);
  return {
    get peakBytes() {
      return peakBytes;
    },
    stop: () => clearInterval(timer),
  };
}

async function attacks(): Promise<void> {
  console.log(`\nhonest clients under attack, ${SECONDS} s each; goal: p99 under 250 ms, memory +64 MiB`);
  for (const name of ['nobody', ...values.only.split(',')]) {
    const server = await startServer();
    // Warm up first. Memory that the server allocates only once is then not part of the result.
    const warm = await honest(server.port, 10);
    await pause(1_000);
    await warm.stop();
    const before = residentBytes(server.pid);
    const clients = await honest(server.port, 10);
    const memory = watch(server.pid);
    const attacker = name === 'nobody' ? undefined : start('soak-attacks.ts', [name, `${server.port}`]);
    await pause(1_000 + SECONDS * 1_000);
    await clients.stop();
    memory.stop();
    if (attacker !== undefined) await end(attacker);
    const p99 = percentile(clients.times, 0.99);
    const grown = (memory.peakBytes - before) / MIB;
    console.log(
      `  ${name.padEnd(7)} p50 ${ms(percentile(clients.times, 0.5))} p99 ${checked(ms(p99), p99 < 250)} max ${ms(Math.max(...clients.times))}` +
        ` memory ${checked(`+${grown.toFixed(0)} MiB`, grown <= 64)}  ${ATTACKS[name as keyof typeof ATTACKS] ?? ''}`,
    );
    await end(server.process);
  }
}

/** Runs all attacks one after the other against a server with 40 honest clients. */
async function mixed(): Promise<void> {
  const length = Number(values.minutes) * 60_000;
  const server = await startServer();
  const text = clientFrame(0x81, Buffer.alloc(1_024, 'text '));
  const large = clientFrame(0x82, Buffer.alloc(256 * 1024));
  let going = true;
  const clients = await honest(server.port, 36);
  const others = [text, text, large, large].map(async (frame, n) => {
    const socket = await open(server.port, n === 0);
    const size = frame === text ? 1_024 : 256 * 1024;
    while (going) {
      await echoed(socket, frame, n === 0 ? 1 : echoBytes(size));
      await pause(50);
    }
    socket.destroy();
  });
  await pause(2_000);
  const first = await conditionOf(server.process);
  const startedAt = performance.now();
  const heap: [hours: number, bytes: number][] = [];
  let loopP99Ms = 0;
  const names = values.only.split(',');
  for (let n = 0; performance.now() - startedAt < length; n++) {
    const attacker = start('soak-attacks.ts', [names[n % names.length] ?? '', `${server.port}`]);
    await pause(3_000);
    await end(attacker);
    await pause(1_000);
    const { heapBytes, loopP99Ms: p99 } = await conditionOf(server.process);
    loopP99Ms = Math.max(loopP99Ms, p99);
    heap.push([(performance.now() - startedAt) / 3_600_000, heapBytes]);
  }
  going = false;
  // Attackers may have left during an opening or closing handshake. Wait until the server has dropped them after its
  // timeouts.
  await pause(11_000);
  const last = await conditionOf(server.process);
  await clients.stop();
  await Promise.all(others);
  const rate = slope(heap.slice(Math.floor(heap.length / 4))) / MIB;
  const p99 = percentile(clients.times, 0.99);
  console.log(`\nmixed soak of ${values.minutes} min, ${heap.length} attacks, ${clients.times.length} honest echoes`);
  console.log(
    `  honest p99 ${checked(ms(p99), p99 < 250)}, event loop p99 at most ${checked(ms(loopP99Ms), loopP99Ms < 50)}`,
  );
  console.log(
    `  heap ${(first.heapBytes / MIB).toFixed(1)} to ${(last.heapBytes / MIB).toFixed(1)} MiB, ${rate.toFixed(1)} MiB/h`,
  );
  console.log(
    `  handles ${first.handles} to ${checked(`${last.handles}`, last.handles <= first.handles)}, connections ${first.connections} to ${last.connections}`,
  );
  await end(server.process);
}

/** Slope of the line that fits the points best (least squares). */
function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (at: 0 | 1) => points.reduce((sum, point) => sum + point[at], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const covariance = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0);
  return covariance / points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
}

/** Opens a connection, gets one echo and closes it, with or without a Close frame. */
async function cycle(port: number, frame: Buffer, bytes: number, close: boolean): Promise<void> {
  const socket = await open(port);
  await echoed(socket, frame, bytes);
  if (close) socket.end(clientFrame(0x88, Buffer.alloc(0)));
  else socket.destroy();
  if (!socket.destroyed) await once(socket.resume(), 'close');
}

async function cycles(): Promise<void> {
  const count = Number(values.cycles);
  const server = await startServer();
  const frame = clientFrame(0x81, Buffer.alloc(125, 'x'));
  const play = async (total: number) => {
    let left = total;
    await Promise.all(
      Array.from({ length: 50 }, async () => {
        while (left > 0) await cycle(server.port, frame, echoBytes(125), left-- % 2 === 0);
      }),
    );
    await pause(500);
  };
  await play(Math.min(5_000, count));
  const first = await conditionOf(server.process);
  await play(count);
  const last = await conditionOf(server.process);
  const each = (last.heapBytes - first.heapBytes) / count;
  console.log(`\n${count} connections that opened, got an echo and closed`);
  console.log(
    `  heap ${checked(`${each.toFixed(1)} bytes each`, each < 20)}, handles ${first.handles} to ${checked(`${last.handles}`, last.handles <= first.handles)}`,
  );
  await end(server.process);
}

type Rate = {
  readonly perSecond: number;
  readonly perCpuSecond: number;
  readonly p99: number;
  readonly errors: number;
};

/**
 * Calls `action` again and again, with `count` calls at the same time, until `SECONDS` seconds have passed.
 *
 * @returns how many calls succeeded per second of wall-clock time and of the server's CPU time, the 99th percentile of
 * their durations, and the number of errors.
 */
async function rate(pid: number, count: number, action: (n: number) => Promise<void>): Promise<Rate> {
  const times: number[] = [];
  let errors = 0;
  const until = performance.now() + SECONDS * 1_000;
  const cpu = cpuSeconds(pid);
  await Promise.all(
    Array.from({ length: count }, async (_, n) => {
      while (performance.now() < until) {
        const startedAt = performance.now();
        await action(n).catch(() => errors++);
        times.push(performance.now() - startedAt);
      }
    }),
  );
  const good = times.length - errors;
  return {
    perSecond: good / SECONDS,
    perCpuSecond: good / (cpuSeconds(pid) - cpu),
    p99: percentile(times, 0.99),
    errors,
  };
}

async function load(): Promise<void> {
  const frame = clientFrame(0x82, Buffer.alloc(1_024));
  const found = new Map<string, { shake: Rate; echo: Rate }>();
  for (const peer of ['ours', 'ws']) {
    const child = fork(`${here}/peers/${peer}.ts`, {
      execArgv: ['--import', 'tsx'],
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    children.add(child);
    const [line] = await once(child.stdout ?? child, 'data');
    const port = Number(/(\d+)/.exec(String(line))?.[1]);
    const pid = child.pid ?? 0;
    const shakeHands = async () => {
      const socket = await open(port);
      // Reset the TCP connection instead of closing it. A closed connection would occupy its port for a while
      // (TIME_WAIT), and the ports would run out.
      socket.resetAndDestroy();
    };
    await Promise.all(Array.from({ length: 500 }, shakeHands));
    const shake = await rate(pid, 50, shakeHands);
    const sockets: Socket[] = [];
    for (let n = 0; n < 500; n++) sockets.push(await open(port));
    const echo = await rate(pid, 500, (n) => echoed(sockets[n] as Socket, frame, echoBytes(1_024)));
    for (const socket of sockets) socket.destroy();
    found.set(peer, { shake, echo });
    await end(child);
  }
  const [ours, ws] = [found.get('ours'), found.get('ws')];
  if (ours === undefined || ws === undefined) return;
  console.log(`\nload compared with ws, ${SECONDS} s each; the clients limit the figures per second of wall time too`);
  for (const [name, { shake, echo }] of found) {
    console.log(
      `  ${name.padEnd(5)} handshakes ${whole(shake.perSecond)}/s ${whole(shake.perCpuSecond)}/CPU-s, ${shake.errors} errors;` +
        ` 1 KiB x 500: ${whole(echo.perSecond)}/s ${whole(echo.perCpuSecond)}/CPU-s, p99 ${ms(echo.p99)}`,
    );
  }
  const ratio = ours.echo.perSecond / ws.echo.perSecond;
  console.log(
    `  ours : ws  handshakes ${(ours.shake.perSecond / ws.shake.perSecond).toFixed(2)}, ${checked(`${ours.shake.errors} errors`, ours.shake.errors === 0)};` +
      ` 1 KiB x 500: ${checked(ratio.toFixed(2), ratio >= 0.9)}, p99 ${checked((ours.echo.p99 / ws.echo.p99).toFixed(2), ours.echo.p99 <= 1.5 * ws.echo.p99)}`,
  );
}

function ms(milliseconds: number): string {
  return `${milliseconds.toFixed(1)} ms`;
}

function whole(number: number): string {
  return Math.round(number).toLocaleString('en');
}

const PARTS: Record<string, () => Promise<void>> = { attacks, mixed, cycles, load };

async function main(): Promise<void> {
  const requested = positionals.length > 0 ? positionals : Object.keys(PARTS);
  const unknown = [
    ...requested.filter((part) => !(part in PARTS)),
    ...values.only.split(',').filter((name) => !(name in ATTACKS)),
  ];
  if (values.help || unknown.length > 0) {
    for (const name of unknown) console.error(`there is no ${name}`);
    console.log(USAGE);
    process.exitCode = unknown.length > 0 ? 2 : 0;
    return;
  }
  // If the benchmark is interrupted, it must end its child processes.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  process.once('exit', () => {
    for (const child of children) child.kill('SIGKILL');
  });
  for (const part of requested) await PARTS[part]?.();
  if (values.check && missed > 0) process.exitCode = 1;
}

await main();
