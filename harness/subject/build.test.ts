import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { unnamedServer } from '../config/config.ts';
import { processFacts } from '../system/process-table.ts';
import { Workspace } from '../system/workspace.ts';
import { rejectedError } from '../testing/thrown-error.ts';
import { build } from './build.ts';

let folder: string;
let workspace: Workspace;
const never = new AbortController().signal;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'build-test-'));
  workspace = new Workspace();
});
afterEach(() => {
  workspace.remove();
  rmSync(folder, { recursive: true, force: true });
});

const log = () => join(folder, 'build.log');
/** Calls `build` for a server whose build command is a shell script, in the folder of this test. */
const sh = (line: string, more = {}, signal = never) =>
  build({ ...unnamedServer('x'), cwd: folder, build: ['sh', '-c', line], ...more }, workspace, log(), signal);

test('runs the build command in the folder and the environment of the server, and logs its output', async () => {
  await sh('echo compiling; echo "$MODE" > made', { env: { MODE: 'release' } });
  expect(readFileSync(join(folder, 'made'), 'utf8')).toBe('release\n');
  expect(readFileSync(log(), 'utf8')).toBe('compiling\n');
});

test('does nothing for a server without a build command', async () => {
  await build(unnamedServer('x'), workspace, log(), never);
  expect(existsSync(log())).toBe(false);
});

test('fails with exit 3, the command, how it ended, and its last lines, if the command fails', async () => {
  const { exitCode, problem } = await rejectedError(sh('echo one; echo "error: no such field" >&2; exit 101'));
  expect(problem).toMatchObject({
    what: 'The build of the server failed.',
    where: expect.stringContaining('exit 101'),
    why: 'It ended with exit code 101.',
    tail: expect.arrayContaining(['one', 'error: no such field']),
  });
  expect(exitCode).toBe(3);
});

test.each([
  ['there is no such program (ENOENT)', ['/no/such/compiler']],
  ['the file is not a program, or must not be executed (EACCES)', [import.meta.filename]],
  ['an argument is longer than the system allows (E2BIG)', ['true', 'x'.repeat(2 ** 21)]],
  ['the name of the program is empty', ['']],
])('says why the command cannot be started: %s', async (why, command) => {
  const failing = build({ ...unnamedServer('x'), build: command }, workspace, log(), never);
  expect((await rejectedError(failing)).problem.why).toBe(`It could not be started: ${why}.`);
});

test('ends a command that takes too long, and the processes that it started', async () => {
  const error = await rejectedError(sh('sleep 60 & echo $! > child; wait', { buildSeconds: 0.5 }));
  expect(error.problem.what).toBe('The build did not end within 0.5 s.');
  expect(processFacts(Number(readFileSync(join(folder, 'child'), 'utf8')))).toBeUndefined();
});

test('leaves nothing running if it is interrupted', async () => {
  const controller = new AbortController();
  const building = sh('sleep 60 & echo $! > child; wait', {}, controller.signal);
  while (!existsSync(join(folder, 'child')) || readFileSync(join(folder, 'child'), 'utf8') === '')
    await new Promise((resolve) => setTimeout(resolve, 10));
  controller.abort(new Error('enough'));
  await expect(building).rejects.toThrow('enough');
  expect(processFacts(Number(readFileSync(join(folder, 'child'), 'utf8')))).toBeUndefined();
});
