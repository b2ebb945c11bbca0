import { existsSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { groupMembers } from '../system/process-table.ts';
import { conformance, ownFolder, said } from '../testing/run-command.ts';

/** What a newcomer mistypes: exit 2 before anything is started, and a message that says what to type instead. */

const CLI = join(import.meta.dirname, '../cli/main.ts');
const home = ownFolder('bad-input-test-');
const out = () => join(home(), 'report');
const type = (...args: string[]) => conformance(out(), args);

describe('exit 2, and nothing is written', () => {
  test.each([
    [['--timeout', 'Infinity', '1.1.1'], /above 0 and up to 2147483/],
    [['--patience', '1e10', '1.1.1'], /above 0 and up to 2147483/],
    [['--protocol', 'a b', '1.1.1'], /one subprotocol/],
    [['--protocol', '', '1.1.1'], /one subprotocol/],
    [['--origin', 'x\r\nHost: y', '1.1.1'], /one header field/],
    [['--path', '/x#y', '1.1.1'], /A WebSocket address must not have a "#"/],
    [['--command', '', '1.1.1'], /no command behind --command/],
    [['--from', 'fixtures/recorded/ws', '--url', 'ws://127.0.0.1:1/'], /--from and --url do not go together/],
    [['--from', 'fixtures/recorded/ws', '--', 'server'], /--from and a command behind "--" do not go together/],
    [['--from', 'fixtures/recorded/ws', '--retries', '2'], /--from and --retries do not go together/],
    [['--image', 'no such', '1.1.1'], /the name of a container image, without spaces/],
    [['--shard', '1/99999999999', '1.1.1'], /at most 1000 shards/],
    [['--engine', 'native', '--data', 'nowhere', '12.1.1'], /no folder of data/],
    [['@nope'], /cannot be read[\s\S]*@core, @limits and @deflate/],
    [['@'], /No case matches "@"/],
  ])('%j', async (args, message) => {
    const { exitCode, stderr } = await type(...args);
    expect(stderr).toMatch(message);
    expect(exitCode).toBe(2);
    expect(existsSync(out())).toBe(false);
  });

  test('a list of cases that names none does not mean all of them', async () => {
    const list = join(home(), 'list');
    writeFileSync(list, '# 7.1.6 was mended\n\n');
    const { exitCode, stderr } = await type('list', `@${list}`);
    expect(stderr).toContain('The list of cases names none.');
    expect(exitCode).toBe(2);
  });
});

test('a history that cannot be read is told before the play, whose report it would else cost', async () => {
  const { exitCode, stderr } = await type('--history', home(), '1.1.1');
  expect(stderr).toContain('The history cannot be read.');
  expect(stderr).not.toContain('answers at');
  expect(exitCode).toBe(2);
});

test('a report never replaces the results it is made from; elsewhere they can be read again', async () => {
  await type('--from', 'fixtures/recorded/ws', '7');
  const results = join(out(), 'results/ws');
  for (const from of [out(), results]) {
    const { exitCode, stderr } = await type('--from', from, '7.1.6');
    expect(stderr).toContain('The results stand in the folder that the report would replace.');
    expect(exitCode).toBe(2);
  }
  const elsewhere = join(home(), 'elsewhere');
  const whole = await conformance(elsewhere, ['--from', out(), '7']);
  expect(whole).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('report/results/ws') });
  for (const from of [results, join(results, 'index.json')])
    expect(await conformance(elsewhere, ['--from', from, '7'])).toMatchObject({ exitCode: 0 });
});

test.each(['--from', '--history', '--expected', '--config', '--spec'])(
  'what cannot even be looked at is exit 2, and no fault of ours: %s',
  async (option) => {
    const loop = join(home(), 'loop');
    symlinkSync('loop', loop);
    const { exitCode, stderr } = await type(option, loop, '1.1.1');
    expect(stderr).toContain('ELOOP');
    expect(stderr).not.toContain('should not');
    expect(exitCode).toBe(2);
  },
);

test('init --from takes such a thing for what it is', async () => {
  symlinkSync('loop', join(home(), 'loop'));
  const { exitCode, stderr } = await execa(
    process.execPath,
    ['--import', import.meta.resolve('tsx/esm'), CLI, 'init', '--from', 'loop'],
    { cwd: home(), reject: false },
  );
  expect(stderr).toContain('ELOOP');
  expect(exitCode).toBe(2);
});

test('accept: a folder is no expectation file, and folders that are not there are made', async () => {
  await type('--from', 'fixtures/recorded/ws', '1.1.1');
  const { exitCode, stderr } = await type('accept', '--expected', home());
  expect(stderr).toContain('The expectation file cannot be read; nothing was accepted.');
  expect(exitCode).toBe(2);
  const made = join(home(), 'expected/mine.json');
  expect(await type('accept', '--expected', made)).toMatchObject({ exitCode: 0 });
  expect(existsSync(made)).toBe(true);
});

test('accept speaks ASCII where there is no more', async () => {
  await type('--from', 'fixtures/recorded/ws', '6.4.1');
  const { stdout, exitCode } = await conformance(out(), ['accept', '--expected', join(home(), 'new'), '--why', 'x'], {
    env: { NO_COLOR: '1', CI: '', LANG: 'C', LC_ALL: 'C' },
  });
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^6\.4\.1: behavior OK -> NON-STRICT/);
});

test('--watch paints what is wrong as a run does', async () => {
  const watching = conformance(out(), ['--watch', '--color', '--expected', 'nowhere.json', '--', 'server'], {
    cwd: home(),
  });
  const told = await said(watching.stderr, /^.*expectation.*$/m);
  expect(told[0]).toMatch(/^\x1b\[1m/);
  watching.kill('SIGINT');
  await watching;
});

test.runIf(existsSync('/dev/full')).each([
  ['stdout, which is the result: exit 3, and not what accuses the server', '1', 3],
  ['stderr, which is not', '2', 0],
])('a full disk behind %s', async (_, stream, code) => {
  const line = [process.execPath, '--import', import.meta.resolve('tsx/esm'), CLI, 'list', '7.1.6'];
  const { exitCode, stderr } = await execa('sh', ['-c', `exec "$@" ${stream}>/dev/full`, 'sh', ...line], {
    reject: false,
  });
  expect(exitCode).toBe(code);
  expect(stderr).not.toMatch(/^ +at /m);
  if (code === 3) expect(stderr).toMatch(/The output could not be written\.[\s\S]*ENOSPC/);
});

test('what nobody catches is exit 3, told as a fault of ours, and never 1', async () => {
  const config = join(home(), 'config.mjs');
  writeFileSync(config, "setTimeout(() => { throw new Error('late'); }); export default new Promise(() => {});");
  const { exitCode, stderr } = await type('--config', config, '1.1.1');
  expect(stderr).toContain('Something went wrong that should not: late');
  expect(exitCode).toBe(3);
  writeFileSync(config, 'export default new Promise(() => {});');
  expect((await type('--config', config, '1.1.1')).exitCode).toBe(3);
});

test('what goes wrong while we leave does not keep us', async () => {
  const config = join(home(), 'config.mjs');
  writeFileSync(config, "setInterval(() => { throw new Error('again'); }); export default new Promise(() => {});");
  const { exitCode, stderr } = await type('--config', config, '1.1.1');
  expect(exitCode).toBe(3);
  expect(String(stderr).match(/Something went wrong/g)).toHaveLength(1);
});

describe('serve', () => {
  const serve = (...args: string[]) =>
    execa(process.execPath, ['--import', import.meta.resolve('tsx/esm'), CLI, 'serve', ...args], {
      reject: false,
      // A process group of its own, by which its child is found.
      detached: true,
    });

  test.each([
    [['--port', '0x'], /1 to 65535/],
    [['--path', 'x'], /starts with "\/"/],
  ])('%j is exit 2', async (args, message) => {
    const { exitCode, stderr } = await serve(...args);
    expect(stderr).toMatch(message);
    expect(exitCode).toBe(2);
  });

  test('a server that was killed is not exit 0', async () => {
    const serving = serve('--port', '0');
    await said(serving.stdout, /listening ws:/);
    for (const { pid } of groupMembers(serving.pid ?? 0)) if (pid !== serving.pid) process.kill(pid, 'SIGKILL');
    expect((await serving).exitCode).toBe(137);
  });
});
