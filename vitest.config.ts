import { defineConfig } from 'vitest/config';
import { SlowFiles, Tally } from './.ci/vitest.reporters.ts';

const ROOMS = '{server,harness,reports,fixtures,bench,docs}';

/** Tests that judge by timers of a second or less, or scale such timers down. They run one file at a time. */
const TIMED = [
  'harness/engines/native/emitted.test.ts',
  'harness/engines/native/engine.test.ts',
  'harness/engines/native/probe.test.ts',
  'server/attacks/deflate.attacks.test.ts',
  'server/attacks/frames.attacks.test.ts',
  'server/attacks/handshake.attacks.test.ts',
];

/** Tests that try random input. `npm test` tries a tenth of the million streams that `npm run test:full` tries. */
const RANDOM = 'server/attacks/{random-*,hostile-*}.test.ts';
const TENTH = '100000';
const MILLION = '1000000';

const compile = { globalSetup: '.ci/vitest.compile.ts' };
const parallel = { maxWorkers: '100%', testTimeout: 30_000 };
const long = { testTimeout: 3_600_000, hookTimeout: 600_000 };

/**
 * `npm test` runs all projects except `crosscheck`, `full` and `random`, which `npm run test:full` runs. The projects
 * of one `groupOrder` run side by side, the groups one after the other. What each project needs: docs/testing.md.
 */
export default defineConfig({
  test: {
    reporters: ['default', new SlowFiles(), new Tally()],
    // `npm test` and `npm run coverage` fail if a branch of server/ is not taken.
    coverage: {
      provider: 'custom',
      customProviderModule: '.ci/vitest.coverage.ts',
      include: ['server/**/*.ts'],
      // main.ts runs as a separate process, which vitest does not measure; main.test.ts covers each of its outcomes.
      exclude: ['**/*.test.ts', 'server/testing/**', 'server/main.ts'],
      reporter: [['text', { skipFull: true }], 'json'],
      thresholds: { 'server/**/*.ts': { branches: 100 } },
    },
    projects: [
      {
        test: {
          ...parallel,
          ...compile,
          name: 'quick',
          include: [`${ROOMS}/**/*.test.ts`],
          exclude: ['**/*.{real,full}.test.ts', '**/node_modules/**', ...TIMED],
          env: { WS_RUNS: process.env.WS_RUNS ?? TENTH },
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...parallel,
          name: 'browser',
          include: ['reports/**/*.real.test.ts'],
          testTimeout: long.testTimeout,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'timed',
          include: TIMED,
          testTimeout: parallel.testTimeout,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          ...parallel,
          ...compile,
          ...long,
          name: 'real',
          include: ['{harness,fixtures}/**/*.real.test.ts'],
          sequence: { groupOrder: 3 },
        },
      },
      {
        test: {
          ...parallel,
          ...long,
          name: 'crosscheck',
          include: ['harness/crosscheck/*.full.test.ts'],
          sequence: { groupOrder: 4 },
        },
      },
      {
        test: {
          ...parallel,
          ...compile,
          ...long,
          name: 'full',
          include: [`${ROOMS}/**/*.full.test.ts`],
          exclude: ['harness/crosscheck/**', '**/node_modules/**'],
          // @actions/workflow-parser imports a JSON file in a way that only bundlers accept.
          server: { deps: { inline: [/@actions\/workflow-parser/] } },
          sequence: { groupOrder: 4 },
        },
      },
      {
        test: {
          ...parallel,
          name: 'random',
          include: [RANDOM],
          env: { WS_RUNS: MILLION },
          testTimeout: long.testTimeout,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
});
