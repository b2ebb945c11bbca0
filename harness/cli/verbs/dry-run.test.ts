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
  test('prints the plan as list does, the target and the engine, and starts nothing', async () => {
    const started = join(home, 'started');
    const { exitCode, stdout, stderr } = await dryRun('--engine', 'native', '7.1', '!7.1.1', '--', 'touch', started);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('7.1.6    256 KiB of text');
    expect(stdout).not.toContain('7.1.1 ');
    expect(stdout).toMatch(/^5 cases/m);
    expect(stdout).toContain(`target  server: would start touch ${started}; held to conformance`);
    expect(stdout).toMatch(/^engine {2}native: the embedded engine/m);
    expect(stderr).toBe('');
    expect(existsSync(started)).toBe(false);
    expect(readdirSync(home)).toEqual([]);
  });

  test('says which engine would be taken where there is no Docker, and why', async () => {
    const { exitCode, stdout } = await dryRun('1.1.1', '--url', 'ws://127.0.0.1:1/');
    expect(stdout).toMatch(/^engine {2}native: .*taken because: no Docker engine answers at \/nowhere\/docker\.sock/m);
    expect(stdout).toContain('target  server: ws://127.0.0.1:1/; held to conformance');
    expect(exitCode).toBe(0);
  });

  test('--json is one document: cases, share, targets with what their files say to skip, engine', async () => {
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

  test('of several servers names each', async () => {
    const { stdout } = await dryRun('--engine', 'native', '--server', 'ws', '--server', 'websocket', '1.1.1');
    expect(stdout).toMatch(/^target {2}ws: .*npm\/ws\.ts; held to fixtures\/expected\/ws\.json$/m);
    expect(stdout).toMatch(/^target {2}websocket-node: /m);
  });

  test.each([
    [2, ['--expected', 'nowhere.json', '1.1.1'], /expectation file of .* cannot be read/],
    [2, ['99'], /No case matches/],
    [2, ['--reporter', 'html=server', '1.1.1'], /holds something else/],
    [2, ['--resume'], /--dry-run and --resume cannot be used together/],
    [2, ['--from', 'fixtures/recorded/seed'], /--dry-run and --from cannot be used together/],
    [3, ['--engine', 'docker', '1.1.1'], /No Docker engine answers/],
  ] as const)('exit %i where the run would end so: %j', async (code, args, message) => {
    const { exitCode, stderr, stdout } = await dryRun(...args);
    expect(stderr).toMatch(message);
    expect(exitCode).toBe(code);
    expect(stdout).toBe('');
  });
});
