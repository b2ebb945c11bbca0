import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { reportSchema } from '../../reports/document/report.ts';
import { COMMAND } from '../testing/command.ts';

const root = join(import.meta.dirname, '../..');
const recorded = join(root, 'fixtures/recorded');

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'cli-test-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** Runs the command in the repository as a user would. The report goes to the temporary folder of the test. */
async function run(args: readonly string[], env: Record<string, string> = {}) {
  const [node, main] = COMMAND;
  const { exitCode, stdout, stderr } = await execa(node, [main, ...args], {
    cwd: root,
    reject: false,
    env: { NO_COLOR: '1', CI: '', ...env },
  });
  return { exitCode, stdout, stderr };
}
const out = () => join(home, 'report');
const read = (from: string, ...args: string[]) => run(['--from', from, '--out', out(), ...args]);
const report = () => reportSchema.parse(JSON.parse(readFileSync(join(out(), 'report.json'), 'utf8')));

describe('exits with 0 if every planned case has the expected outcome', () => {
  test('for the recorded run of ws and its expectation file', async () => {
    const { exitCode, stdout } = await read('fixtures/recorded/ws');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('PASSED: 517 of 517 cases are as expected.');
    expect(stdout).toContain('ws: 517 of 517 cases');
    expect(readdirSync(out()).sort()).toEqual([
      'badge.svg',
      'cases',
      'index.html',
      'junit.xml',
      'report.json',
      'results',
      'summary.md',
    ]);
    expect(readdirSync(join(out(), 'cases/ws'))).toHaveLength(517);
  });

  test('for an archive of results, as CI systems store them', async () => {
    const archive = join(home, 'ws.tar.gz');
    await execa('tar', ['-czf', archive, '-C', join(recorded, 'ws'), '.']);
    expect(await read(archive, '7')).toMatchObject({ exitCode: 0 });
  });
});

describe('exits with 1 if the server differs from its expectations', () => {
  test('in a case whose grades are INFORMATIONAL: the server never answered the Close frame', async () => {
    const { exitCode, stdout } = await read('fixtures/recorded/seed', '7.1.6');
    expect(exitCode).toBe(1);
    expect(stdout).toContain('FAILED: 1 of 1 case is not as expected (1 regressed).');
    expect(stdout).toMatch(/7\.1\.6.*never answered the Close/);
    expect(readFileSync(join(out(), 'cases', report().agents[0]?.slug ?? '', '7.1.6.html'), 'utf8')).toContain(
      'never answered the Close',
    );
  });

  test('in a case that is better than expected, until the outcome is accepted', async () => {
    const expected = join(home, 'expected.json');
    const text = readFileSync(join(root, 'fixtures/expected/ws.json'), 'utf8');
    writeFileSync(
      expected,
      text.replace('"cases": {', '"cases": { "1.1.1": { "behavior": "FAILED", "why": "the server failed once" },'),
    );
    const { exitCode, stdout } = await read('fixtures/recorded/ws', '--expected', expected, '1');
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/1\.1\.1 improved/);
  });

  test('with --strict in a NON-STRICT case, even if NON-STRICT is expected', async () => {
    expect(await read('fixtures/recorded/ws', '--strict', '6')).toMatchObject({ exitCode: 1 });
    expect(await read('fixtures/recorded/ws', '--strict', '1')).toMatchObject({ exitCode: 0 });
  });
});

describe('exits with 2 if the command line or a file of the user is wrong', () => {
  test.each([
    [['99.1'], /No case matches "99\.1"[\s\S]*Did you mean "9\.1"/],
    [['7.1.66'], /Did you mean "7\.1\.6"/],
    [['acept'], /No case matches "acept"/],
    [['7.1.6', '!7'], /selection is empty/],
    [['--engin', 'docker'], /unknown option '--engin'[\s\S]*--engine/],
    [['--engine', 'dokcer'], /auto, docker, native/],
    [['--server', 'wss'], /Did you mean "ws"/],
    [['--server', 'ws', '--url', 'ws://127.0.0.1:1/'], /not clear which server/],
    [['--command', 'node x', '--url', 'ws://127.0.0.1:1/'], /not clear which server/],
    [['--command', "node 'x"], /quote that does not end/],
    [['--command', ' '], /no command/],
    [['--url', 'http://127.0.0.1:1/'], /ws:\/\//],
    [['--jobs', '0'], /whole number/],
    [['--shard', '5/4'], /Use i\/n/],
    [['--config', 'nowhere.json'], /configuration cannot be read/],
    [['--from', 'nowhere'], /no results to read/],
    [['--expected', 'nowhere.json'], /expectation file of .* cannot be read/],
    [['@nowhere.txt'], /list of cases cannot be read/],
    [['--out', 'server'], /holds something else/],
    [['--'], /no command after/],
    [['--agent', '\u001b[31m', '--url', 'ws://127.0.0.1:1/'], /agent name/],
  ])('%j', async (args, message) => {
    const { exitCode, stderr, stdout } = await run([...(args.includes('--out') ? [] : ['--out', out()]), ...args]);
    expect(stderr).toMatch(message);
    expect(exitCode).toBe(2);
    expect(stdout).toBe('');
  });

  test.each([
    ['{ "servers": { "x": { "comand": ["x"] } } }', /unknown key "comand" in servers\.x \(did you mean "command"\?\)/],
    ['{ "servers": { "x": {} } }', /neither a command nor a url/],
    ['{ "default": "y", "servers": {} }', /no server "y"/],
    ['{ "servers": ', /not JSON/],
  ])('for the configuration %s', async (text, message) => {
    writeFileSync(join(home, 'config.json'), text);
    const { exitCode, stderr } = await run(['--config', join(home, 'config.json'), '--out', out()]);
    expect(stderr).toMatch(message);
    expect(exitCode).toBe(2);
  });
});

describe('exits with 3 if no verdict is possible', () => {
  const copyResults = () => {
    const folder = join(home, 'results');
    cpSync(join(recorded, 'ws'), folder, { recursive: true });
    return folder;
  };

  test.each([
    ['removed', (path: string) => rmSync(path)],
    ['emptied', (path: string) => truncateSync(path, 0)],
    ['cut', (path: string) => truncateSync(path, 500)],
  ])('if a case file was %s: names the case, and the report says INCOMPLETE', async (_, damage) => {
    const folder = copyResults();
    damage(join(folder, 'ws_case_9_1_1.json'));
    const { exitCode, stdout } = await read(folder);
    expect(exitCode).toBe(3);
    expect(stdout).toContain('INCOMPLETE: 516 of 517 cases have a result.');
    expect(stdout).toContain('case 9.1.1');
    expect(readFileSync(join(out(), 'index.html'), 'utf8')).toContain('INCOMPLETE');
  });

  test('if the index is short, as wstest writes it after a refused connection', async () => {
    const { exitCode, stdout } = await read('fixtures/recorded/seed');
    expect(exitCode).toBe(3);
    expect(stdout).toContain('INCOMPLETE: 1 of 517 cases has a result.');
  });

  test('if no Docker daemon answers: says what to do, and writes nothing', async () => {
    const { exitCode, stderr } = await run(['--engine', 'docker', '--out', out(), '1.1.1'], {
      DOCKER_HOST: 'unix:///nowhere/docker.sock',
    });
    expect(exitCode).toBe(3);
    expect(stderr).toContain('/nowhere/docker.sock');
    expect(stderr).toContain('--engine native');
    expect(existsSync(out())).toBe(false);
    expect(readdirSync(home)).toEqual([]);
  });

  test('but --engine auto uses the embedded engine if no Docker daemon answers, and says why', async () => {
    const { exitCode, stdout, stderr } = await run(['--out', out(), '1.1.1', '7.1.6'], {
      DOCKER_HOST: 'unix:///nowhere/docker.sock',
    });
    expect(exitCode).toBe(0);
    expect(stderr).toContain('the embedded engine is used instead');
    expect(stdout).toContain('taken because');
    expect(report().engine).toMatchObject({ name: 'native' });
  });

  test('if the report cannot be written', async () => {
    writeFileSync(join(home, 'file'), '');
    const { exitCode, stderr } = await run([
      '--from',
      'fixtures/recorded/seed',
      '--out',
      join(home, 'file', 'report'),
      '7.1.6',
    ]);
    expect(exitCode).toBe(3);
    expect(stderr).toContain('could not be written');
  });
});

test('four runs at the same time with one folder all pass and leave one complete report', async () => {
  const runs = await Promise.all([1, 2, 3, 4].map(() => read('fixtures/recorded/ws', '1')));
  expect(runs.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0]);
  expect(report().gate.decision).toBe('passed');
  expect(readdirSync(home)).toEqual(['report']);
});

test('warns once that a --spec pattern also matches unintended cases, even if only a shard is run', async () => {
  const spec = join(home, 'fuzzingclient.json');
  writeFileSync(spec, JSON.stringify({ cases: ['2.1*'] }));
  const { exitCode, stderr } = await read('fixtures/recorded/ws', '--spec', spec, '--shard', '1/2');
  expect(exitCode).toBe(0);
  expect(stderr.match(/warning: .*also takes 2\.10/g)).toHaveLength(1);
  expect(report().run.shard).toEqual({ index: 1, count: 2, plan: ['2.1', '2.10', '2.11'] });
});

describe('accept', () => {
  const accept = (...args: string[]) =>
    run(['accept', '--out', out(), '--expected', join(home, 'expected.json'), ...args]);

  test('makes the next run pass, and changes nothing when it is run again', async () => {
    await read('fixtures/recorded/ws', '--expected', 'fixtures/expected/ws.json');
    const first = await accept('--why', 'recorded');
    expect(first).toMatchObject({ exitCode: 0 });
    const text = readFileSync(join(home, 'expected.json'), 'utf8');
    expect(await read('fixtures/recorded/ws', '--expected', join(home, 'expected.json'))).toMatchObject({
      exitCode: 0,
    });
    const again = await accept();
    expect(again.stdout).toContain('Nothing to accept');
    expect(readFileSync(join(home, 'expected.json'), 'utf8')).toBe(text);
  });

  test('--only improved does not accept cases that became worse', async () => {
    const file = join(home, 'expected.json');
    const text = readFileSync(join(root, 'fixtures/expected/ws.json'), 'utf8');
    const worse = '"7.1.6": { "wasClean": false },';
    const better = '"1.1.1": { "behavior": "FAILED", "why": "the server failed once" },';
    const strict = '"6.4.1": { "behavior": "OK" },';
    writeFileSync(file, text.replace('"cases": {', `"cases": { ${better} ${worse} ${strict}`));
    await read('fixtures/recorded/ws', '--expected', file, '1.1.1', '6.4.1', '7.1.6');
    expect(report().gate.counts).toMatchObject({ improved: 2, regressed: 1 });
    const { exitCode, stdout } = await accept('--only', 'improved');
    expect(stdout).toMatch(/^1\.1\.1: [\s\S]*^7\.1\.6: [\s\S]*2 of 2 outcomes accepted/m);
    expect(exitCode).toBe(0);
    expect(readFileSync(file, 'utf8')).not.toContain('1.1.1');
    expect((await read('fixtures/recorded/ws', '--expected', file, '1.1.1', '6.4.1')).stdout).toMatch(
      /6\.4\.1 regressed/,
    );
    expect((await accept('--only', 'improved')).stdout).toContain('Nothing to accept: no case is improved.');
    expect(await accept('--only', 'better')).toMatchObject({ exitCode: 2 });
  });

  test('is refused in CI, after an incomplete run, without a report, and without a reason', async () => {
    expect((await accept()).stderr).toContain('no report of a run');
    await read('fixtures/recorded/seed');
    expect((await accept()).stderr).toContain('not complete');
    await read('fixtures/recorded/ws');
    expect((await accept()).stderr).toContain('without a reason');
    const inCi = await run(['accept', '--out', out()], { CI: 'true' });
    expect(inCi).toMatchObject({ exitCode: 2 });
    expect(inCi.stderr).toContain('Accept does not run in CI.');
  });
});

test('--print-config prints every option with its value and source, and runs nothing', async () => {
  const { exitCode, stdout } = await run(['--print-config', '--jobs', '3', '--out', out()]);
  expect(stdout).toMatch(/^configuration +.*conformance\.config\.json$/m);
  expect(stdout).toMatch(/^jobs +3 +--jobs$/m);
  expect(stdout).toMatch(/^patience +30 +default$/m);
  expect(exitCode).toBe(0);
  expect(existsSync(out())).toBe(false);
});

test('--print-config prints each selected server with the source of every setting, and hides secrets', async () => {
  const config = join(home, 'config.json');
  const servers = {
    mine: {
      command: ['./mine', '{port}'],
      tls: true,
      ready: { line: 'up' },
      headers: { Authorization: 'Bearer abc' },
      env: { TOKEN: 'abc' },
    },
    far: { url: 'wss://127.0.0.1:1/', ca: 'far.pem', readyTimeoutSeconds: 7 },
  };
  writeFileSync(config, JSON.stringify({ ca: 'top.pem', servers }, null, 2));
  const ask = (...args: string[]) =>
    run(['--config', config, '--print-config', '--json', '--server', 'mine', '--server', 'far', ...args], {
      WS_CONFORMANCE_ORIGIN: 'https://a.example',
    });
  const printed = await ask('--ready', 'echo', '--header', 'X-Other: secret');
  expect(printed.exitCode).toBe(0);
  expect(printed.stdout).not.toMatch(/Bearer|secret|"abc"/);
  const settings: { option: string; value: unknown; source: string; at?: string }[] = JSON.parse(printed.stdout);
  const settingOf = (option: string) => settings.find((setting) => setting.option === `servers.${option}`);
  expect(settingOf('mine.command')).toMatchObject({ source: 'file', at: expect.stringMatching(/config\.json:5$/) });
  expect(settingOf('mine.path')).toMatchObject({ value: '/', source: 'default' });
  expect(settingOf('mine.ready')).toMatchObject({ value: 'echo', source: 'flag', at: '--ready' });
  expect(settingOf('mine.headers')).toMatchObject({ value: { Authorization: '…', 'X-Other': '…' }, source: 'flag' });
  expect(settingOf('mine.origin')).toMatchObject({ source: 'environment', at: 'WS_CONFORMANCE_ORIGIN' });
  expect(settingOf('mine.ca')).toMatchObject({ value: expect.stringMatching(/top\.pem$/), source: 'file' });
  expect(settingOf('far.ca')).toMatchObject({ value: expect.stringMatching(/far\.pem$/), source: 'file' });
  expect(settingOf('far.readyTimeoutSeconds')).toMatchObject({ value: 7, source: 'file' });
  expect(settingOf('far.command')).toBeUndefined();
  const withCommand = await run(['--config', config, '--print-config', '--path', '/ws', '--', './other', '{port}']);
  expect(withCommand.stdout).toMatch(/^servers\.server\.command +\["\.\/other","\{port\}"\] +--$/m);
  expect(withCommand.stdout).toMatch(/^servers\.server\.path +\/ws +--path$/m);
});

test.each([
  [['--path', '/x', '--url', 'ws://127.0.0.1:1/'], /--path cannot be used for a server that is running already/],
  [['--port', '70000', '--', 'x'], /1 to 65535/],
  [['--path', 'x', '--', 'x'], /starts with "\/"/],
  [['--ready', 'soon', '--', 'x'], /handshake, echo, tcp, or line:/],
  [['--ready', 'line:(', '--', 'x'], /or line:REGEXP/],
  [['--url', 'ws://127.0.0.1:65536/'], /is not a WebSocket address/],
  [['--url', 'ws://127.0.0.1:1/#x'], /is not a WebSocket address/],
])('refuses %j with exit code 2', async (args, message) => {
  const { exitCode, stderr } = await run(['--out', out(), ...args]);
  expect(stderr).toMatch(message);
  expect(exitCode).toBe(2);
});

test('--json prints exactly one JSON document on stdout', async () => {
  const { stdout, exitCode } = await read('fixtures/recorded/ws', '--json', '1');
  expect(exitCode).toBe(0);
  expect(reportSchema.parse(JSON.parse(stdout)).gate.exitCode).toBe(0);
});

test.each(['list', 'explain 7.1.6', 'explain 6.12.8'])('with LANG=C, %s prints only ASCII', async (line) => {
  const { exitCode, stdout } = await run(line.split(' '), { LANG: 'C', LC_ALL: 'C' });
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^[\0-\x7f]+$/);
});

test('list prints the plan, and shards divide the plan without overlap', async () => {
  const { stdout } = await run(['list', '--json', '@limits']);
  expect(JSON.parse(stdout)).toHaveLength(54);
  const shards = await Promise.all([1, 2, 3].map((i) => run(['list', '--json', '--shard', `${i}/3`])));
  const ids = shards.flatMap((shard) => JSON.parse(shard.stdout).map((info: { id: string }) => info.id));
  expect(ids).toHaveLength(517);
  expect(new Set(ids).size).toBe(517);
});

test('run --help names the exit codes and gives examples', async () => {
  const { stdout, exitCode } = await run(['run', '--help']);
  expect(exitCode).toBe(0);
  expect(stdout).toContain('Exit codes');
  expect(stdout).toContain('--listen {port}');
});

test('starts from source too, which is how it runs in a clone', async () => {
  const args = ['run', '--silent', 'conformance', '--', '--from', 'fixtures/recorded/seed', '--out', out(), '7.1.6'];
  const { exitCode, stdout } = await execa('npm', args, { cwd: root, reject: false, env: { NO_COLOR: '1', CI: '' } });
  expect(stdout).toContain('FAILED: 1 of 1 case is not as expected (1 regressed).');
  expect(exitCode).toBe(1);
});
