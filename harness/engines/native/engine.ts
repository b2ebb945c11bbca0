import { availableParallelism } from 'node:os';
import type { EngineFacts } from '../../../reports/document/report.ts';
import { SUITE_VERSION } from '../../suites/autobahn/cases/index.ts';
import type { Engine } from '../engine.ts';
import { eventStream } from '../event-stream.ts';
import type { NativeOptions } from './assignment.ts';

/** Default number of busy cases at the same time: enough to keep a server busy, and few enough for accurate timers. */
export const defaultJobs = (): number => Math.max(4, Math.min(16, availableParallelism() * 4));

/** Loads the code that plays cases. The import starts early and runs while the tested server starts. */
const loadPlayer = () => import('./assignment.ts');

/** The embedded engine: plays the cases of the suite from this process, many at the same time. */
export function nativeEngine(options: NativeOptions = {}): Engine {
  const facts = (): EngineFacts => ({
    name: 'native',
    summary: `the embedded engine, which plays the cases of Autobahn ${SUITE_VERSION} without a container`,
    suiteVersion: SUITE_VERSION,
    architecture: process.arch,
    jobs: defaultJobs(),
  });
  return {
    inspect: async () => facts(),
    async prepare() {
      loadPlayer().catch(() => undefined);
      return {
        facts: facts(),
        recordsLive: true,
        play: (assignment) =>
          eventStream(async (emit) => {
            const jobs = Math.max(1, Math.floor(assignment.jobs ?? defaultJobs()));
            const { playAssignment } = await loadPlayer();
            await playAssignment({ ...assignment, jobs }, options, emit);
            emit({ kind: 'facts', facts: { jobs } });
          }),
      };
    },
  };
}
