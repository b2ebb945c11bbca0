import { relative, resolve } from 'node:path';
import v8 from '@vitest/coverage-v8';
import type { CoverageProviderModule } from 'vitest/node';

/**
 * Coverage provider for vitest that measures only while tests of server/ run, without the tests named `*.real.test.ts`.
 * Measuring makes a test a fifth slower, and tests with time limits must not become slower.
 */
const provider: CoverageProviderModule = {
  getProvider: () => v8.getProvider(),
  startCoverage: async (options) => {
    if (measuresThisWorker()) await v8.startCoverage?.(options);
  },
  takeCoverage: async (options) => (measuresThisWorker() ? await v8.takeCoverage?.(options) : undefined),
  stopCoverage: async (options) => {
    if (measuresThisWorker()) await v8.stopCoverage?.(options);
  },
};

/**
 * Whether the current worker of vitest runs a test of server/. Vitest has no public interface for the files of a worker. If
 * the internal list of files is missing, every worker measures.
 */
function measuresThisWorker(): boolean {
  const { __vitest_worker__: worker } = globalThis as { __vitest_worker__?: { ctx?: { files?: unknown } } };
  const files = worker?.ctx?.files;
  if (!Array.isArray(files)) return true;
  return files.some(({ filepath }) =>
    /^server\/(?!.*\.real\.test\.ts$)/.test(relative(resolve(import.meta.dirname, '..'), filepath)),
  );
}

export default provider;
