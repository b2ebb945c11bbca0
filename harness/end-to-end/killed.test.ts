import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test, vi } from 'vitest';
import { groupMembers, processFacts } from '../system/process-table.ts';
import { COMMAND, fixtureServer } from '../testing/command.ts';
import { conformance, ownFolder, reportIn, said } from '../testing/run-command.ts';

/*
 * Tests of runs that are killed or lose the reader of their output, with real processes, signals and pipes.
 */

const root = join(import.meta.dirname, '../..');

const home = ownFolder('killed-test-');
const out = () => join(home(), 'report');
const report = () => reportIn(out());
const results = () => report().agents[0]?.cases.filter(({ result }) => result !== null) ?? [];

/** Returns the number of results in the report, or 0 if the report does not exist yet. */
const resultCount = () => {
  try {
    return results().length;
  } catch {
    return 0;
  }
};

describe('SIGKILL of the harness during the run (H49)', { timeout: 120_000 }, () => {
  test('leaves an INCOMPLETE report of the cases run so far, and --resume runs the rest', async () => {
    // Cases of category 12 take seconds on any machine. So they are still running when the first partial report is
    // written.
    const args = ['--engine', 'native', '--jobs', '2', '1', '12.1', '12.2', '12.3'];
    const run = conformance(out(), [...args, '--checkpoint', '1']);
    const [, server] = await said(run.stderr, /answers at \S+ \(pid (\d+)\)/);
    // Each new report replaces the old report in one step, so the test can read the report at any time.
    await vi.waitUntil(() => resultCount() > 10, { interval: 20, timeout: 60_000 });
    run.kill('SIGKILL');
    await run;

    const partial = report();
    expect(partial.gate).toMatchObject({ decision: 'undecided', exitCode: 3 });
    expect(partial.gate.sentence).toMatch(
      /^INCOMPLETE: \d+ of 70 cases (?:has|have) a result\. The run was still going on when this was written\.$/,
    );
    expect(partial.problems).toHaveLength(1);
    const playedIds = results().map(({ id }) => id);
    expect(playedIds.length).toBeLessThan(70);
    const index = readFileSync(join(out(), 'index.html'), 'utf8');
    expect(index).toContain('INCOMPLETE');
    expect(index).toContain('</html>');
    const { slug } = partial.agents[0] ?? { slug: '' };
    expect(readdirSync(join(out(), 'cases', slug))).toHaveLength(70);
    for (const { id, result } of results()) {
      expect(readFileSync(join(out(), 'cases', slug, `${id}.html`), 'utf8'), id).toContain('</html>');
      expect(JSON.parse(readFileSync(join(out(), result ?? ''), 'utf8')), id).toMatchObject({ id });
    }
    // The verb `accept` must refuse an incomplete report, because its outcomes must not become the expectation.
    expect(await conformance(out(), ['accept', '--expected', join(home(), 'mine.json')])).toMatchObject({
      exitCode: 2,
    });

    const before = new Map(results().map(({ id, result }) => [id, readFileSync(join(out(), result ?? ''), 'utf8')]));
    const resumed = await conformance(out(), ['--engine', 'native', '--jobs', '2', '--resume']);
    expect(resumed).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('PASSED: 70 of 70 cases are as expected.'),
    });
    for (const { id, result } of results())
      if (before.has(id)) expect(readFileSync(join(out(), result ?? ''), 'utf8'), id).toBe(before.get(id));
    // The next run has ended the server and removed the temporary folders of the killed run.
    expect(processFacts(Number(server))).toBeUndefined();
    expect(readdirSync(home())).toEqual(['report']);
  });

  test('reports the servers that were not started yet as not run', async () => {
    const run = conformance(out(), [
      ...['--engine', 'native', '--checkpoint', '0.5', '--server', 'ws', '--server', 'websock-server', '9'],
    ]);
    await vi.waitUntil(() => existsSync(join(out(), 'report.json')), { interval: 20, timeout: 60_000 });
    run.kill('SIGKILL');
    await run;
    const { agents, gate } = report();
    expect(gate.sentence).toContain('INCOMPLETE');
    expect(agents.map(({ name }) => name)).toEqual(['ws', 'websock server']);
    expect(agents[1]?.cases.every(({ verdict }) => verdict === 'missing')).toBe(true);
    // The next run ends the remaining server and removes the temporary folders next to the report.
    expect(await conformance(out(), ['--engine', 'native', '1.1.1'])).toMatchObject({ exitCode: 0 });
    expect(readdirSync(home())).toEqual(['report']);
  });
});

describe('a reader that closes the output pipe (H44)', { timeout: 90_000 }, () => {
  /** Runs a shell line, in which "$@" is the command. */
  const shell = (line: string) =>
    execa('bash', ['-o', 'pipefail', '-c', line, 'bash', ...COMMAND], {
      cwd: root,
      reject: false,
      env: { NO_COLOR: '1', CI: '', DOCKER_HOST: 'unix:///nowhere/docker.sock' },
    });

  test('after the first line of a --json run: the run continues, writes the report, and exits with 0', async () => {
    const { exitCode, stdout, stderr } = await shell(
      `"$@" --engine native --quiet --json --out ${out()} 1.1 7.1.6 | head -1`,
    );
    expect(stdout).toBe('{');
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
    expect(report().gate.decision).toBe('passed');
    expect(readdirSync(home())).toEqual(['report']);
  });

  test('before the first line, on stdout and stderr: the run passes and leaves no process', async () => {
    const pids = join(home(), 'pids');
    const server = `sh -c 'echo $$ > ${pids}; exec ${fixtureServer('base/conformant').join(' ')}'`;
    const { exitCode } = await shell(
      `"$@" --engine native --out ${out()} 1.1 7.1.6 -- ${server} 2>&1 | true; exit \${PIPESTATUS[0]}`,
    );
    expect(exitCode).toBe(0);
    const pid = Number(readFileSync(pids, 'utf8'));
    expect(processFacts(pid)).toBeUndefined();
    expect(groupMembers(pid)).toEqual([]);
    expect(readdirSync(home()).sort()).toEqual(['pids', 'report']);
  });

  test.each([
    ['stdout', '>&-'],
    ['stderr', '2>&-'],
    ['both', '>&- 2>&-'],
  ])('closed from the beginning (%s): the run still writes the report and exits with 0', async (_, redirection) => {
    const { exitCode } = await shell(`"$@" --engine native --out ${out()} 7.1.6 ${redirection}`);
    expect(exitCode).toBe(0);
    expect(report().gate.decision).toBe('passed');
    expect(readdirSync(home())).toEqual(['report']);
  });

  test('after the first line of list: the command exits with 0', async () => {
    const { exitCode, stdout, stderr } = await shell('"$@" list | head -1');
    expect(stdout).toMatch(/^1\.1\.1 /);
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
  });
});
