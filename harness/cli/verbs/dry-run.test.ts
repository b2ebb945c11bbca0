import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { emptyExpectationFile } from '../../expectations/accept.ts';
import { autobahn } from '../../suites/autobahn/suite.ts';
import { conformance } from '../../testing/run-command.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'dry-run-test-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));
const dryRun = (...args: string[]) => conformance(join(home, 'report'), ['--dry-run', ...args]);

describe('--dry-run', () => {
  test('prints the plan in the format of list, the server and the engine, and starts nothing', async () => {
    const started = join(home, 'started');
    const { exitCode, stdout, stderr } = await dryRun('--engine', 'native', '7.1', '!7.1.1', '--', 'touch', started);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('7.1.6    256 KiB of text');
    expect(stdout).not.toContain('7.1.1 ');
    expect(stdout).toMatch(/^5 cases/m);
    expect(stdout).toContain(`server  server: touch ${started}; compared with a conformant server`);
    expect(stdout).toMatch(/^engine {2}native: the embedded engine/m);
    expect(stderr).toBe('');
    expect(existsSync(started)).toBe(false);
    expect(readdirSync(home)).toEqual([]);
  });

  test('names the engine that would run if no Docker daemon answers, and says why', async () => {
    const { exitCode, stdout } = await dryRun('1.1.1', '--url', 'ws://127.0.0.1:1/');
    expect(stdout).toMatch(/^engine {2}native: .*taken because: no Docker daemon answers at \/nowhere\/docker\.sock/m);
    expect(stdout).toContain('server  server: ws://127.0.0.1:1/; compared with a conformant server');
    expect(exitCode).toBe(0);
  });

  test('with --json prints one document: cases, shard, targets with their skipped cases, engine', async () => {
    const expected = join(home, 'expected.json');
    const file = JSON.parse(emptyExpectationFile(autobahn, 'server'));
    writeFileSync(expected, JSON.stringify({ ...file, cases: { '7.1.2': { skip: true, why: 'it hangs' } } }));
    const { stdout } = await dryRun(
      ...['--json', '--engine', 'native', '--jobs', '3', '--shard', '1/1', '7.1', '--expected', expected],
    );
    const { cases, shard, targets, engine } = JSON.parse(String(stdout));
    expect(cases).toEqual(JSON.parse(String((await conformance(home, ['list', '--json', '7.1'])).stdout)));
    expect(shard).toMatchObject({ index: 1, count: 1 });
    expect(targets).toMatchObject([
      { agent: 'websock server', path: '/ws', expectedFile: expected, skipped: ['7.1.2'] },
    ]);
    expect(engine).toMatchObject({ name: 'native', jobs: 3 });
  });

  test('names each of several servers', async () => {
    const { stdout } = await dryRun('--engine', 'native', '--server', 'ws', '--server', 'websocket', '1.1.1');
    expect(stdout).toMatch(/^server {2}ws: .*npm\/ws\.ts; compared with fixtures\/expected\/ws\.json$/m);
    expect(stdout).toMatch(/^server {2}websocket-node: /m);
  });

  test.each([
    [2, ['--expected', 'nowhere.json', '1.1.1'], /expectation file of .* cannot be read/],
    [2, ['99'], /No case matches/],
    [2, ['--reporter', 'html=server', '1.1.1'], /holds something else/],
    [2, ['--resume'], /--dry-run and --resume cannot be used together/],
    [2, ['--from', 'fixtures/recorded/seed'], /--dry-run and --from cannot be used together/],
    [3, ['--engine', 'docker', '1.1.1'], /No Docker daemon answers/],
  ] as const)('exits with %i like the run itself: %j', async (code, args, message) => {
    const { exitCode, stderr, stdout } = await dryRun(...args);
    expect(stderr).toMatch(message);
    expect(exitCode).toBe(code);
    expect(stdout).toBe('');
  });
});
