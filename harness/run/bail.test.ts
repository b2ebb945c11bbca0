import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fixtureServer } from '../testing/command.ts';
import { conformance, ownFolder, reportIn } from '../testing/run-command.ts';
import { Bail } from './bail.ts';

const home = ownFolder('bail-test-');
const out = () => join(home(), 'report');
const report = () => reportIn(out());
const runCommand = (...args: string[]) => conformance(out(), ['--engine', 'native', ...args]);
const FAULTY_SERVER = ['--', ...fixtureServer('echo/trimmed-echo')];

describe('--bail', { timeout: 60_000 }, () => {
  test('ends the run at its limit with exit code 1, and the report says INCOMPLETE and why', async () => {
    const { exitCode, stdout } = await runCommand('--bail', '2', '1', '2', ...FAULTY_SERVER);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(
      /FAILED: 2 of 27 cases .*2 regressed\)\. INCOMPLETE: \d+ of 27 cases were played, then --bail 2 ended the run\./,
    );
    // The terminal does not list the cases that were not played.
    expect(stdout).not.toContain('missing');
    const { gate, run, agents, problems } = report();
    expect(problems).toEqual([]);
    expect(run.bail).toEqual({ limit: 2 });
    expect(gate).toMatchObject({ decision: 'failed', counts: { regressed: 2 } });
    expect(gate.counts.missing).toBeGreaterThan(0);
    expect(agents[0]?.cases.find(({ verdict }) => verdict === 'missing')?.sentence).toContain('--bail');
    const junit = readFileSync(join(out(), 'junit.xml'), 'utf8');
    expect(junit).toContain(`failures="2" errors="0" skipped="${gate.counts.missing}"`);
    expect(readFileSync(join(out(), 'index.html'), 'utf8')).toContain('INCOMPLETE');
  });

  test('does not play the servers that follow the server at which the limit was reached', async () => {
    const { exitCode } = await runCommand('--bail', '1', '--server', 'never-answers-close', '--server', 'ws', '7.1.6');
    expect(exitCode).toBe(1);
    expect(report().agents.map(({ cases }) => cases.map(({ verdict }) => verdict))).toEqual([
      ['regressed'],
      ['missing'],
    ]);
  });

  test('does not change a run that stays below the limit', async () => {
    expect(await runCommand('--bail', '1', '1.1.1', '1.1.2')).toMatchObject({ exitCode: 0 });
    expect(report().run.bail).toBeUndefined();
  });

  test('counts a case that --retries finds flaky', async () => {
    const server = ['--', ...fixtureServer('unsteady/every-second-echo')];
    const { exitCode, stdout } = await runCommand('--bail', '1', '--retries', '1', '1.1', ...server);
    expect(stdout).toMatch(/FAILED: 1 of 8 .*1 flaky\)\. INCOMPLETE/);
    expect(exitCode).toBe(1);
  });

  test('leaves a report that accept refuses and that --resume completes', async () => {
    await runCommand('--bail', '1', '1', ...FAULTY_SERVER);
    const refused = await conformance(out(), ['accept', '--expected', join(home(), 'mine.json')]);
    expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('not complete') });
    expect(await runCommand('--resume', ...FAULTY_SERVER)).toMatchObject({ exitCode: 1 });
    expect(report().gate.counts.missing).toBe(0);
    expect(report().run.bail).toBeUndefined();
  });
});

test('a later expected outcome of the same case lowers the count, but does not undo a limit that was reached', () => {
  const bail = new Bail(2);
  bail.note('a', '1.1.1', true);
  bail.note('a', '1.1.1', true);
  bail.note('a', '1.1.1', false);
  bail.note('b', '1.1.1', true);
  expect(bail.limitReached.aborted).toBe(false);
  bail.note('a', '1.1.2', true);
  expect(bail.limitReached.aborted).toBe(true);
  bail.note('a', '1.1.2', false);
  expect(bail.limitReached.aborted).toBe(true);
});
