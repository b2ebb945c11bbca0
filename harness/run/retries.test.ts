import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { emptyExpectationFile } from '../expectations/accept.ts';
import { suiteIds } from '../suites/autobahn/catalogue.ts';
import { autobahn } from '../suites/autobahn/suite.ts';
import { groupMembers } from '../system/process-table.ts';
import { fixtureServer } from '../testing/command.ts';
import { conformance, ownFolder, reportIn } from '../testing/run-command.ts';
import { MAX_RETRIED_CASES, Retries } from './retries.ts';

const home = ownFolder('retries-test-');
const out = () => join(home(), 'report');
const report = () => reportIn(out());
const verdictOf = (id: string) => report().agents[0]?.cases.find((verdict) => verdict.id === id);
const file = (name: string) => readFileSync(join(out(), name), 'utf8');

/** Runs the command with one job. With several jobs the embedded engine repeats some failed cases by itself. */
const runCommand = (args: readonly string[], server: string) =>
  conformance(out(), ['--engine', 'native', '--jobs', '1', ...args, '--', ...fixtureServer(server)]);
const UNSTEADY = 'unsteady/every-second-echo';

describe('H30: --retries of a case that fails every second time', { timeout: 60_000 }, () => {
  test('calls the case flaky, reports both outcomes everywhere, and exits with 1', async () => {
    const { exitCode, stdout, stderr } = await runCommand(['--retries', '3', '1.1.2', '1.2.2', '2.1'], UNSTEADY);
    expect(exitCode).toBe(1);
    expect(report().gate).toMatchObject({ decision: 'failed', counts: { flaky: 2, same: 1 } });
    expect(report().run.retries).toEqual({ limit: 3, cases: 2, flaky: 2, leftOut: [] });
    // The second attempt has another outcome and shows that the case is flaky, so there is no third attempt.
    expect(verdictOf('1.1.2')?.tries?.map(({ verdict }) => verdict)).toEqual(['regressed', 'same']);
    expect(verdictOf('2.1')?.tries).toBeUndefined();
    for (const { result } of verdictOf('1.1.2')?.tries ?? [])
      expect(existsSync(join(out(), result)), result).toBe(true);
    expect(stderr).toContain(
      'retrying the unexpected outcomes, one case at a time (round 1 of at most 3): 1.1.2 1.2.2',
    );
    expect(stderr).not.toContain('2 of at most 3');

    const both = /Attempt 1: The server broke the protocol.* Attempt 2: The server did what was expected of it\./;
    expect(stdout).toMatch(new RegExp(`FAILED: 2 of 3 .*2 flaky[\\s\\S]*1\\.1\\.2 flaky: .*${both.source}`));
    expect(file('index.html')).toMatch(both);
    expect(file('summary.md')).toMatch(both);
    expect(file('junit.xml')).toMatch(
      /<failure type="flaky"[^>]*Attempt 1:[^>]*>attempt 1: regressed: .*\nattempt 2: same: /,
    );
    const page = file(join('cases', report().agents[0]?.slug ?? '', '1.1.2.html'));
    expect(page).toMatch(both);
    expect(page).toMatch(/id="tries"[\s\S]*ran again, alone, with another outcome[\s\S]*regressed[\s\S]*as expected/);
  });

  test('calls a case that always fails regressed, after all allowed attempts', async () => {
    const { exitCode, stdout } = await runCommand(['--retries', '2', '1.1.2'], 'echo/trimmed-echo');
    expect(exitCode).toBe(1);
    expect(stdout).toContain('1.1.2 regressed (3 of 3 attempts)');
    expect(verdictOf('1.1.2')).toMatchObject({ verdict: 'regressed', tries: [{}, {}, {}] });
    expect(report().run.retries).toMatchObject({ cases: 1, flaky: 0 });
  });

  test('retries an outcome that is better than expected too, because the outcome may be better by chance', async () => {
    await runCommand(['1.1.2'], 'echo/trimmed-echo');
    const { actual } = verdictOf('1.1.2') ?? {};
    const { received: _, ...facts } = actual ?? {};
    const deviating = {
      ...JSON.parse(emptyExpectationFile(autobahn, 'server')),
      cases: { '1.1.2': { ...facts, why: 'it is cut' } },
    };
    const expected = join(home(), 'expected.json');
    writeFileSync(expected, JSON.stringify(deviating));
    const { exitCode } = await runCommand(['--retries', '1', '--expected', expected, '1.1.2'], 'base/conformant');
    expect(exitCode).toBe(1);
    expect(verdictOf('1.1.2')).toMatchObject({
      verdict: 'improved',
      tries: [{ verdict: 'improved' }, { verdict: 'improved' }],
    });
  });

  test('does not retry an outcome that the expectation file calls flaky: exit 0, counted separately', async () => {
    await runCommand(['1.1.2'], 'echo/trimmed-echo');
    const { actual } = verdictOf('1.1.2') ?? {};
    const file = JSON.parse(emptyExpectationFile(autobahn, 'server'));
    const expected = join(home(), 'expected.json');
    writeFileSync(
      expected,
      JSON.stringify({ ...file, cases: { '1.1.2': { flaky: [actual], why: 'every other echo is cut' } } }),
    );
    const { exitCode, stderr } = await runCommand(['--retries', '2', '--expected', expected, '1.1.2'], UNSTEADY);
    expect(exitCode).toBe(0);
    expect(report().gate.sentence).toContain('(1 flaky)');
    expect(stderr).not.toContain('retrying');
  });

  test('makes a flaky case that accept does not take into the expectation file', async () => {
    await runCommand(['--retries', '1', '1.1.2'], UNSTEADY);
    const accepted = await conformance(out(), ['accept', '--expected', join(home(), 'mine.json'), '--why', 'so it is']);
    expect(accepted.stdout).toContain('1.1.2 is not accepted: its outcomes differed');
    expect(accepted.stdout).not.toContain('outcomes accepted');
  });

  test('makes a case flaky that is still flaky after the shards are merged', async () => {
    const shard = (i: number) => join(home(), `shard-${i}`);
    for (const i of [1, 2]) {
      await conformance(shard(i), [
        ...['--engine', 'native', '--jobs', '1', '--retries', '1', '--shard', `${i}/2`, '1.1.2', '2.1', '--'],
        ...fixtureServer(UNSTEADY),
      ]);
    }
    const merged = await conformance(out(), ['merge', shard(1), shard(2)]);
    expect(merged.exitCode).toBe(1);
    expect(report().run.retries).toEqual({ limit: 1, cases: 1, flaky: 1, leftOut: [] });
    expect(verdictOf('1.1.2')?.tries?.map(({ verdict }) => verdict)).toEqual(['regressed', 'same']);
    for (const { result } of verdictOf('1.1.2')?.tries ?? [])
      expect(existsSync(join(out(), result)), result).toBe(true);
  });
});

describe('a run that is interrupted during retries', { timeout: 60_000 }, () => {
  /** Interrupts a run while case 5.19 is played for the nth time. This case waits for a second. */
  async function interruptedAt(attempt: number, server: string) {
    const run = runCommand(['--trace', '--retries', '3', '1.1.2', '5.19', '5.20'], server);
    let output = '';
    run.stderr?.on('data', (chunk) => {
      output += chunk;
    });
    const waits = () => output.match(/^5\.19 .* the case waits/gm)?.length;
    await vi.waitUntil(() => waits() === attempt, { interval: 5, timeout: 30_000 });
    run.kill('SIGINT');
    const { exitCode } = await run;
    return { exitCode, pid: Number(/\(pid (\d+)\)/.exec(output)?.[1]) };
  }

  test.each([
    ['in the first round', 2, 'echo/trimmed-echo', { '1.1.2': ['regressed', 'regressed'] }],
    ['in the first round, after a case that is flaky', 2, UNSTEADY, { '1.1.2': ['regressed', 'same'] }],
    [
      'in the second round',
      3,
      'echo/trimmed-echo',
      {
        '1.1.2': ['regressed', 'regressed', 'regressed'],
        '5.19': ['regressed', 'regressed'],
        '5.20': ['regressed', 'regressed'],
      },
    ],
  ])('%s exits with 130, says INCOMPLETE, and keeps every outcome so far', async (_, attempt, server, verdicts) => {
    const { exitCode, pid } = await interruptedAt(attempt, server);
    expect(exitCode).toBe(130);
    expect(report().gate).toMatchObject({ decision: 'undecided', sentence: expect.stringContaining('INCOMPLETE') });
    expect(report().problems.map(({ what }) => what)).toEqual(['The run was interrupted.']);
    const cases = report().agents[0]?.cases ?? [];
    expect(cases.map(({ id, actual }) => [id, actual?.behavior])).toEqual([
      ['1.1.2', 'FAILED'],
      ['5.19', 'FAILED'],
      ['5.20', server === UNSTEADY ? 'OK' : 'FAILED'],
    ]);
    const retried = cases.flatMap(({ id, tries }) => (tries === undefined ? [] : [[id, tries] as const]));
    expect(Object.fromEntries(retried.map(([id, tries]) => [id, tries.map(({ verdict }) => verdict)]))).toEqual(
      verdicts,
    );
    for (const { result } of retried.flatMap(([, tries]) => tries))
      expect(existsSync(join(out(), result)), result).toBe(true);
    expect(file('index.html')).toContain('INCOMPLETE');
    expect(groupMembers(pid)).toEqual([]);
    expect(readdirSync(home())).toEqual(['report']);
  });
});

test('H30: more unexpected outcomes than MAX_RETRIED_CASES are not retried, but counted', () => {
  const outcome = { behavior: 'FAILED' } as Parameters<Retries['rounds']>[0] extends ReadonlyMap<string, infer O>
    ? O
    : never;
  const lines: string[] = [];
  const firstOutcomes = (n: number) => new Map(suiteIds.slice(0, n).map((id) => [id, outcome]));
  const many = new Retries({
    suite: autobahn,
    agent: 'server',
    folder: home(),
    limit: 2,
    onRound: (text) => lines.push(text),
  });
  expect([...many.rounds(firstOutcomes(MAX_RETRIED_CASES + 1))]).toEqual([]);
  expect(many.notRetried).toBe(MAX_RETRIED_CASES + 1);
  expect(lines).toEqual([]);
  const few = new Retries({
    suite: autobahn,
    agent: 'server',
    folder: home(),
    limit: 2,
    onRound: (text) => lines.push(text),
  });
  expect(few.rounds(firstOutcomes(MAX_RETRIED_CASES)).next().value?.cases).toHaveLength(MAX_RETRIED_CASES);
  expect(few.notRetried).toBe(0);
});

test.each([
  ['-1', /whole number, 0 or more/],
  ['some', /whole number, 0 or more/],
])('--retries %s: exit 2', async (value, message) => {
  const { exitCode, stderr } = await conformance(out(), ['--retries', value, '1.1.2']);
  expect(stderr).toMatch(message);
  expect(exitCode).toBe(2);
});
