import { mkdtempSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { chooseEngine, type EngineChoice } from '../harness/run/choose-engine.ts';
import { playBatch } from '../harness/run/play-batch.ts';
import { REGISTRY } from '../harness/run/registry.ts';
import type { Target } from '../harness/subject/target.ts';
import { type Cost, meter } from './engines-meter.ts';

/** Plays some cases against a running server, once, and tells what it cost. Rejects where it cannot play them all. */
export type Play = (cases: readonly string[], target: Target) => Promise<Cost>;

/** One of our own engines, in this process. The real suite's CPU time is its container's, and not seen from here. */
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

/** The version whose command line this is. */
const KOSOKU = 'kosoku==0.1.0';

/**
 * The fuzzing client `kosoku` of the Python package index, in a virtual environment of its own below `home`. Rejects
 * where Python, or the package, cannot be had.
 */
export async function kosoku(home: string): Promise<Play> {
  const bin = join(home, 'kosoku', 'bin');
  await execa('python3', ['-m', 'venv', join(home, 'kosoku')]);
  await execa(join(bin, 'pip'), ['install', '--quiet', '--disable-pip-version-check', KOSOKU]);
  return async (cases, target) => {
    const folder = mkdtempSync(join(home, 'kosoku-results-'));
    const categories = new Set(cases.map((id) => id.split('.')[0]));
    const included = [...categories].flatMap((category) => ['-i', `${category}.*`]);
    // It ends with 1 where a case failed, which is no fault of the play; what it left is counted.
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

/** One case as a user types it: this tool started, the server started and stopped, the report written. */
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

/** A player that left cases out would look fast. */
function refuseIncomplete(folder: string, wanted: number): void {
  const files = readdirSync(folder).filter((name) => /_case_[\d_]+\.json$/.test(name)).length;
  if (files !== wanted) throw new Error(`it left ${files} results of ${wanted}`);
}
