import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { EngineFacts } from '../../reports/document/report.ts';
import type { ServerConfig } from '../config/config.ts';
import type { Engine, Progress } from '../engines/engine.ts';
import { playServer } from '../run/play-one-server.ts';
import { conformantOutcome, suiteIds } from '../suites/autobahn/catalogue.ts';
import { compareOutcomes } from '../suites/autobahn/compare-outcomes.ts';
import { normalise } from '../suites/autobahn/normalise.ts';
import { readResults } from '../suites/autobahn/read-results.ts';
import { HarnessError } from '../support/harness-error.ts';
import { ownProgramCommand, PACKAGE_ROOT } from '../support/package-paths.ts';
import { Workspace } from '../system/workspace.ts';

/**
 * A server that sends back any close code. Its grade shows the fault in 7.9.1. In 7.13.1 both grades are INFORMATIONAL,
 * so that only the compared facts show the fault.
 */
const WRONG_SERVER = 'close-code-unchecked';
/** The cases that the self-test plays. 1.1.1 and 7.7.1 must pass. */
const CASES = ['1.1.1', '7.7.1', '7.9.1', '7.13.1'];
const MUST_FAIL = ['7.9.1', '7.13.1'];

/**
 * Plays four cases against a server that is wrong on purpose, and checks that exactly two of them fail. An engine or a
 * comparison that no longer detects faults would otherwise call every server conformant.
 * @returns facts about the engine, such as the Docker network that it used.
 * @throws HarnessError (3) if a case has the wrong verdict or could not be played.
 */
export async function selftest(
  engine: Engine,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
): Promise<Partial<EngineFacts>> {
  const workspace = new Workspace();
  const folder = join(workspace.folder, 'selftest');
  try {
    mkdirSync(folder);
    const order = {
      server: wrongServer(),
      parts: [{ cases: CASES, folder, jobs: 1 }],
      log: join(workspace.folder, 'selftest.log'),
      patienceSeconds: 30,
      timeoutSeconds: 60,
    };
    const { facts, problems } = await playServer(engine, order, workspace, signal, onProgress);
    const [problem] = problems;
    if (problem !== undefined) throw new HarnessError(3, { ...problem, what: `The self-test failed: ${problem.what}` });
    const { agents } = readResults(folder, {
      cases: CASES,
      suite: suiteIds,
      agents: [order.server.agent],
      extraIsFault: true,
    });
    const failed = (agents[0]?.results ?? []).flatMap((result) => {
      if (result.did === 'not run') return [];
      const { id } = result.detail;
      const conformant = conformantOutcome(id);
      return compareOutcomes(conformant, normalise(result.detail), conformant).length > 0 ? [id] : [];
    });
    refuseOtherVerdicts(failed, agents[0]?.results.filter(({ did }) => did === 'run').length ?? 0);
    return facts;
  } finally {
    workspace.remove();
  }
}

/**
 * Checks the result of the self-test.
 * @param failed ids of the cases that differ from a conformant server.
 * @param played number of cases with a result.
 * @throws HarnessError (3) unless all cases have a result and exactly the cases of MUST_FAIL failed.
 */
export function refuseOtherVerdicts(failed: readonly string[], played: number): void {
  const undetected = MUST_FAIL.filter((id) => !failed.includes(id));
  const falseAlarms = failed.filter((id) => !MUST_FAIL.includes(id));
  if (undetected.length === 0 && falseAlarms.length === 0 && played === CASES.length) return;
  const reasons = [
    ...(played === CASES.length ? [] : [`${played} of ${CASES.length} cases have a result`]),
    ...(undetected.length === 0 ? [] : [`passed although the server is wrong: ${undetected.join(', ')}`]),
    ...(falseAlarms.length === 0 ? [] : [`failed although the server is right: ${falseAlarms.join(', ')}`]),
  ];
  throw new HarnessError(3, {
    what: 'The self-test failed: a server that is wrong on purpose was not judged as it must be.',
    where: WRONG_SERVER,
    why: `${reasons.join('; ')}.`,
    todo: 'No verdict of this engine can be trusted here. Try the other engine; if both fail, this is a fault of ours.',
  });
}

const wrongServer = (): ServerConfig => ({
  name: WRONG_SERVER,
  agent: WRONG_SERVER,
  command: ownProgramCommand(`fixtures/servers/closing/${WRONG_SERVER}`),
  path: '/',
  cwd: PACKAGE_ROOT,
  env: {},
});
