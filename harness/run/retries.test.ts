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
const one = (id: string) => report().agents[0]?.cases.find((verdict) => verdict.id === id);
const file = (name: string) => readFileSync(join(out(), name), 'utf8');

/** One job: what fails beside others the embedded engine would play again by itself. */
const play = (args: readonly string[], server: string) =>
  conformance(out(), ['--engine', 'native', '--jobs', '1', ...args, '--', ...fixtureServer(server)]);
const UNSTEADY = 'unsteady/every-second-echo';

describe('H30: a case that fails every second time is not played until it is green', { timeout: 60_000 }, () => {
  test('but called flaky, with both outcomes wherever it is told of: exit 1', async () => {
    const { exitCode, stdout, stderr } = await play(['--retries', '3', '1.1.2', '1.2.2', '2.1'], UNSTEADY);
    expect(exitCode).toBe(1);
    expect(report().gate).toMatchObject({ decision: 'failed', counts: { flaky: 2, same: 1 } });
    expect(report().run.retries).toEqual({ limit: 3, cases: 2, flaky: 2, leftOut: [] });
    // The second outcome is the other one: a third try would tell nothing more.
    expect(one('1.1.2')?.tries?.map(({ verdict }) => verdict)).toEqual(['regressed', 'same']);
    expect(one('2.1')?.tries).toBeUndefined();
    for (const { result } of one('1.1.2')?.tries ?? []) expect(existsSync(join(out(), result)), result).toBe(true);
    expect(stderr).toContain(
      'retrying the unexpected outcomes, one case at a time (round 1 of at most 3): 1.1.2 1.2.2',
    );
    expect(stderr).not.toContain('2 of at most 3');

    const both = /Try 1: The server broke the protocol.* Try 2: The server did what was expected of it\./;
    expect(stdout).toMatch(new RegExp(`FAILED: 2 of 3 .*2 flaky[\\s\\S]*1\\.1\\.2 flaky: .*${both.source}`));
    expect(file('index.html')).toMatch(both);
    expect(file('summary.md')).toMatch(both);
    expect(file('junit.xml')).toMatch(/<failure type="flaky"[^>]*Try 1:[^>]*>try 1: regressed: .*\ntry 2: same: /);
    const page = file(join('cases', report().agents[0]?.slug ?? '', '1.1.2.html'));
    expect(page).toMatch(both);
    expect(page).toMatch(/id="tries"[\s\S]*came out differently[\s\S]*regressed[\s\S]*as expected/);
  });

  test('and what always fails stays regressed, after as many tries as were allowed', async () => {
    const { exitCode, stdout } = await play(['--retries', '2', '1.1.2'], 'echo/trimmed-echo');
    expect(exitCode).toBe(1);
    expect(stdout).toContain('1.1.2 regressed (3 of 3 tries)');
    expect(one('1.1.2')).toMatchObject({ verdict: 'regressed', tries: [{}, {}, {}] });
    expect(report().run.retries).toMatchObject({ cases: 1, flaky: 0 });
  });

  test('what is better than expected is played again too: by chance better is no reason to expect it', async () => {
    await play(['1.1.2'], 'echo/trimmed-echo');
    const { actual } = one('1.1.2') ?? {};
    const { received: _, ...facts } = actual ?? {};
    const wrong = {
      ...JSON.parse(emptyExpectationFile(autobahn, 'server')),
      cases: { '1.1.2': { ...facts, why: 'it is cut' } },
    };
    const expected = join(home(), 'expected.json');
    writeFileSync(expected, JSON.stringify(wrong));
    const { exitCode } = await play(['--retries', '1', '--expected', expected, '1.1.2'], 'base/conformant');
    expect(exitCode).toBe(1);
    expect(one('1.1.2')).toMatchObject({
      verdict: 'improved',
      tries: [{ verdict: 'improved' }, { verdict: 'improved' }],
    });
  });

  test('unless the expectation file calls the outcome flaky: then it is green, counted apart, and not played again', async () => {
    await play(['1.1.2'], 'echo/trimmed-echo');
    const { actual } = one('1.1.2') ?? {};
    const file = JSON.parse(emptyExpectationFile(autobahn, 'server'));
    const expected = join(home(), 'expected.json');
    writeFileSync(
      expected,
      JSON.stringify({ ...file, cases: { '1.1.2': { flaky: [actual], why: 'every other echo is cut' } } }),
    );
    const { exitCode, stderr } = await play(['--retries', '2', '--expected', expected, '1.1.2'], UNSTEADY);
    expect(exitCode).toBe(0);
    expect(report().gate.sentence).toContain('(1 flaky)');
    expect(stderr).not.toContain('retrying');
  });

  test('and accept does not make one of the two outcomes the expectation', async () => {
    await play(['--retries', '1', '1.1.2'], UNSTEADY);
    const accepted = await conformance(out(), ['accept', '--expected', join(home(), 'mine.json'), '--why', 'so it is']);
    expect(accepted.stdout).toContain('1.1.2 is not accepted: its outcomes differed');
    expect(accepted.stdout).not.toContain('outcomes accepted');
  });

  test('and shares keep it flaky when they are merged', async () => {
    const share = (i: number) => join(home(), `share-${i}`);
    for (const i of [1, 2]) {
      await conformance(share(i), [
        ...['--engine', 'native', '--jobs', '1', '--retries', '1', '--shard', `${i}/2`, '1.1.2', '2.1', '--'],
        ...fixtureServer(UNSTEADY),
      ]);
    }
    const merged = await conformance(out(), ['merge', share(1), share(2)]);
    expect(merged.exitCode).toBe(1);
    expect(report().run.retries).toEqual({ limit: 1, cases: 1, flaky: 1, leftOut: [] });
    expect(one('1.1.2')?.tries?.map(({ verdict }) => verdict)).toEqual(['regressed', 'same']);
    for (const { result } of one('1.1.2')?.tries ?? []) expect(existsSync(join(out(), result)), result).toBe(true);
  });
});

describe('a run that is interrupted while it plays again', { timeout: 60_000 }, () => {
  /** Interrupts a run when 5.19, which waits for a second, is played for the nth time. */
  async function interruptedAt(nth: number, server: string) {
    const run = play(['--trace', '--retries', '3', '1.1.2', '5.19', '5.20'], server);
    let said = '';
    run.stderr?.on('data', (chunk) => {
      said += chunk;
    });
    const waits = () => said.match(/^5\.19 .* the case waits/gm)?.length;
    await vi.waitUntil(() => waits() === nth, { interval: 5, timeout: 30_000 });
    run.kill('SIGINT');
    const { exitCode } = await run;
    return { exitCode, pid: Number(/\(pid (\d+)\)/.exec(said)?.[1]) };
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
  ])('%s: exit 130 and INCOMPLETE, with every outcome there was by then', async (_, nth, server, tries) => {
    const { exitCode, pid } = await interruptedAt(nth, server);
    expect(exitCode).toBe(130);
    expect(report().gate).toMatchObject({ decision: 'undecided', sentence: expect.stringContaining('INCOMPLETE') });
    expect(report().problems.map(({ what }) => what)).toEqual(['The run was interrupted.']);
    const cases = report().agents[0]?.cases ?? [];
    expect(cases.map(({ id, actual }) => [id, actual?.behavior])).toEqual([
      ['1.1.2', 'FAILED'],
      ['5.19', 'FAILED'],
      ['5.20', server === UNSTEADY ? 'OK' : 'FAILED'],
    ]);
    const again = cases.flatMap((one) => (one.tries === undefined ? [] : [[one.id, one.tries] as const]));
    expect(Object.fromEntries(again.map(([id, all]) => [id, all.map(({ verdict }) => verdict)]))).toEqual(tries);
    for (const { result } of again.flatMap(([, all]) => all))
      expect(existsSync(join(out(), result)), result).toBe(true);
    expect(file('index.html')).toContain('INCOMPLETE');
    expect(groupMembers(pid)).toEqual([]);
    expect(readdirSync(home())).toEqual(['report']);
  });
});

test('H30: of more unexpected outcomes than can be an accident none is played again, and they are counted', () => {
  const outcome = { behavior: 'FAILED' } as Parameters<Retries['rounds']>[0] extends ReadonlyMap<string, infer O>
    ? O
    : never;
  const told: string[] = [];
  const some = (n: number) => new Map(suiteIds.slice(0, n).map((id) => [id, outcome]));
  const many = new Retries({
    suite: autobahn,
    agent: 'server',
    folder: home(),
    limit: 2,
    say: (text) => told.push(text),
  });
  expect([...many.rounds(some(MAX_RETRIED_CASES + 1))]).toEqual([]);
  expect(many.leftOut).toBe(MAX_RETRIED_CASES + 1);
  expect(told).toEqual([]);
  const few = new Retries({
    suite: autobahn,
    agent: 'server',
    folder: home(),
    limit: 2,
    say: (text) => told.push(text),
  });
  expect(few.rounds(some(MAX_RETRIED_CASES)).next().value?.cases).toHaveLength(MAX_RETRIED_CASES);
  expect(few.leftOut).toBe(0);
});

test.each([
  ['-1', /whole number, 0 or more/],
  ['some', /whole number, 0 or more/],
])('--retries %s: exit 2', async (value, message) => {
  const { exitCode, stderr } = await conformance(out(), ['--retries', value, '1.1.2']);
  expect(stderr).toMatch(message);
  expect(exitCode).toBe(2);
});
