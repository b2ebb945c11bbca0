import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { describeUnless, lackOf } from '../../reports/testing/skip.ts';
import { allPids, processFacts } from '../system/process-table.ts';
import { TestScreen } from '../testing/screen.ts';

const root = join(import.meta.dirname, '../..');
const SCRIPT = '/usr/bin/script';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'terminal-real-test-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** Returns the shell line that runs the command with the embedded engine and a report in the test's folder. */
const conformance = (...words: string[]) =>
  [
    process.execPath,
    '--import',
    'tsx',
    'harness/cli/main.ts',
    '--engine',
    'native',
    '--out',
    join(home, 'report'),
    ...words,
  ].join(' ');
/** Environment without the locale and the colour settings of the user who runs the tests. */
const PLAIN = {
  CI: '',
  NO_COLOR: '',
  FORCE_COLOR: '',
  LANG: 'C.UTF-8',
  LC_ALL: '',
  LC_CTYPE: '',
  TERM: 'xterm-256color',
};
const SERVER = /answers at \S+ \(pid (\d+)\)/;
const COLOUR = /\x1b\[\d+m/;
/** Text that only the progress display contains: the counts of a category, and the elapsed time. */
const PROGRESS = /\d+\/\d+|cases after/;

/** Runs a shell line in a new pseudo-terminal. The returned `said` resolves when the output matches a pattern. */
function onTerminal(columns: number, line: string, env: Record<string, string> = {}) {
  const run = execa(SCRIPT, ['-qec', `stty cols ${columns} rows 40; tty; exec ${line}`, '/dev/null'], {
    cwd: root,
    reject: false,
    env: { ...PLAIN, ...env },
    stdin: 'pipe',
    buffer: false,
  });
  let text = '';
  const watchers = new Set<() => void>();
  run.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    for (const check of watchers) check();
  });
  const said = (pattern: RegExp) =>
    new Promise<RegExpExecArray>((resolve) => {
      const check = () => {
        const match = pattern.exec(text);
        if (match === null) return;
        watchers.delete(check);
        resolve(match);
      };
      watchers.add(check);
      check();
    });
  return { run, said, text: () => text };
}

describeUnless(lackOf(SCRIPT, 'apt-get install bsdutils, on Linux'), 'on a real pseudo-terminal', () => {
  test.each([40, 80, 200])(
    '%i columns wide: shows progress during the run, and no progress afterwards',
    async (columns) => {
      const { run, said, text } = onTerminal(columns, conformance('1', '2', '7'));
      await said(/ 1 Framing[\s\S]*of 64 cases/);
      await run;
      const screen = new TestScreen(columns, 40);
      await screen.write(text());
      const visible = screen.lines().join('\n');
      expect(visible.replaceAll('\n', '')).toMatch(/answers at.*PASSED: 64 of 64 cases are as expected\./);
      expect(visible).not.toMatch(PROGRESS);
      expect(text()).toMatch(COLOUR);
    },
  );

  test('resized during the run: leaves no remains of the progress display', async () => {
    // The length of a category's bar shows for which width the progress display was drawn.
    const barAt = (columns: number) => new RegExp(`(?<![▇·])[▇·]{${Math.min(40, columns - 51)}}(?![▇·])`);
    const sizes = [120, 60, 90, 70] as const;
    const { run, said, text } = onTerminal(sizes[0], conformance('1', '2', '5', '7', '10', '6.1-6.9'));
    const [tty] = await said(/\/dev\/pts\/\d+/);
    await said(barAt(sizes[0]));
    for (const columns of sizes.slice(1)) {
      await execa('stty', ['-F', tty, 'cols', String(columns)]);
      await said(barAt(columns));
    }
    await run;
    // The test writes the output to an emulated terminal, and resizes this terminal at the frame in which the command
    // noticed the new width.
    const screen = new TestScreen(sizes[0], 40);
    let sizeIndex = 0;
    for (const frame of text().split(/(?=\x1b\[\?2026h)/)) {
      const next = sizes[sizeIndex + 1];
      if (next !== undefined && barAt(next).test(frame)) {
        screen.resize(next, 40);
        sizeIndex++;
      }
      await screen.write(frame);
    }
    expect(sizeIndex).toBe(sizes.length - 1);
    const visible = screen.lines().join('\n');
    expect(visible.replaceAll('\n', '')).toMatch(/answers at.*PASSED/);
    expect(visible).not.toMatch(PROGRESS);
  });

  test('closed during the run: the server ends too', async () => {
    const { run, said } = onTerminal(80, conformance('9'));
    const [, pid] = await said(SERVER);
    await said(/of 54 cases after/);
    expect(processFacts(Number(pid))).toBeDefined();
    run.kill('SIGKILL');
    await run;
    await expect.poll(() => processFacts(Number(pid)), { timeout: 30_000 }).toBeUndefined();
    // The command still writes the report of the played cases, in a folder whose name begins with a dot.
    await expect.poll(() => readdirSync(home), { timeout: 30_000 }).not.toContainEqual(expect.stringMatching(/^\./));
  });

  test('with NO_COLOR: shows progress without colour', async () => {
    const { run, text } = onTerminal(80, conformance('1', '2'), { NO_COLOR: '1' });
    await run;
    expect(text()).toContain('\x1b[?2026h');
    expect(text()).not.toMatch(COLOUR);
  });

  test('with LANG=C: prints only ASCII', async () => {
    for (const words of [
      ['--from', 'fixtures/recorded/seed', '7.1.6'],
      ['2'],
      ['--server', 'never-answers-close', '7.1'],
    ]) {
      const { run, text } = onTerminal(80, conformance(...words), { LANG: 'C' });
      await run;
      expect(text()).toMatch(/FAILED|PASSED/);
      expect(text().match(/[^\x00-\x7f]+/g) ?? [], words.join(' ')).toEqual([]);
    }
  });
});

describe('without a terminal', () => {
  /** Runs a shell line, as a user types it. */
  const shell = (line: string, env: Record<string, string> = {}) =>
    execa('bash', ['-c', line], { cwd: root, reject: false, env: { ...PLAIN, ...env } });

  test('prints plain lines, without colour and cursor movement', async () => {
    const { exitCode, stdout, stderr } = await shell(conformance('1', '2'));
    expect(exitCode).toBe(0);
    expect(stdout + stderr).not.toContain('\x1b');
    expect(stderr).toMatch(/category 1 starts\n.*category 2 starts/);
  });

  test('with FORCE_COLOR: prints colour, but no cursor movement', async () => {
    const { exitCode, stdout, stderr } = await shell(conformance('--from', 'fixtures/recorded/seed', '7.1.6'), {
      FORCE_COLOR: '1',
    });
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(COLOUR);
    expect((stdout + stderr).replaceAll(new RegExp(COLOUR, 'g'), '')).not.toContain('\x1b');
  });

  test.each([
    ['stdout', '| head -1'],
    ['stdout and stderr', '2>&1 | head -1'],
    ['nothing', '2>&1 | true'],
  ])('a reader that closes the pipe after reading %s (%s): the run passes and leaves no process', async (_, pipe) => {
    // Every process that the run starts inherits this environment variable.
    const mark = `RUN_OF_THE_TEST=${home}`;
    const descendants = () => allPids().filter((pid) => environmentOf(pid).includes(mark));
    const run = shell(`${conformance('1', '2')} ${pipe}; exit \${PIPESTATUS[0]}`, { RUN_OF_THE_TEST: home });
    await expect.poll(() => descendants().length, { timeout: 30_000 }).toBeGreaterThan(2);
    expect(await run).toMatchObject({ exitCode: 0 });
    expect(descendants()).toEqual([]);
    expect(existsSync(join(home, 'report/report.json'))).toBe(true);
  });
});

/** Reads the environment of a process; empty if the process has ended. */
function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1');
  } catch {
    return '';
  }
}
