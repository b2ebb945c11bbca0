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
 * Plays a few cases against a faulty server, and checks that exactly the right cases fail. Without a self-test, an engine
 * that finds no faults would call every server conformant.
 * @returns facts that the engine found out, such as the container network.
 * @throws HarnessError (2) if the suite has no self-test; (3) if other cases fail, or cases could not be played.
 */
export async function selftest(suite: Suite, engine: Engine, signal: AbortSignal): Promise<Partial<EngineFacts>> {
  const { selfTest } = suite;
  if (selfTest === undefined) {
    throw new HarnessError(2, {
      what: `The suite "${suite.id}" has no self-test.`,
      where: '--selftest',
      why: 'A self-test needs a faulty server, and the suite names none.',
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
    refuseOtherVerdicts(selfTest, failed, results.filter(({ did }) => did === 'run').length);
    return facts;
  } finally {
    workspace.remove();
  }
}

/** @throws HarnessError (3) unless all cases were played and exactly the cases in `mustFail` failed. */
export function refuseOtherVerdicts(
  { server, cases, mustFail }: SelfTest,
  failed: readonly string[],
  played: number,
): void {
  const wronglyPassed = mustFail.filter((id) => !failed.includes(id));
  const wronglyFailed = failed.filter((id) => !mustFail.includes(id));
  if (wronglyPassed.length === 0 && wronglyFailed.length === 0 && played === cases.length) return;
  const reasons = [
    ...(played === cases.length ? [] : [`${played} of ${cases.length} cases have a result`]),
    ...(wronglyPassed.length === 0 ? [] : [`passed although the server is wrong: ${wronglyPassed.join(', ')}`]),
    ...(wronglyFailed.length === 0 ? [] : [`failed although the server is right: ${wronglyFailed.join(', ')}`]),
  ];
  throw new HarnessError(3, {
    what: 'The self-test failed: the engine did not find the known fault of a faulty server in exactly the right cases.',
    where: basename(server),
    why: `${reasons.join('; ')}.`,
    todo: 'No verdict of this engine can be trusted here. Try the other engine; if both fail, this is a bug in ws-conformance.',
  });
}

/** The configuration of the faulty server. */
const faultyServer = ({ server }: SelfTest): ServerConfig => ({
  name: basename(server),
  agent: basename(server),
  command: ownProgramCommand(server),
  path: '/',
  cwd: PACKAGE_ROOT,
  env: {},
});
