import { mkdtempSync, rmSync } from 'node:fs';
import { readFile, statfs } from 'node:fs/promises';
import net from 'node:net';
import { freemem, tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { count } from '../../reports/wording/vocabulary.ts';
import { readConfig } from '../config/config.ts';
import type { Engine } from '../engines/engine.ts';
import { expectationsOf } from '../expectations/expectations-of.ts';
import type { Suite } from '../plan/suite.ts';
import { chooseEngine, type EngineChoice } from '../run/choose-engine.ts';
import type { RegisteredSuite } from '../run/registry.ts';
import { errorMessage } from '../support/error-message.ts';
import { HarnessError, toProblem } from '../support/harness-error.ts';
import { omitUndefined } from '../support/omit-undefined.ts';
import { selftest } from './selftest.ts';

/** The result of one check of `doctor`. */
export interface Finding {
  /** What was checked, for example `disk`. */
  about: string;
  /** `ok`: the check passed. `warning`: some runs are impossible or slow. `error`: no run is possible. */
  state: 'ok' | 'warning' | 'error';
  /** What the check found: a version, an address, or an amount with its unit. */
  says: string;
  /** What the user can do about the problem. Set only if the state is not `ok`. */
  todo?: string;
}

/** The paths, the engine and the environment that `doctor` checks. */
export interface DoctorOptions {
  /** Folder in which the search for a configuration file starts. */
  folder: string;
  /** Path of the configuration file. If the path is set, `doctor` does not search for a file. */
  config?: string;
  /** Folder into which a run would write its report. */
  out: string;
  /**
   * With `docker`, a missing Docker daemon is an `error`. Otherwise it is a `warning`, because the embedded engine exists.
   */
  engine: EngineChoice;
  image?: string;
  /** Date in the form `YYYY-MM-DD`; decides which expectations have expired. */
  today: string;
  env: Readonly<Record<string, string | undefined>>;
}

const MIB = 1_048_576;
/** Free disk space for a run. A report of five servers takes about 100 MiB, and for a moment there are two reports. */
const DISK_MIB = 300;
/**
 * Free memory for a run. The embedded engine takes 150 MiB, a container 120 MiB; messages of 16 MiB need several
 * buffers.
 */
const MEMORY_MIB = 512;

/**
 * Checks everything that a run depends on: Node, configuration, report folder, disk, memory, ports, Docker daemon and
 * image. The last checks run each engine (the program that plays cases) against a server with a known fault. `doctor`
 * changes nothing and pulls no image. Yields each finding as soon as its check ends. Rejects only if `signal` aborts.
 */
export async function* doctor(
  { suite, engines }: RegisteredSuite,
  options: DoctorOptions,
  signal: AbortSignal,
): AsyncGenerator<Finding> {
  yield { about: 'Node', state: 'ok', says: `${process.version}, ${process.platform} ${process.arch}` };
  yield await configuration(suite, options);
  yield writeAccess(options.out);
  yield await disk(options.out);
  yield await memory();
  yield await ports();
  yield await selftestFinding(suite, 'embedded engine', chooseEngine(engines, 'native'), 'error', signal);
  const docker = await dockerAndImage(options, signal);
  yield* docker;
  if (docker.every(({ state }) => state === 'ok')) {
    const engine = chooseEngine(engines, 'docker', omitUndefined({ image: options.image }));
    yield await selftestFinding(suite, 'real suite', engine, severity(options), signal);
  }
}

/** How serious a missing Docker daemon or image is: `error` only if the user asked for the engine `docker`. */
const severity = ({ engine }: DoctorOptions) => (engine === 'docker' ? 'error' : 'warning');

async function configuration(suite: Suite, { folder, config: named, today }: DoctorOptions): Promise<Finding> {
  const about = 'configuration';
  try {
    const config = await readConfig(folder, named);
    for (const server of config.servers.values()) expectationsOf(suite, server, today);
    const servers = `${config.servers.size} servers, default "${config.defaultServer}"`;
    const path = config.file?.path;
    return {
      about,
      state: 'ok',
      says: path === undefined ? `no file; ${servers}` : `${relative(folder, path)}: ${servers}`,
    };
  } catch (error) {
    return findingOf(error, about, 'error');
  }
}

function writeAccess(out: string): Finding {
  const about = 'report folder';
  const parent = dirname(resolve(out));
  try {
    rmSync(mkdtempSync(join(parent, '.ws-conformance-doctor-')), { recursive: true });
    return { about, state: 'ok', says: `${parent} can be written` };
  } catch (error) {
    return {
      about,
      state: 'error',
      says: errorMessage(error),
      todo: 'Name a folder with --out in which you can write.',
    };
  }
}

async function disk(out: string): Promise<Finding> {
  const free = await Promise.all(
    [dirname(resolve(out)), tmpdir()].map(async (folder) => {
      const { bavail, bsize } = await statfs(folder).catch(() => ({ bavail: Number.POSITIVE_INFINITY, bsize: 1 }));
      return (bavail * bsize) / MIB;
    }),
  );
  return amount(
    'disk',
    Math.min(...free),
    DISK_MIB,
    'Free some disk space, or name folders on another disk with --out and the variable TMPDIR.',
  );
}

async function memory(): Promise<Finding> {
  // MemAvailable includes memory that Linux can reclaim, for example from caches; freemem() does not.
  const meminfo = await readFile('/proc/meminfo', 'utf8').catch(() => '');
  const available = /^MemAvailable:\s+(\d+) kB$/m.exec(meminfo)?.[1];
  const mib = available === undefined ? freemem() / MIB : Number(available) / 1024;
  return amount('memory', mib, MEMORY_MIB, 'End other programs, or run fewer cases at the same time with --jobs.');
}

function amount(about: string, mib: number, needed: number, todo: string): Finding {
  const says = `${count(Math.round(mib))} MiB free`;
  return mib >= needed
    ? { about, state: 'ok', says }
    : { about, state: 'warning', says: `${says}; a run may need ${needed} MiB`, todo };
}

/** Checks that a server can listen on a free port of 127.0.0.1, and that a client can connect to that port. */
async function ports(): Promise<Finding> {
  const about = 'ports';
  const server = net.createServer((socket) => socket.end());
  try {
    await new Promise<void>((done, failed) => server.once('error', failed).listen(0, '127.0.0.1', done));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
    const { port } = address;
    await new Promise<void>((done, failed) => {
      const socket = net.connect({ port, host: '127.0.0.1', timeout: 5000 });
      socket.once('connect', () => done(void socket.destroy()));
      socket.once('error', failed);
      socket.once('timeout', () => failed(new Error(`127.0.0.1:${port} does not answer`)));
    });
    return { about, state: 'ok', says: 'a server can listen on 127.0.0.1, and a client can connect' };
  } catch (error) {
    return {
      about,
      state: 'error',
      says: errorMessage(error),
      todo: 'Check the firewall, and the limits of the container or sandbox.',
    };
  } finally {
    server.close();
  }
}

/** Checks the Docker daemon and then its image. If the daemon does not answer, there is no finding for the image. */
async function dockerAndImage(options: DoctorOptions, signal: AbortSignal): Promise<Finding[]> {
  const findings: Finding[] = [];
  try {
    const [{ connect }, { imageHere }] = await Promise.all([
      import('../engines/docker/connect.ts'),
      import('../engines/docker/image.ts'),
    ]);
    const { docker, version, architecture, address } = await connect(options.env, signal);
    findings.push({ about: 'Docker daemon', state: 'ok', says: `${version} (${architecture}) at ${address}` });
    const image = await imageHere(docker, options.image, signal);
    findings.push(imageFinding(image, architecture, options));
  } catch (error) {
    signal.throwIfAborted();
    findings.push(findingOf(error, findings.length === 0 ? 'Docker daemon' : 'image', severity(options)));
  }
  return findings;
}

function imageFinding(
  image: { name: string; id: string; digest: string | undefined; architecture: string } | undefined,
  architecture: string,
  options: DoctorOptions,
): Finding {
  const about = 'image';
  if (image === undefined) {
    return {
      about,
      state: severity(options),
      says: 'the image is not on this machine; a run pulls the image',
      todo: 'Start a run with --engine docker to pull the image, or build the image (Debian as root): npm run image.',
    };
  }
  const says = `${image.name}, ${image.digest ?? image.id}, ${image.architecture}`;
  if (image.architecture === architecture) return { about, state: 'ok', says };
  return {
    about,
    state: 'warning',
    says: `${says}: for another architecture, so it is emulated and slow`,
    todo: 'Build an image for this machine: npm run image.',
  };
}

/**
 * Runs the self-test of an engine: the engine must find the fault of a faulty server. The finding also names the
 * container network through which a container reached the server.
 */
async function selftestFinding(
  suite: Suite,
  about: string,
  engine: Engine,
  stateOnFailure: 'warning' | 'error',
  signal: AbortSignal,
): Promise<Finding> {
  try {
    const { network } = await selftest(suite, engine, signal);
    const via = network === undefined ? '' : `; containers reach servers through the network "${network}"`;
    return { about, state: 'ok', says: `a server with a known fault fails in exactly the expected cases${via}` };
  } catch (error) {
    signal.throwIfAborted();
    return findingOf(error, about, stateOnFailure);
  }
}

/** Turns the error of a check into a finding of `doctor`. */
function findingOf(error: unknown, about: string, state: 'warning' | 'error'): Finding {
  const { what, where, why, todo } = error instanceof HarnessError ? error.problem : toProblem(error);
  const location = where === undefined || what.includes(where) ? '' : ` (${where})`;
  const says = `${what.replace(/\.$/, '')}${location}${why === undefined ? '' : `: ${why}`}`;
  return { about, state, says, ...omitUndefined({ todo }) };
}
