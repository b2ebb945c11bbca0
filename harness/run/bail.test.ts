import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { caseInfo, suiteIds } from '../suites/autobahn/catalogue.ts';
import { fixtureServer } from '../testing/command.ts';
import { conformance, ownFolder, reportIn } from '../testing/run-command.ts';
import { Bail, portions } from './bail.ts';

const home = ownFolder('bail-test-');
const out = () => join(home(), 'report');
const report = () => reportIn(out());
const play = (...args: string[]) => conformance(out(), ['--engine', 'native', ...args]);
const WRONG = ['--', ...fixtureServer('echo/trimmed-echo')];

describe('--bail', { timeout: 60_000 }, () => {
  test('ends the run at so many unexpected outcomes: exit 1, and the report says INCOMPLETE and why', async () => {
    const { exitCode, stdout } = await play('--bail', '2', '1', '2', ...WRONG);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(
      /FAILED: 2 of 27 cases .*2 regressed\)\. INCOMPLETE: \d+ of 27 cases were played, then --bail 2 ended the run\./,
    );
    // What was not played is no news, case by case.
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

  test('of several servers leaves those that come after it unplayed', async () => {
    const { exitCode } = await play('--bail', '1', '--server', 'never-answers-close', '--server', 'ws', '7.1.6');
    expect(exitCode).toBe(1);
    expect(report().agents.map(({ cases }) => cases.map(({ verdict }) => verdict))).toEqual([
      ['regressed'],
      ['missing'],
    ]);
  });

  test('does not hide that all is well where it is not reached', async () => {
    expect(await play('--bail', '1', '1.1.1', '1.1.2')).toMatchObject({ exitCode: 0 });
    expect(report().run.bail).toBeUndefined();
  });

  test('lets --retries tell what was found: flaky is unexpected too', async () => {
    const server = ['--', ...fixtureServer('unsteady/every-second-echo')];
    const { exitCode, stdout } = await play('--bail', '1', '--retries', '1', '1.1', ...server);
    expect(stdout).toMatch(/FAILED: 1 of 8 .*1 flaky\)\. INCOMPLETE/);
    expect(exitCode).toBe(1);
  });

  test('leaves a run that cannot be accepted, and that --resume completes', async () => {
    await play('--bail', '1', '1', ...WRONG);
    const refused = await conformance(out(), ['accept', '--expected', join(home(), 'mine.json')]);
    expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('not complete') });
    expect(await play('--resume', ...WRONG)).toMatchObject({ exitCode: 1 });
    expect(report().gate.counts.missing).toBe(0);
    expect(report().run.bail).toBeUndefined();
  });
});

test('an outcome that is taken back counts no more, unless there were enough', () => {
  const bail = new Bail(2);
  bail.note('a', '1.1.1', true);
  bail.note('a', '1.1.1', true);
  bail.note('a', '1.1.1', false);
  bail.note('b', '1.1.1', true);
  expect(bail.enough.aborted).toBe(false);
  bail.note('a', '1.1.2', true);
  expect(bail.enough.aborted).toBe(true);
  bail.note('a', '1.1.2', false);
  expect(bail.enough.aborted).toBe(true);
});

test('portions are the plan in its order, small ones first, and few of them', () => {
  const weigh = (id: string) => caseInfo(id)?.weightMs ?? 0;
  const dealt = portions(suiteIds, weigh);
  expect(dealt.flat()).toEqual(suiteIds);
  expect(dealt[0]?.length).toBeLessThanOrEqual(20);
  expect(dealt.length).toBeLessThanOrEqual(10);
  for (const [n, ids] of dealt.entries()) {
    expect(ids.length).toBeGreaterThan(0);
    if (ids.length > 1) expect(ids.reduce((sum, id) => sum + weigh(id), 0)).toBeLessThanOrEqual(2000 * 2 ** n);
  }
  expect(portions(['1.1.1', '1.1.2'], () => 99_999)).toEqual([['1.1.1'], ['1.1.2']]);
  expect(portions([], weigh)).toEqual([]);
});
