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
 * Runs a few cases against a faulty server, and checks that exactly the expected cases fail. An engine or a comparison
 * that no longer detects faults would otherwise call every server conformant.
 * @returns facts about the engine, such as the container network that it used.
 * @throws HarnessError (2) if the suite has no self-test; (3) if a case has the wrong verdict or no result.
 */
export async function selftest(suite: Suite, engine: Engine, signal: AbortSignal): Promise<Partial<EngineFacts>> {
  const { selfTest } = suite;
  if (selfTest === undefined) {
    throw new HarnessError(2, {
      what: `The suite "${suite.id}" has no self-test.`,
      where: '--selftest',
      why: 'A self-test needs a server that is wrong on purpose, and the suite names none.',
      todo: 'Leave --selftest out.',
    });
  }
  const workspace = new Workspace();
  const folder = join(workspace.folder, 'selftest');
  const { cases } = selfTest;
  try {
    mkdirSync(folder);
    const prepared = await engine.prepare({ signal, onMessage: () => {} });
    const server = wrongServer(selfTest);
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

/**
 * Checks the result of the self-test.
 * @param failed ids of the cases that differ from a conformant server.
 * @param played number of cases with a result.
 * @throws HarnessError (3) unless all cases have a result and exactly the cases of `mustFail` failed.
 */
export function refuseOtherVerdicts(
  { server, cases, mustFail }: SelfTest,
  failed: readonly string[],
  played: number,
): void {
  const undetected = mustFail.filter((id) => !failed.includes(id));
  const falseAlarms = failed.filter((id) => !mustFail.includes(id));
  if (undetected.length === 0 && falseAlarms.length === 0 && played === cases.length) return;
  const reasons = [
    ...(played === cases.length ? [] : [`${played} of ${cases.length} cases have a result`]),
    ...(undetected.length === 0 ? [] : [`passed although the server is wrong: ${undetected.join(', ')}`]),
    ...(falseAlarms.length === 0 ? [] : [`failed although the server is right: ${falseAlarms.join(', ')}`]),
  ];
  throw new HarnessError(3, {
    what: 'The self-test failed: a server that is wrong on purpose was not judged as it must be.',
    where: basename(server),
    why: `${reasons.join('; ')}.`,
    todo: 'No verdict of this engine can be trusted here. Try the other engine; if both fail, this is a bug in ws-conformance.',
  });
}

const wrongServer = ({ server }: SelfTest): ServerConfig => ({
  name: basename(server),
  agent: basename(server),
  command: ownProgramCommand(server),
  path: '/',
  cwd: PACKAGE_ROOT,
  env: {},
});
