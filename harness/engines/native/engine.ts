import { availableParallelism } from 'node:os';
import type { EngineFacts } from '../../../reports/document/report.ts';
import { SUITE_VERSION } from '../../suites/autobahn/cases/index.ts';
import type { Engine } from '../engine.ts';
import type { NativeOptions } from './assignment.ts';

/** Busy cases at once where nobody says otherwise: enough to keep a server busy, not so many as to starve timers. */
export const defaultJobs = (): number => Math.max(4, Math.min(16, availableParallelism() * 4));

/** What plays: worth asking for early, so that it is loaded while the server starts. */
const loadPlay = () => import('./assignment.ts');

/**
 * The embedded fuzzing client: plays the suite's cases from this process, many side by side, and leaves the folder
 * that Autobahn would have left. Each case file is written when its case ends, `index.json` when the play ends, also
 * where it is aborted.
 */
export function nativeEngine(options: NativeOptions = {}): Engine {
  return {
    async prepare(): Promise<EngineFacts> {
      loadPlay().catch(() => undefined);
      return {
        name: 'native',
        summary: `the embedded engine, which plays the cases of Autobahn ${SUITE_VERSION} without a container`,
        suiteVersion: SUITE_VERSION,
        architecture: process.arch,
        jobs: defaultJobs(),
      };
    },
    async play(assignment) {
      const jobs = Math.max(1, Math.floor(assignment.jobs ?? defaultJobs()));
      const { playAssignment } = await loadPlay();
      await playAssignment({ ...assignment, jobs }, options);
      return { jobs };
    },
  };
}
