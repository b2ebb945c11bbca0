import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ownFolder } from '../testing/run-command.ts';
import { describeExit, type RunningProcess, startProcess } from './process.ts';
import { groupMembers, processFacts } from './process-table.ts';
import { Workspace } from './workspace.ts';

const folder = ownFolder('process-test-');
let workspace: Workspace;
let running: RunningProcess[];
beforeEach(() => {
  workspace = new Workspace();
  running = [];
});
afterEach(async () => {
  for (const subprocess of running) await subprocess.end();
  workspace.remove();
});

const log = () => join(folder(), 'output.log');
const start = (command: readonly string[], options: { cwd?: string; env?: Record<string, string> } = {}) => {
  const subprocess = startProcess({ command, ...options }, workspace, log());
  running.push(subprocess);
  return subprocess;
};
const shell = (script: string, ...args: string[]) => start(['sh', '-c', script, 'sh', ...args]);
/** Resolves with the first line that the process prints. */
const firstLine = (subprocess: RunningProcess) => new Promise<string>((resolve) => subprocess.output.onLine(resolve));

describe('a process', () => {
  it.each([
    ['exit 0', { code: 0, signal: null }, 'It ended with exit code 0.'],
    ['exit 7', { code: 7, signal: null }, 'It ended with exit code 7.'],
    ['kill -9 $$', { code: null, signal: 'SIGKILL' }, 'It was ended by SIGKILL.'],
  ])('that runs "%s" reports how it ended', async (script, exit, sentence) => {
    const subprocess = shell(script);
    expect(subprocess.exit()).toBeUndefined();
    expect(await subprocess.ended).toEqual(exit);
    expect(subprocess.exit()).toEqual(exit);
    expect(describeExit(exit)).toBe(sentence);
  });

  it('gets its folder, our environment and the added variables', async () => {
    const subprocess = start(['sh', '-c', 'pwd; echo "$MODE $PATH"'], { cwd: folder(), env: { MODE: 'release' } });
    await subprocess.ended;
    expect(subprocess.output.tail()).toEqual([folder(), `release ${process.env.PATH}`]);
  });

  it('has no input: a program that reads stdin finds its end', async () => {
    expect(await start(['cat']).ended).toMatchObject({ code: 0 });
  });
});

describe('a program that cannot be started', () => {
  const reasonOf = async (command: readonly string[], cwd?: string) => {
    const subprocess = start(command, cwd === undefined ? {} : { cwd });
    const exit = await subprocess.ended;
    expect(subprocess.pid).toBeUndefined();
    expect(exit).toMatchObject({ code: null, signal: null });
    return describeExit(exit);
  };

  it('is reported if the file does not exist', async () => {
    expect(await reasonOf(['/no/such/program'])).toBe('It could not be started: there is no such program (ENOENT).');
    expect(await reasonOf(['no-such-program'])).toBe('It could not be started: there is no such program (ENOENT).');
  });

  it('is reported if the file is not executable', async () => {
    const file = join(folder(), 'server');
    writeFileSync(file, '#!/bin/sh\n');
    chmodSync(file, 0o644);
    const reason = 'It could not be started: the file is not a program, or must not be executed (EACCES).';
    expect(await reasonOf([file])).toBe(reason);
    expect(await reasonOf([folder()])).toBe(reason);
  });

  it('is reported if its folder does not exist', async () => {
    const missing = join(folder(), 'missing');
    expect(await reasonOf(['sh', '-c', 'true'], missing)).toBe(
      `It could not be started: the folder ${missing} does not exist.`,
    );
  });

  it('is reported if an argument is too long', async () => {
    expect(await reasonOf(['true', 'x'.repeat(2 ** 21)])).toContain('(E2BIG)');
  });

  it('is reported if the name of the program is empty', async () => {
    expect(await reasonOf([''])).toBe('It could not be started: the name of the program is empty.');
    expect(await reasonOf([])).toBe('It could not be started: the name of the program is empty.');
  });

  it('can be ended like any other process', async () => {
    const subprocess = start(['/no/such/program']);
    await subprocess.end();
    expect(await subprocess.ended).toMatchObject({ code: null });
  });
});

describe('end', () => {
  it('ends the processes that the process started, in the same group', async () => {
    const subprocess = shell('sleep 60 & echo $!; wait');
    const child = Number(await firstLine(subprocess));
    expect(processFacts(child)?.group).toBe(subprocess.pid);
    await subprocess.end();
    expect(processFacts(child)).toBeUndefined();
    expect(groupMembers(subprocess.pid ?? 0)).toEqual([]);
  });

  it('ends them too if the process itself has ended before', async () => {
    const subprocess = shell('sleep 60 >/dev/null 2>&1 & echo $!');
    const child = Number(await firstLine(subprocess));
    await subprocess.ended;
    expect(processFacts(child)).toBeDefined();
    await subprocess.end();
    expect(processFacts(child)).toBeUndefined();
  });

  it('lets the process clean up after SIGTERM', async () => {
    const subprocess = shell('trap "echo bye; exit 5" TERM; echo up; while :; do sleep 0.05; done');
    await firstLine(subprocess);
    await subprocess.end();
    expect(await subprocess.ended).toEqual({ code: 5, signal: null });
  });

  it('sends SIGKILL two seconds later to a process that ignores SIGTERM', async () => {
    const subprocess = shell('trap "" TERM; echo up; while :; do sleep 0.05; done');
    await firstLine(subprocess);
    const before = performance.now();
    await subprocess.end();
    const elapsed = performance.now() - before;
    expect(elapsed).toBeGreaterThanOrEqual(2000);
    expect(elapsed).toBeLessThan(10_000);
    expect(await subprocess.ended).toEqual({ code: null, signal: 'SIGKILL' });
    expect(groupMembers(subprocess.pid ?? 0)).toEqual([]);
  });

  it('ends a process that is stopped', async () => {
    const subprocess = shell('echo up; kill -STOP $$; sleep 60');
    await firstLine(subprocess);
    await subprocess.end();
    expect(groupMembers(subprocess.pid ?? 0)).toEqual([]);
  });

  it('can be called twice, and after the process has ended', async () => {
    const subprocess = shell('true');
    await subprocess.ended;
    await subprocess.end();
    await subprocess.end();
    expect(subprocess.exit()).toEqual({ code: 0, signal: null });
  });
});

describe('the output of a process', () => {
  it('is stdout and stderr, in a file and as lines', async () => {
    const subprocess = shell('echo to stdout; echo to stderr >&2');
    await subprocess.ended;
    await subprocess.end();
    expect(subprocess.output.tail().sort()).toEqual(['to stderr', 'to stdout']);
    expect(readFileSync(log(), 'utf8').split('\n').sort()).toEqual(['', 'to stderr', 'to stdout']);
  });

  it('has been read completely when `ended` resolves', async () => {
    const subprocess = shell('head -c 1000000 /dev/zero | tr "\\0" "x"; echo; echo last line');
    await subprocess.ended;
    expect(subprocess.output.tail().at(-1)).toBe('last line');
  });

  it('is read until the last process of the group has closed it', async () => {
    const subprocess = shell('(sleep 0.3; echo late) & echo early');
    const { code } = await subprocess.ended;
    expect(code).toBe(0);
    expect(subprocess.output.tail()).toEqual(['early', 'late']);
  });

  it('does not keep `end` waiting if a process of another group still holds it open', async () => {
    const subprocess = shell('setsid sleep 3 & echo up');
    await firstLine(subprocess);
    const before = performance.now();
    await subprocess.end();
    expect(performance.now() - before).toBeLessThan(2500);
    expect(await subprocess.ended).toMatchObject({ code: 0 });
  });

  it('never blocks the process, however much it prints, and fills neither disk nor memory', async () => {
    const before = process.memoryUsage().rss;
    const subprocess = shell('yes "a line of a noisy server" | head -c 50000000; echo done');
    const { code } = await subprocess.ended;
    await subprocess.end();
    expect(code).toBe(0);
    expect(subprocess.output.tail().at(-1)).toMatch(/done$/);
    expect(statSync(log()).size).toBeLessThan(3 * 1024 * 1024);
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
  });
});
