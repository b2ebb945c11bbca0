import { existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { chooseEngine, type EngineChoice } from '../harness/run/choose-engine.ts';
import { playBatch } from '../harness/run/play-batch.ts';
import { REGISTRY } from '../harness/run/registry.ts';
import type { Target } from '../harness/subject/target.ts';
import { type Cost, meter } from './engines-meter.ts';

/**
 * Runs the test cases once against a running server and returns the time that they took. Rejects if a case has no
 * result.
 */
export type Play = (cases: readonly string[], target: Pick<Target, 'url' | 'pid'>) => Promise<Cost>;

/**
 * Returns a function that runs test cases with an engine of this project, `native` or `docker`. The CPU time of the
 * engine `docker` is not measured, because it runs in a container.
 */
export function ourEngine(choice: EngineChoice, home: string, jobs?: number): Play {
  return async (cases, target) => {
    const [{ engines }] = REGISTRY;
    const signal = new AbortController().signal;
    const engine = await chooseEngine(engines, choice).prepare({ signal, onMessage: () => {} });
    const folder = mkdtempSync(join(home, `${choice}-results-`));
    const reach = { by: 'connecting' as const, url: target.url, handshake: {} };
    const assignment = { cases, reach, agent: 'bench', signal, ...(jobs === undefined ? {} : { jobs }) };
    const cost = await meter(async () => void (await playBatch(engine, assignment, folder, () => {})), {
      counts: choice === 'native' ? 'self' : 'nobody',
      server: target.pid ?? null,
    });
    refuseIncomplete(folder, cases.length);
    return cost;
  };
}

/** Version of kosoku, a test client of another project. This file uses the command line of this version. */
const KOSOKU_REQUIREMENT = 'kosoku==0.1.0';

/**
 * Installs `kosoku`, a test client of another project, from the Python package index into a virtual environment below
 * `home`. Returns a function that runs test cases with it. Rejects if Python or the package is not available.
 */
export async function kosoku(home: string): Promise<Play> {
  const bin = join(home, 'kosoku', 'bin');
  await execa('python3', ['-m', 'venv', join(home, 'kosoku')]);
  await execa(join(bin, 'pip'), ['install', '--quiet', '--disable-pip-version-check', KOSOKU_REQUIREMENT]);
  return async (cases, target) => {
    const folder = mkdtempSync(join(home, 'kosoku-results-'));
    const categories = new Set(cases.map((id) => id.split('.')[0]));
    const included = [...categories].flatMap((category) => ['-i', `${category}.*`]);
    // kosoku exits with 1 if a case failed. The run is complete nevertheless, and the results are counted below.
    const run = async () =>
      void (await execa(join(bin, 'kosoku'), ['-p', '4', ...included, '-o', folder, new URL(target.url).host], {
        reject: false,
        stdin: 'ignore',
      }));
    const cost = await meter(run, { counts: 'children', server: target.pid ?? null });
    refuseIncomplete(folder, cases.length);
    return cost;
  };
}

/** The main program of this repository, compiled. */
const COMPILED = join(import.meta.dirname, '../dist/harness/cli/main.js');

/**
 * Returns a function that runs test cases with the compiled program of this repository, as a user does. The time is
 * that of the whole process: its start, the cases, all report files and its end. Rejects if the program is not
 * compiled.
 */
export async function command(home: string): Promise<Play> {
  if (!existsSync(COMPILED)) throw new Error('the command is not compiled: npm run build');
  return async (cases, target) => {
    const out = mkdtempSync(join(home, 'command-report-'));
    const args = [
      '--engine',
      'native',
      '--url',
      target.url,
      '--agent',
      'bench',
      '--out',
      join(out, 'report'),
      '--quiet',
    ];
    // The program exits with 1 if a case failed.
    const run = async () =>
      void (await execa(process.execPath, [COMPILED, ...args, ...cases], { reject: false, stdio: 'ignore' }));
    const cost = await meter(run, { counts: 'children', server: target.pid ?? null });
    refuseIncomplete(join(out, 'report/results/bench'), cases.length);
    return cost;
  };
}

/**
 * Runs one case from the command line. The time includes the start of this program and of the server, and the report.
 */
export async function fromTheShell(id: string, home: string): Promise<Cost> {
  const command = [
    '--import',
    'tsx/esm',
    'harness/cli/main.ts',
    '--engine',
    'native',
    id,
    '--out',
    join(home, 'report'),
  ];
  const run = async () => void (await execa(process.execPath, command, { stdio: 'ignore' }));
  return await meter(run, { counts: 'children', server: null });
}

/** Throws if results are missing. Otherwise a program that leaves out cases would look fast. */
function refuseIncomplete(folder: string, wanted: number): void {
  const files = readdirSync(folder).filter((name) => /_case_[\d_]+\.json$/.test(name)).length;
  if (files !== wanted) throw new Error(`only ${files} of ${wanted} results were written`);
}
