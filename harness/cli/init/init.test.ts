import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readConfig } from '../../config/config.ts';
import { readExpectations } from '../../expectations/read-expectations.ts';
import { conformantOutcome, suiteIds } from '../../suites/autobahn/catalogue.ts';
import { autobahn } from '../../suites/autobahn/suite.ts';
import { COMMAND, fixtureServer } from '../../testing/command.ts';
import { caughtError } from '../../testing/thrown-error.ts';
import { configText, expectationText, workflowText } from './init.ts';
import { agentOf, type IndexOrigin, outcomesOf, readOrigin, type SpecOrigin } from './init-from.ts';

const root = join(import.meta.dirname, '../../..');
const recordedIndex = readFileSync(join(root, 'fixtures/recorded/ws/index.json'), 'utf8');
const expectations = (text: string) => readExpectations(autobahn, text, 'x.json', '2026-06-01');
const spec = (value: object) => readOrigin(JSON.stringify(value), 's.json', suiteIds) as SpecOrigin;
const index = (value: object) => readOrigin(JSON.stringify(value), 'i.json', suiteIds) as IndexOrigin;
const refused = (text: string) => caughtError(() => readOrigin(text, 'f.json', suiteIds));
const ok = { behavior: 'OK', behaviorClose: 'OK', remoteCloseCode: 1000 };
const unimplemented = { ...ok, behavior: 'UNIMPLEMENTED' };

describe('workflowText', () => {
  const facts = { run: "npx --yes ws-conformance '!12'", target: { url: 'ws://x/' }, locked: false, below: '' };

  test('runs the given command, uploads the report of a failed run too, and asks only for read permission', () => {
    const text = workflowText(facts);
    expect(text).toContain("- run: npx --yes ws-conformance '!12'\n");
    expect(text).toContain('if: always()');
    expect(text).toContain('permissions:\n  contents: read\n');
    expect(text).toContain('path: "conformance-report"');
    expect(text).not.toContain('npm ci');
  });

  test('runs in the folder of the configuration, and uploads the report from there', () => {
    const text = workflowText({ ...facts, locked: true, below: 'packages/ws' });
    expect(text).toContain('working-directory: "packages/ws"');
    expect(text).toContain('path: "packages/ws/conformance-report"');
    expect(text).toContain('- run: npm ci\n');
  });
});

describe('an index', () => {
  test('without case files becomes an expectation file with the grades and close codes of the index', () => {
    const origin = readOrigin(recordedIndex, 'index.json', suiteIds) as IndexOrigin;
    const cases = origin.agents.get(agentOf(origin, 'index.json', undefined)) ?? new Map();
    const { outcomes, missing, unknown } = outcomesOf(cases, suiteIds, new Map());
    expect({ missing, unknown }).toEqual({ missing: [], unknown: [] });
    const { text, deviating } = expectationText('ws', outcomes, 'as recorded');
    const parsed = expectations(text);
    for (const [id, { behavior, behaviorClose, remoteCloseCode }] of cases)
      expect(parsed.get(id)?.outcome).toMatchObject({ behavior, behaviorClose, remoteCloseCode });
    expect(deviating).toContain('9.3.1');
    expect(Object.keys(JSON.parse(text).cases)).toContain('6.4.*');
    expect(parsed.get('9.3.1')?.why).toBe('as recorded');
  });

  test('with a whole category UNIMPLEMENTED becomes one entry for the category', () => {
    const without = Object.fromEntries(suiteIds.map((id) => [id, /^1[23]\./.test(id) ? unimplemented : ok]));
    const cases = index({ mine: without }).agents.get('mine') ?? new Map();
    const chosen = new Map([...cases].filter(([id]) => /^1[23]\./.test(id)));
    const { text } = expectationText('mine', outcomesOf(chosen, suiteIds, new Map()).outcomes, 'no deflate');
    const entry = { behavior: 'UNIMPLEMENTED', why: 'no deflate' };
    expect(JSON.parse(text).cases).toEqual({ '12.*': entry, '13.*': entry });
  });

  test('without close codes gets the close codes of a conformant server', () => {
    const cases = index({ mine: { '1.1.1': { behavior: 'OK', behaviorClose: 'OK' } } }).agents.get('mine') ?? new Map();
    expect(outcomesOf(cases, suiteIds, new Map()).outcomes.get('1.1.1')).toEqual(conformantOutcome('1.1.1'));
  });

  test('reports the cases that are missing and the cases that the suite does not have', () => {
    const cases = index({ mine: { '1.1.1': ok, '8.1': ok } }).agents.get('mine') ?? new Map();
    const { missing, unknown } = outcomesOf(cases, suiteIds, new Map());
    expect(missing).toHaveLength(suiteIds.length - 1);
    expect(unknown).toEqual(['8.1']);
  });

  test('with several agents needs a name, and a misspelt name gets the nearest name as a suggestion', () => {
    const two = index({ mine: { '1.1.1': ok }, other: { '1.1.1': ok } });
    expect(agentOf(two, 'i.json', 'other')).toBe('other');
    expect(caughtError(() => agentOf(two, 'i.json', undefined)).problem).toMatchObject({
      where: 'i.json',
      why: expect.stringContaining('mine, other'),
      todo: expect.stringContaining('--name'),
    });
    expect(caughtError(() => agentOf(two, 'i.json', 'othr')).problem.todo).toContain('"other"');
  });
});

describe('a spec', () => {
  test('contributes its cases and servers, and a warning about a pattern with unintended matches', () => {
    const { cases, warnings, servers } = spec({
      servers: [{ agent: 'mine', url: 'ws://127.0.0.1:9001', options: { version: 18 } }],
      cases: ['2.1*'],
    });
    expect(cases).toEqual(['2.1', '2.10', '2.11']);
    expect(warnings.join()).toContain('2.10');
    expect(servers).toMatchObject([{ agent: 'mine', url: 'ws://127.0.0.1:9001' }]);
  });

  test('contributes its cases even if its servers are invalid', () => {
    expect(spec({ cases: ['1.1.1'], servers: 'mine' }).servers).toEqual([]);
  });
});

test.each([
  ['{', 'is not JSON'],
  ['[]', 'No configuration can be made'],
  ['{"mine": {"1.1.1": {"result": "passed"}}}', 'No configuration can be made'],
  ['{}', 'contains no case'],
  ['{"mine": {}}', 'contains no case'],
  ['{"mine": {"1.1.1": {"behavior": "PASS"}}}', 'entry of case 1.1.1 of "mine" cannot be used'],
])('%s is refused with a message that says what, where, why and what to do', (text, what) => {
  const { exitCode, problem } = refused(text);
  expect(exitCode).toBe(2);
  expect(problem.what).toContain(what);
  expect(problem).toMatchObject({
    where: expect.stringContaining('f.json'),
    why: expect.any(String),
    todo: expect.any(String),
  });
});

/* These tests run the command as a user types it, in a temporary folder. */
describe('init', { timeout: 60_000 }, () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'init-test-'));
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  const [node, main] = COMMAND;
  const runCommand = (args: readonly string[], cwd = home) =>
    execa(node, [main, ...args], {
      cwd,
      reject: false,
      env: { NO_COLOR: '1', CI: '', DOCKER_HOST: 'unix:///nowhere/docker.sock' },
    });
  const put = (path: string, text: string) => {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), text);
  };
  const read = (path: string) => readFileSync(join(home, path), 'utf8');
  const files = () =>
    readdirSync(home, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name).slice(home.length + 1))
      .sort();
  const server = ['--', ...fixtureServer('npm/ws')];
  const workflow = '.github/workflows/conformance.yml';

  test('writes a configuration, an expectation file and a workflow with which the next run passes', async () => {
    const { exitCode, stdout } = await runCommand(['init', '--name', 'mine', ...server]);
    expect(exitCode).toBe(0);
    expect(files()).toEqual([workflow, 'conformance.config.json', 'conformance/mine.json']);
    for (const file of files()) expect(stdout).toContain(`wrote ${file}`);
    expect(stdout).toContain('npx ws-conformance\n');
    const config = await readConfig(home);
    expect(config.defaultServer).toBe('mine');
    expect(config.servers.get('mine')).toMatchObject({
      command: server.slice(1),
      path: '/',
      expectedFile: join(home, 'conformance/mine.json'),
    });
    expect(expectations(read('conformance/mine.json')).size).toBe(suiteIds.length);
    const run = await runCommand(['--engine', 'native', '1.1.1']);
    expect(run.stdout).toContain('mine');
    expect(run.exitCode).toBe(0);
  });

  test.each([workflow, 'conformance.config.json', 'conformance/mine.json'])(
    'does not overwrite %s, and then writes no other file either',
    async (path) => {
      put(path, 'mine');
      const { exitCode, stderr } = await runCommand(['init', '--name', 'mine', ...server]);
      expect(exitCode).toBe(2);
      expect(stderr).toContain(`There is already ${path}.`);
      expect(stderr).toContain('do:');
      expect(files()).toEqual([path]);
      expect(read(path)).toBe('mine');
    },
  );

  test('does not write through a symbolic link to a missing file', async () => {
    symlinkSync(join(home, 'elsewhere'), join(home, 'conformance.config.json'));
    expect((await runCommand(['init', ...server])).exitCode).toBe(2);
    expect(files()).toEqual(['conformance.config.json']);
  });

  test('writes nothing if package.json already has a configuration', async () => {
    put('package.json', '{"conformance": {}}');
    const { exitCode, stderr } = await runCommand(['init', ...server]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('package.json');
    expect(files()).toEqual(['package.json']);
  });

  test('removes the files it wrote if it cannot write the rest', async () => {
    put('.github', 'a file where a folder has to be');
    const { exitCode, stderr } = await runCommand(['init', ...server]);
    expect(stderr).toContain('cannot be written');
    expect(exitCode).toBe(2);
    expect(files()).toEqual(['.github']);
  });

  test('takes cases, server and warnings from a spec', async () => {
    const servers = [{ agent: 'theirs', url: 'ws://127.0.0.1:9001' }];
    put(
      'spec/fuzzingclient.json',
      JSON.stringify({ servers, cases: ['*'], 'exclude-cases': ['12.*', '13.*', '99.*'] }),
    );
    const { exitCode, stdout, stderr } = await runCommand(['init', '--from', 'spec/fuzzingclient.json']);
    expect(exitCode).toBe(0);
    expect(stderr).toContain('"99.*"');
    expect(stdout).toContain("npx ws-conformance '!12' '!13'\n");
    expect(read(workflow)).toMatch(/npx --yes ws-conformance@\d+\.\d+\.\d+ '!12' '!13'\n/);
    expect((await readConfig(home)).servers.get('theirs')?.url).toBe('ws://127.0.0.1:9001');
  });

  test('takes all facts from a folder with case files', async () => {
    const { exitCode, stdout, stderr } = await runCommand([
      'init',
      '--from',
      join(root, 'fixtures/recorded/ws'),
      ...server,
    ]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain('cases differ from a conformant server: 6.4 9.3.1');
    const written = expectations(read('conformance/ws.json'));
    const known = expectations(readFileSync(join(root, 'fixtures/expected/ws.json'), 'utf8'));
    for (const id of suiteIds) expect(written.get(id)?.outcome).toEqual(known.get(id)?.outcome);
    expect(written.get('9.3.1')?.why).toBe('as recorded in index.json; not yet explained');
  });

  test('warns that an index without case files has only grades and close codes', async () => {
    put('index.json', JSON.stringify({ theirs: { '1.1.1': ok, '9.1.1': { ...ok, behavior: 'FAILED' }, '8.1': ok } }));
    const { exitCode, stderr } = await runCommand(['init', '--from', 'index.json', ...server]);
    expect(exitCode).toBe(0);
    expect(stderr).toContain('no such case: 8.1');
    expect(stderr).toContain('515 of 517 cases are not in the index');
    expect(stderr).toContain('all but 1.1.1 9.1.1');
    expect(stderr).toContain('only grades and a close code');
    expect(expectations(read('conformance/theirs.json')).get('9.1.1')?.outcome.behavior).toBe('FAILED');
  });

  test('in a subfolder of a repository writes the workflow to the root of the repository', async () => {
    mkdirSync(join(home, '.git'));
    put('packages/ws/package-lock.json', '{}');
    const { exitCode, stdout } = await runCommand(['init', '--url', 'ws://127.0.0.1:9/'], join(home, 'packages/ws'));
    expect(exitCode).toBe(0);
    expect(stdout).toContain('add conformance-report/ to .gitignore');
    expect(read(workflow)).toContain('working-directory: "packages/ws"');
    expect(read(workflow)).toContain('npm ci');
    expect((await readConfig(join(home, 'packages/ws'))).defaultServer).toBe('ws');
  });

  test('does not suggest a .gitignore line that exists already', async () => {
    mkdirSync(join(home, '.git'));
    put('.gitignore', 'node_modules\nconformance-report\n');
    expect((await runCommand(['init', ...server])).stdout).not.toContain('.gitignore');
  });

  test.each([
    [[], 'No server was given'],
    [['--'], 'no command after'],
    [['--url', 'http://x/'], 'is not a WebSocket address'],
    [['--url', 'ws://x/', '--path', '/ws'], '--path can only be used with a command'],
    [['--url', 'ws://x/', '--command', 'node x'], 'not clear which server'],
    [['--path', 'ws', '--command', 'node x'], 'not a path of an endpoint'],
    [['--name', 'all', '--command', 'node x'], 'cannot be called "all"'],
    [['--from', 'nowhere.json', '--command', 'node x'], 'cannot be read'],
  ])('refuses %j with exit code 2 and writes nothing', async (args, message) => {
    const { exitCode, stderr } = await runCommand(['init', ...args]);
    expect(stderr).toContain(message);
    expect(exitCode).toBe(2);
    expect(files()).toEqual([]);
  });
});

test('configText escapes words and names that JSON must escape', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'init-test-'));
  try {
    const words = ['a b', '"quoted"', 'back\\slash', '{port}'];
    const text = configText('a "name"', { command: words, path: '/ws' }, 'conformance/x.json');
    writeFileSync(join(folder, 'conformance.config.json'), text);
    expect((await readConfig(folder)).servers.get('a "name"')).toMatchObject({ command: words, path: '/ws' });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
