import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
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

/** The command as a line for a shell: the embedded engine, and a report in a folder of the test's own. */
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
/** As the locale and the wishes for colour of whoever runs the tests were not there. */
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
/** What only a window has that is painted over: a category's count, and how far the run is. */
const WINDOW = /\d+\/\d+|cases after/;

/** A command in a pseudo-terminal of its own. `said` resolves when what it wrote matches. */
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
  run.stdout?.setEncoding('utf8').on('data', (more: string) => {
    text += more;
    for (const look of watchers) look();
  });
  const said = (pattern: RegExp) =>
    new Promise<RegExpExecArray>((resolve) => {
      const look = () => {
        const match = pattern.exec(text);
        if (match === null) return;
        watchers.delete(look);
        resolve(match);
      };
      watchers.add(look);
      look();
    });
  return { run, said, text: () => text };
}

describeUnless(lackOf(SCRIPT, 'apt-get install bsdutils, on Linux'), 'on a real pseudo-terminal', () => {
  test.each([40, 80, 200])('%i columns wide: a window while it lasts, nothing of it in the end', async (columns) => {
    const { run, said, text } = onTerminal(columns, conformance('1', '2', '7'));
    await said(/ 1 Framing[\s\S]*of 64 cases/);
    await run;
    const screen = new TestScreen(columns, 40);
    await screen.write(text());
    const seen = screen.lines().join('\n');
    expect(seen.replaceAll('\n', '')).toMatch(/answers at.*PASSED: 64 of 64 cases are as expected\./);
    expect(seen).not.toMatch(WINDOW);
    expect(text()).toMatch(COLOUR);
  });

  test('dragged narrower and wider in mid-run, it leaves nothing behind', async () => {
    // How long the bar of a category is tells for which width a window was painted.
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
    // Played again on a screen that is dragged where the run noticed it: a moment that differs from run to run.
    const screen = new TestScreen(sizes[0], 40);
    let at = 0;
    for (const frame of text().split(/(?=\x1b\[\?2026h)/)) {
      const next = sizes[at + 1];
      if (next !== undefined && barAt(next).test(frame)) {
        screen.resize(next, 40);
        at++;
      }
      await screen.write(frame);
    }
    expect(at).toBe(sizes.length - 1);
    const seen = screen.lines().join('\n');
    expect(seen.replaceAll('\n', '')).toMatch(/answers at.*PASSED/);
    expect(seen).not.toMatch(WINDOW);
  });

  test('that goes away in mid-run, it takes the server with it', async () => {
    const { run, said } = onTerminal(80, conformance('9'));
    const [, pid] = await said(SERVER);
    await said(/of 54 cases after/);
    expect(processFacts(Number(pid))).toBeDefined();
    run.kill('SIGKILL');
    await run;
    await expect.poll(() => processFacts(Number(pid)), { timeout: 30_000 }).toBeUndefined();
  });

  test('NO_COLOR: a window, and no colour', async () => {
    const { run, text } = onTerminal(80, conformance('1', '2'), { NO_COLOR: '1' });
    await run;
    expect(text()).toContain('\x1b[?2026h');
    expect(text()).not.toMatch(COLOUR);
  });

  test('LANG=C: nothing but ASCII, whatever is told', async () => {
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
  /** A line for a shell, as a user types it. */
  const shell = (line: string, env: Record<string, string> = {}) =>
    execa('bash', ['-c', line], { cwd: root, reject: false, env: { ...PLAIN, ...env } });

  test('nothing but lines: no colour, no cursor that moves', async () => {
    const { exitCode, stdout, stderr } = await shell(conformance('1', '2'));
    expect(exitCode).toBe(0);
    expect(stdout + stderr).not.toContain('\x1b');
    expect(stderr).toMatch(/category 1 begins\n.*category 2 begins/);
  });

  test('FORCE_COLOR: colour, and still no cursor that moves', async () => {
    const { exitCode, stdout, stderr } = await shell(conformance('--from', 'fixtures/recorded/seed', '7.1.6'), {
      FORCE_COLOR: '1',
    });
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(COLOUR);
    expect((stdout + stderr).replaceAll(new RegExp(COLOUR, 'g'), '')).not.toContain('\x1b');
  });

  test.each([
    ['the result', '| head -1'],
    ['all it says', '2>&1 | head -1'],
    ['nothing at all', '2>&1 | true'],
  ])('a reader that has seen enough of %s (%s) leaves no orphan, and does not spoil the run', async (_, pipe) => {
    // Whoever descends from the run has this in its environment.
    const mark = `RUN_OF_THE_TEST=${home}`;
    const descendants = () => allPids().filter((pid) => environmentOf(pid).includes(mark));
    const run = shell(`${conformance('1', '2')} ${pipe}; exit \${PIPESTATUS[0]}`, { RUN_OF_THE_TEST: home });
    await expect.poll(() => descendants().length, { timeout: 30_000 }).toBeGreaterThan(2);
    expect(await run).toMatchObject({ exitCode: 0 });
    expect(descendants()).toEqual([]);
    expect(existsSync(join(home, 'report/report.json'))).toBe(true);
  });
});

function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1');
  } catch {
    return '';
  }
}
