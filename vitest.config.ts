import { defineConfig } from 'vitest/config';
import type { Reporter, TestModule } from 'vitest/node';

/**
 * The last line of a run, in words that any CI can read: `N passed, N failed, N skipped`. Behind all else, so that it
 * knows whether every branch was taken too: where that alone is wrong, it is the one that failed.
 */
class Tally implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const count = { passed: 0, failed: errors.length, skipped: 0, pending: 0 };
    for (const module of modules) {
      if (module.errors().length > 0) count.failed++;
      for (const test of module.children.allTests()) count[test.result().state]++;
    }
    const skipped = count.skipped + count.pending;
    process.once('exit', (exitCode) => {
      const failed = count.failed === 0 && exitCode !== 0 ? 1 : count.failed;
      console.log(`\n${count.passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
    });
  }
}

/**
 * Two projects: `quick` needs Node alone; `real` (files named *.real.test.ts) starts the real Autobahn in a real
 * container and a real Chromium, or judges by timers. It runs one file at a time and after the others, since two suites
 * on two cores would starve each other's timers, and every verdict of this suite hangs on timers of a second.
 */
export default defineConfig({
  test: {
    reporters: ['default', new Tally()],
    // `npm test` and `npm run coverage` fail where a branch of server/ is not taken.
    coverage: {
      provider: 'custom',
      customProviderModule: '.ci/vitest.coverage.ts',
      include: ['server/**/*.ts'],
      // main.ts runs as a process of its own, where vitest does not count; main.test.ts plays each of its outcomes.
      exclude: ['**/*.test.ts', 'server/testing/**', 'server/main.ts'],
      // Shows what is not all taken.
      reporter: [['text', { skipFull: true }], 'json'],
      thresholds: { 'server/**/*.ts': { branches: 100 } },
    },
    projects: [
      {
        test: {
          name: 'quick',
          globalSetup: '.ci/vitest.compile.ts',
          maxWorkers: '100%',
          include: ['{server,harness,reports,fixtures,bench,docs}/**/*.test.ts'],
          exclude: ['**/*.real.test.ts', '**/node_modules/**'],
          testTimeout: 30_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'real',
          globalSetup: '.ci/vitest.compile.ts',
          include: ['{server,harness,reports,fixtures,docs}/**/*.real.test.ts'],
          // It imports a JSON file as only a bundler does.
          server: { deps: { inline: [/@actions\/workflow-parser/] } },
          testTimeout: 3_600_000,
          hookTimeout: 600_000,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
