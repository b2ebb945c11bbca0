import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { EngineFacts } from '../../reports/document/report.ts';
import type { ServerConfig } from '../config/config.ts';
import type { Engine } from '../engines/engine.ts';
import { compareOutcomes } from '../plan/compare-outcomes.ts';
import type { SelfTest, Suite } from '../plan/suite.ts';
import { readResults } from '../results/read-results.ts';
import { playSubject } from '../run/play-subject.ts';
import { HarnessError } from '../support/harness-error.ts';
import { ownProgramCommand, PACKAGE_ROOT } from '../support/package-paths.ts';
import { Workspace } from '../system/workspace.ts';

/**
 * Runs a few cases against a server with a known fault, and checks that exactly the expected cases fail. This shows
 * that the engine and the comparison still find faults.
 * @returns facts about the engine, for example the container network.
 * @throws HarnessError with exit code 2 if the suite has no self-test.
 * @throws HarnessError with exit code 3 if a case got a wrong verdict or no result.
 */
export async function selftest(suite: Suite, engine: Engine, signal: AbortSignal): Promise<Partial<EngineFacts>> {
  const { selfTest } = suite;
  if (selfTest === undefined) {
    throw new HarnessError(2, {
      what: `The suite "${suite.id}" has no self-test.`,
      where: '--selftest',
      why: 'A self-test needs a server with a known fault, and the suite names no such server.',
      todo: 'Leave --selftest out.',
    });
  }
  const workspace = new Workspace();
  const folder = join(workspace.folder, 'selftest');
  const { cases } = selfTest;
  try {
    mkdirSync(folder);
    const prepared = await engine.prepare({ signal, onMessage: () => {} });
    const server = faultyServer(selfTest);
    const options = {
      suite,
      server,
      batches: [{ cases, folder, jobs: 1 }],
      log: join(workspace.folder, 'selftest.log'),
      patienceSeconds: 30,
      timeoutSeconds: 60,
      onEvent: () => {},
    };
    const { facts, problems } = await playSubject(prepared, options, workspace, signal);
    const [problem] = problems;
    if (problem !== undefined) throw new HarnessError(3, { ...problem, what: `The self-test failed: ${problem.what}` });
    const { agents } = readResults(suite, folder, { cases, agents: [server.agent], extraIsFault: true });
    const results = agents[0]?.results ?? [];
    const failed = results.flatMap((result) => {
      if (result.did === 'not run') return [];
      const conformant = suite.conformant(result.id);
      return compareOutcomes(suite, conformant, result.outcome, conformant).length > 0 ? [result.id] : [];
    });
    requireExpectedVerdicts(selfTest, failed, results.filter(({ did }) => did === 'run').length);
    return facts;
  } finally {
    workspace.remove();
  }
}

/**
 * Checks that all cases have a result, and that exactly the cases in `mustFail` failed.
 * @throws HarnessError with exit code 3 otherwise.
 */
export function requireExpectedVerdicts(
  { server, cases, mustFail }: SelfTest,
  failed: readonly string[],
  resultCount: number,
): void {
  const wronglyPassed = mustFail.filter((id) => !failed.includes(id));
  const wronglyFailed = failed.filter((id) => !mustFail.includes(id));
  if (wronglyPassed.length === 0 && wronglyFailed.length === 0 && resultCount === cases.length) return;
  const reasons = [
    ...(resultCount === cases.length ? [] : [`${resultCount} of ${cases.length} cases have a result`]),
    ...(wronglyPassed.length === 0 ? [] : [`passed although the server breaks a rule: ${wronglyPassed.join(', ')}`]),
    ...(wronglyFailed.length === 0 ? [] : [`failed although the server breaks no rule: ${wronglyFailed.join(', ')}`]),
  ];
  throw new HarnessError(3, {
    what: 'The self-test failed: a server with a known fault got unexpected verdicts.',
    where: basename(server),
    why: `${reasons.join('; ')}.`,
    todo: 'Do not trust any verdict of this engine on this machine. Try the other engine. If both engines fail, this is a bug in ws-conformance.',
  });
}

/** The configuration of the server with the known fault. */
const faultyServer = ({ server }: SelfTest): ServerConfig => ({
  name: basename(server),
  agent: basename(server),
  command: ownProgramCommand(server),
  path: '/',
  cwd: PACKAGE_ROOT,
  env: {},
});
