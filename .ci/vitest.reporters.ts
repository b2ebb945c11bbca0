import { relative } from 'node:path';
import type { Reporter, TestModule, Vitest } from 'vitest/node';

/** Prints which test files took five seconds or more, longest first: the table of docs/testing.md. */
export class SlowFiles implements Reporter {
  #root = '';

  onInit({ config }: Vitest): void {
    this.#root = config.root;
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const files = modules
      .map((module) => {
        const { prepareDuration, collectDuration, duration } = module.diagnostic();
        const seconds = (prepareDuration + collectDuration + duration) / 1000;
        return { seconds, project: module.project.name, path: relative(this.#root, module.moduleId) };
      })
      .filter(({ seconds }) => seconds >= 5)
      .sort((a, b) => b.seconds - a.seconds);
    const lines = files.map(({ seconds, project, path }) => `${seconds.toFixed(1).padStart(7)} s  ${project}  ${path}`);
    if (lines.length > 0) console.log(`\nFiles of 5 s or more:\n${lines.join('\n')}`);
  }
}

/** Prints the last line of a run, in words that every CI can read: `N passed, N failed, N skipped`. */
export class Tally implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const count = { passed: 0, failed: errors.length, skipped: 0, pending: 0 };
    for (const module of modules) {
      if (module.errors().length > 0) count.failed++;
      for (const test of module.children.allTests()) count[test.result().state]++;
    }
    const skipped = count.skipped + count.pending;
    // At exit, because vitest checks the coverage after the tests: a branch that no test takes counts as one failure.
    process.once('exit', (exitCode) => {
      const failed = count.failed === 0 && exitCode !== 0 ? 1 : count.failed;
      console.log(`\n${count.passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
    });
  }
}
