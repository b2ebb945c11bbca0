import { relative, resolve } from 'node:path';
import v8 from '@vitest/coverage-v8';
import type { CoverageProviderModule } from 'vitest/node';

/**
 * vitest's own provider, which counts in every test file, made to count in those of server/ that need Node alone: what
 * judges by timers, and all that has nothing to do with server/, runs as fast as without (counting costs a fifth).
 */
const provider: CoverageProviderModule = {
  getProvider: () => v8.getProvider(),
  startCoverage: async (options) => {
    if (counts()) await v8.startCoverage?.(options);
  },
  takeCoverage: async (options) => (counts() ? await v8.takeCoverage?.(options) : undefined),
  stopCoverage: async (options) => {
    if (counts()) await v8.stopCoverage?.(options);
  },
};

/** Vitest does not say publicly which files a worker was started for. Where it does not say it at all, all count. */
function counts(): boolean {
  const { __vitest_worker__: worker } = globalThis as { __vitest_worker__?: { ctx?: { files?: unknown } } };
  const files = worker?.ctx?.files;
  if (!Array.isArray(files)) return true;
  return files.some(({ filepath }) =>
    /^server\/(?!.*\.real\.test\.ts$)/.test(relative(resolve(import.meta.dirname, '..'), filepath)),
  );
}

export default provider;
