import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test, vi } from 'vitest';
import { groupMembers, processFacts } from '../system/process-table.ts';
import { conformance, ownFolder, reportIn, said } from '../testing/run-command.ts';

/** What ends a run from outside, without a word: real processes, real signals, real pipes. */

const root = join(import.meta.dirname, '../..');
const cli = [process.execPath, '--import', import.meta.resolve('tsx'), join(root, 'harness/cli/main.ts')];

const home = ownFolder('killed-test-');
const out = () => join(home(), 'report');
const report = () => reportIn(out());
const results = () => report().agents[0]?.cases.filter(({ result }) => result !== null) ?? [];

/** How many results the report has by now; it may be replaced between any two looks. */
const known = () => {
  try {
    return results().length;
  } catch {
    return 0;
  }
};

describe('H49: SIGKILL of the harness in mid-run', { timeout: 120_000 }, () => {
  test('leaves the report of what was played, which says INCOMPLETE, and --resume plays the rest', async () => {
    // Compressed messages take seconds, however fast the machine is; the rest is there when the first report is written.
    const args = ['--engine', 'native', '--jobs', '2', '1', '12.1', '12.2', '12.3'];
    const run = conformance(out(), [...args, '--checkpoint', '1']);
    const [, server] = await said(run.stderr, /answers at \S+ \(pid (\d+)\)/);
    // A report is put in its place as a whole: as soon as one is there that tells something, it can be read.
    await vi.waitUntil(() => known() > 10, { interval: 20, timeout: 60_000 });
    run.kill('SIGKILL');
    await run;

    const half = report();
    expect(half.gate).toMatchObject({ decision: 'undecided', exitCode: 3 });
    expect(half.gate.sentence).toMatch(
      /^INCOMPLETE: \d+ of 70 cases (?:has|have) a result\. The run was still going on when this was written\.$/,
    );
    expect(half.problems).toHaveLength(1);
    const played = results().map(({ id }) => id);
    expect(played.length).toBeLessThan(70);
    const index = readFileSync(join(out(), 'index.html'), 'utf8');
    expect(index).toContain('INCOMPLETE');
    expect(index).toContain('</html>');
    const { slug } = half.agents[0] ?? { slug: '' };
    expect(readdirSync(join(out(), 'cases', slug))).toHaveLength(70);
    for (const { id, result } of results()) {
      expect(readFileSync(join(out(), 'cases', slug, `${id}.html`), 'utf8'), id).toContain('</html>');
      expect(JSON.parse(readFileSync(join(out(), result ?? ''), 'utf8')), id).toMatchObject({ id });
    }
    // It stands for nothing: neither for the server nor for what is expected of it.
    expect(await conformance(out(), ['accept', '--expected', join(home(), 'mine.json')])).toMatchObject({
      exitCode: 2,
    });

    const kept = new Map(results().map(({ id, result }) => [id, readFileSync(join(out(), result ?? ''), 'utf8')]));
    const resumed = await conformance(out(), ['--engine', 'native', '--jobs', '2', '--resume']);
    expect(resumed).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('PASSED: 70 of 70 cases are as expected.'),
    });
    for (const { id, result } of results())
      if (kept.has(id)) expect(readFileSync(join(out(), result ?? ''), 'utf8'), id).toBe(kept.get(id));
    // The next run cleans up after the one that could not.
    expect(processFacts(Number(server))).toBeUndefined();
    expect(readdirSync(home())).toEqual(['report']);
  });

  test('of several servers leaves those that were not begun as not played', async () => {
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
    // Ends the server that was left, and takes away what lies beside the report.
    expect(await conformance(out(), ['--engine', 'native', '1.1.1'])).toMatchObject({ exitCode: 0 });
    expect(readdirSync(home())).toEqual(['report']);
  });
});

describe('H44: a reader that goes away', { timeout: 90_000 }, () => {
  /** A line of shell, as somebody types it; what is on stderr comes back too. */
  const shell = (line: string) =>
    execa('bash', ['-o', 'pipefail', '-c', line, 'bash', ...cli], {
      cwd: root,
      reject: false,
      env: { NO_COLOR: '1', CI: '', DOCKER_HOST: 'unix:///nowhere/docker.sock' },
    });

  test('after its first line: the run goes on in quiet, leaves its report, and keeps its exit code', async () => {
    const { exitCode, stdout, stderr } = await shell(
      `"$@" --engine native --quiet --json --out ${out()} 1.1 7.1.6 | head -1`,
    );
    expect(stdout).toBe('{');
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
    expect(report().gate.decision).toBe('passed');
    expect(readdirSync(home())).toEqual(['report']);
  });

  test('before there is a line, with stdout and stderr both: nothing is left running', async () => {
    const pids = join(home(), 'pids');
    const server = `sh -c 'echo $$ > ${pids}; exec node --import tsx fixtures/servers/base/conformant.ts'`;
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
  ])(
    '%s closed from the beginning: the report is there all the same, and the exit code says what it is',
    async (_, closed) => {
      const { exitCode } = await shell(`"$@" --engine native --out ${out()} 7.1.6 ${closed}`);
      expect(exitCode).toBe(0);
      expect(report().gate.decision).toBe('passed');
      expect(readdirSync(home())).toEqual(['report']);
    },
  );

  test('of a list is no fault', async () => {
    const { exitCode, stdout, stderr } = await shell('"$@" list | head -1');
    expect(stdout).toMatch(/^1\.1\.1 /);
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
  });
});
