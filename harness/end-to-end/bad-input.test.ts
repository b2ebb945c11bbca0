import { existsSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { groupMembers } from '../system/process-table.ts';
import { COMMAND } from '../testing/command.ts';
import { conformance, ownFolder, said } from '../testing/run-command.ts';

/*
 * Tests of mistyped command lines: exit code 2 before a server starts, and a message that says what to type instead.
 */

const home = ownFolder('bad-input-test-');
const out = () => join(home(), 'report');
/** Runs `ws-conformance` with the arguments, as a user types them. */
const type = (...args: string[]) => conformance(out(), args);

describe('a wrong command line exits with 2 and writes nothing', () => {
  test.each([
    [['--timeout', 'Infinity', '1.1.1'], /above 0 and up to 2147483/],
    [['--patience', '1e10', '1.1.1'], /above 0 and up to 2147483/],
    [['--protocol', 'a b', '1.1.1'], /one subprotocol/],
    [['--protocol', '', '1.1.1'], /one subprotocol/],
    [['--origin', 'x\r\nHost: y', '1.1.1'], /one header field/],
    [['--path', '/x#y', '1.1.1'], /A WebSocket address must not have a "#"/],
    [['--command', '', '1.1.1'], /no command after --command/],
    [['--from', 'fixtures/recorded/ws', '--url', 'ws://127.0.0.1:1/'], /--from and --url cannot be used together/],
    [['--from', 'fixtures/recorded/ws', '--', 'server'], /--from and a command after "--" cannot be used together/],
    [['--from', 'fixtures/recorded/ws', '--retries', '2'], /--from and --retries cannot be used together/],
    [['--image', 'no such', '1.1.1'], /the name of a container image, without spaces/],
    [['--shard', '1/99999999999', '1.1.1'], /at most 1000 shards/],
    [['--engine', 'native', '--data', 'nowhere', '12.1.1'], /folder of --data does not exist/],
    [['@nope'], /cannot be read[\s\S]*@core, @limits, @deflate/],
    [['@'], /No case matches "@"/],
  ])('%j', async (args, message) => {
    const { exitCode, stderr } = await type(...args);
    expect(stderr).toMatch(message);
    expect(exitCode).toBe(2);
    expect(existsSync(out())).toBe(false);
  });

  test('refuses an empty list of cases instead of running all cases', async () => {
    const list = join(home(), 'list');
    writeFileSync(list, '# 7.1.6 was fixed\n\n');
    const { exitCode, stderr } = await type('list', `@${list}`);
    expect(stderr).toContain('The list of cases is empty.');
    expect(exitCode).toBe(2);
  });
});

test('refuses an unreadable history before the run, not after all cases have run', async () => {
  const { exitCode, stderr } = await type('--history', home(), '1.1.1');
  expect(stderr).toContain('The history cannot be read.');
  expect(stderr).not.toContain('answers at');
  expect(exitCode).toBe(2);
});

test('refuses to replace the results that --from reads, and writes the report to another folder', async () => {
  await type('--from', 'fixtures/recorded/ws', '7');
  const results = join(out(), 'results/ws');
  for (const from of [out(), results]) {
    const { exitCode, stderr } = await type('--from', from, '7.1.6');
    expect(stderr).toContain('The recorded results are in the folder that the new report would replace.');
    expect(exitCode).toBe(2);
  }
  const elsewhere = join(home(), 'elsewhere');
  const fromReport = await conformance(elsewhere, ['--from', out(), '7']);
  expect(fromReport).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('report/results/ws') });
  for (const from of [results, join(results, 'index.json')])
    expect(await conformance(elsewhere, ['--from', from, '7'])).toMatchObject({ exitCode: 0 });
});

test.each(['--from', '--history', '--expected', '--config', '--spec'])(
  'exits with 2, not as a bug of the tool, if the path of %s cannot be opened',
  async (option) => {
    const loop = join(home(), 'loop');
    symlinkSync('loop', loop);
    const { exitCode, stderr } = await type(option, loop, '1.1.1');
    expect(stderr).toContain('ELOOP');
    expect(stderr).not.toContain('should not');
    expect(exitCode).toBe(2);
  },
);

test('init exits with 2 if the path of --from cannot be opened', async () => {
  symlinkSync('loop', join(home(), 'loop'));
  const [node, main] = COMMAND;
  const { exitCode, stderr } = await execa(node, [main, 'init', '--from', 'loop'], { cwd: home(), reject: false });
  expect(stderr).toContain('ELOOP');
  expect(exitCode).toBe(2);
});

test('accept refuses a folder as expectation file, and creates the missing parent folders of a file', async () => {
  await type('--from', 'fixtures/recorded/ws', '1.1.1');
  const { exitCode, stderr } = await type('accept', '--expected', home());
  expect(stderr).toContain('The expectation file cannot be read; nothing was accepted.');
  expect(exitCode).toBe(2);
  const created = join(home(), 'expected/mine.json');
  expect(await type('accept', '--expected', created)).toMatchObject({ exitCode: 0 });
  expect(existsSync(created)).toBe(true);
});

test('accept prints only ASCII if the locale has no other characters', async () => {
  await type('--from', 'fixtures/recorded/ws', '6.4.1');
  const { stdout, exitCode } = await conformance(out(), ['accept', '--expected', join(home(), 'new'), '--why', 'x'], {
    env: { NO_COLOR: '1', CI: '', LANG: 'C', LC_ALL: 'C' },
  });
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^6\.4\.1: behavior OK -> NON-STRICT/);
});

test('--watch prints an error in bold, as a run does', async () => {
  const watching = conformance(out(), ['--watch', '--color', '--expected', 'nowhere.json', '--', 'server'], {
    cwd: home(),
  });
  const errorLine = await said(watching.stderr, /^.*expectation.*$/m);
  expect(errorLine[0]).toMatch(/^\x1b\[1m/);
  watching.kill('SIGINT');
  await watching;
});

test.runIf(existsSync('/dev/full')).each([
  ['stdout exits with 3: the result did not arrive', '1', 3],
  ['stderr exits with 0: the result arrived on stdout', '2', 0],
])('a full disk under %s', async (_, stream, code) => {
  const line = [...COMMAND, 'list', '7.1.6'];
  const { exitCode, stderr } = await execa('sh', ['-c', `exec "$@" ${stream}>/dev/full`, 'sh', ...line], {
    reject: false,
  });
  expect(exitCode).toBe(code);
  expect(stderr).not.toMatch(/^ +at /m);
  if (code === 3) expect(stderr).toMatch(/The output could not be written\.[\s\S]*ENOSPC/);
});

test('exits with 3, never with 1, and reports a bug of the tool if an error is not caught', async () => {
  const config = join(home(), 'config.mjs');
  writeFileSync(config, "setTimeout(() => { throw new Error('late'); }); export default new Promise(() => {});");
  const { exitCode, stderr } = await type('--config', config, '1.1.1');
  expect(stderr).toContain('Something went wrong that should not: late');
  expect(exitCode).toBe(3);
  writeFileSync(config, 'export default new Promise(() => {});');
  expect((await type('--config', config, '1.1.1')).exitCode).toBe(3);
});

test('reports only the first uncaught error, and exits although more errors follow', async () => {
  const config = join(home(), 'config.mjs');
  writeFileSync(config, "setInterval(() => { throw new Error('again'); }); export default new Promise(() => {});");
  const { exitCode, stderr } = await type('--config', config, '1.1.1');
  expect(exitCode).toBe(3);
  expect(String(stderr).match(/Something went wrong/g)).toHaveLength(1);
});

describe('serve', () => {
  const serve = (...args: string[]) =>
    execa(COMMAND[0], [COMMAND[1], 'serve', ...args], {
      reject: false,
      // The server gets a process group of its own, by which the test finds its child processes.
      detached: true,
    });

  test.each([
    [['--port', '0x'], /1 to 65535/],
    [['--path', 'x'], /starts with "\/"/],
  ])('refuses %j with exit code 2', async (args, message) => {
    const { exitCode, stderr } = await serve(...args);
    expect(stderr).toMatch(message);
    expect(exitCode).toBe(2);
  });

  test('exits with 137 if the server was killed', async () => {
    const serving = serve('--port', '0');
    await said(serving.stdout, /listening ws:/);
    for (const { pid } of groupMembers(serving.pid ?? 0)) if (pid !== serving.pid) process.kill(pid, 'SIGKILL');
    expect((await serving).exitCode).toBe(137);
  });
});
