import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commandsOf } from '../../docs/pages.ts';

/*
 * Tests of the npm package as a user gets it: the packed tarball, installed into an empty project and run as
 * `ws-conformance`.
 */

const root = join(import.meta.dirname, '../..');
let home: string;
let project: string;
let tarball: string;
let files: { path: string; size: number }[];

const inProject = (file: string, args: readonly string[], env: Record<string, string> = {}) =>
  execa(file, args, {
    cwd: project,
    reject: false,
    // No Docker daemon answers at this DOCKER_HOST, so every run uses the embedded engine.
    env: { NO_COLOR: '1', CI: '', GITHUB_ACTIONS: '', DOCKER_HOST: 'unix:///nowhere/docker.sock', ...env },
  });
const conformance = (...args: string[]) => inProject('npx', ['ws-conformance', ...args]);

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'package-test-'));
  project = join(home, 'project');
  mkdirSync(project);
  const { stdout } = await execa('npm', ['pack', '--json', '--pack-destination', home], { cwd: root });
  const [packed] = JSON.parse(stdout.slice(stdout.indexOf('[\n'))) as { filename: string; files: typeof files }[];
  if (packed === undefined) throw new Error('npm pack wrote no tarball');
  tarball = join(home, packed.filename);
  files = packed.files;
  writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }\n');
  await execa('npm', ['install', '--no-audit', '--no-fund', tarball], { cwd: project });
  // The user's project has two servers. One follows the RFC, the other does not support permessage-deflate.
  for (const [name, options] of [
    ['good', '{}'],
    ['bad', '{ deflate: false }'],
  ])
    writeFileSync(
      join(project, `${name}.mjs`),
      `import { createServer, echo } from 'ws-conformance/server';
const server = createServer(${options});
server.on('connection', (connection) => echo(connection));
console.log('listening', await server.listen(Number(process.argv[2])));
process.once('SIGTERM', () => server.close());
`,
    );
}, 300_000);
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe('the tarball', () => {
  test('has less than 2 MB, and neither tests nor TypeScript sources', () => {
    expect(statSync(tarball).size).toBeLessThan(2_000_000);
    const unwanted = files.filter(
      ({ path }) =>
        !/^(dist\/.*\.(js|d\.ts|json)|dist\/THIRD-PARTY-LICENCES\.txt|LICENSE|README\.md|package\.json)$/.test(path),
    );
    expect(unwanted).toEqual([]);
    expect(files.filter(({ path }) => /\.test\.|testkit|testing|hostile|sample/.test(path))).toEqual([]);
  });

  test.each([
    ['publint', ['--strict', '--pack', 'false']],
    ['attw', ['--profile', 'esm-only']],
    ['knip', []],
  ] as const)('passes %s', async (tool, args) => {
    const target = tool === 'attw' ? [tarball] : [];
    const { exitCode, all } = await execa('npx', [tool, ...target, ...args], { cwd: root, reject: false, all: true });
    expect(exitCode, all).toBe(0);
  });
});

describe('in an empty project', () => {
  test('a conformant server passes, and the report has complete pages', async () => {
    const { exitCode, stdout, stderr } = await conformance(
      '1.1',
      '7.1.6',
      '13.1.1',
      '--',
      'node',
      'good.mjs',
      '{port}',
    );
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toContain('PASSED: 10 of 10 cases are as expected.');
    expect(readFileSync(join(project, 'conformance-report/index.html'), 'utf8')).toContain('</html>');
  });

  test('a server without permessage-deflate fails with exit code 1', async () => {
    const { exitCode, stdout } = await conformance('1.1', '13.1.1', '--', 'node', 'bad.mjs', '{port}');
    expect(exitCode).toBe(1);
    expect(stdout).toContain('13.1.1');
  });

  test('--url tests a server that is already running', async () => {
    const server = execa('node', ['good.mjs', '0'], { cwd: project });
    try {
      const url = await new Promise<string>((resolve) => {
        server.stdout.on('data', (chunk) => resolve(/ws:\S+/.exec(String(chunk))?.[0] ?? ''));
      });
      const { exitCode, stderr } = await conformance('run', '--url', url, '1.1.1');
      expect(exitCode, stderr).toBe(0);
    } finally {
      server.kill('SIGTERM');
      await server;
    }
  });

  test('--selftest finds its faulty server in the package, and the default server passes', async () => {
    const { exitCode, stderr } = await conformance('--selftest', '--engine', 'native', '1.1.1');
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain('Self-test passed: the server with a known fault failed');
  });

  test('the library runs cases and returns the report', async () => {
    writeFileSync(
      join(project, 'library.mjs'),
      `import { diff, readResults, run } from 'ws-conformance';
import { reportSchema } from 'ws-conformance/reports';
const report = await run({ server: { command: ['node', 'bad.mjs', '{port}'] }, agent: 'mine', cases: ['1.1.1', '7.1.6', '13.1.1'] });
const { agents } = readResults('conformance-report/results/' + report.agents[0].slug, ['1.1.1']);
const wrong = report.agents[0].cases.filter(({ id, actual }) => diff(id, actual).length > 0).map(({ id }) => id);
console.log(JSON.stringify([reportSchema.parse(report).gate.decision, agents[0].results.length, wrong]));
`,
    );
    const { stdout, stderr } = await inProject('node', ['library.mjs']);
    expect(stdout, stderr).toBe(JSON.stringify(['failed', 1, ['13.1.1']]));
  });

  test('the examples of docs/api.md work as documented', async () => {
    const [inVitest = '', withResults = ''] = [
      ...readFileSync(join(root, 'docs/api.md'), 'utf8').matchAll(/```ts\n([^`]*)```/g),
    ].map(([, code]) => code);
    writeFileSync(join(project, 'server.mjs'), readFileSync(join(project, 'good.mjs')));
    writeFileSync(join(project, 'example.test.js'), inVitest);
    symlinkSync(join(root, 'node_modules/vitest'), join(project, 'node_modules/vitest'));
    const vitest = await inProject('node', [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--root', project]);
    expect(vitest.exitCode, String(vitest.stdout) + vitest.stderr).toBe(0);
    expect(vitest.stdout).toMatch(/1 passed/);
    const recorded = join(root, 'fixtures/recorded/ws');
    writeFileSync(join(project, 'example.mjs'), withResults.replace('reports/servers', recorded));
    const results = await inProject('node', ['example.mjs']);
    expect(results.stdout, results.stderr).toBe('ws []');
  });

  test('the commands of docs/five-minutes.md exit and print as documented', async () => {
    const page = readFileSync(join(root, 'docs/five-minutes.md'), 'utf8');
    const tutorial = join(project, 'five-minutes');
    mkdirSync(tutorial);
    const [, server = ''] = /```js\n([^`]*)```/.exec(page) ?? [];
    const [, removedCode = 'not found'] = /remove `([^`]+)`/.exec(page) ?? [];
    expect(server).toContain(removedCode);
    writeFileSync(join(tutorial, 'server.mjs'), server);
    symlinkSync(join(root, 'node_modules/ws'), join(project, 'node_modules/ws'));
    const env = { NO_COLOR: '1', CI: '', GITHUB_ACTIONS: '', DOCKER_HOST: 'unix:///nowhere/docker.sock' };
    const [install, ...commands] = commandsOf(page);
    expect(install?.[0]).toContain('npm install');
    expect(commands).toHaveLength(5);
    const verdicts: string[] = [];
    for (const [i, [command, documented]] of commands.entries()) {
      if (i === commands.length - 1) writeFileSync(join(tutorial, 'server.mjs'), server.replace(removedCode, ''));
      const { exitCode, stdout, stderr } = await execa('bash', ['-c', command], { cwd: tutorial, reject: false, env });
      expect(exitCode, `${command}\n${stdout}\n${stderr}`).toBe(documented);
      verdicts.push(...(stdout.match(/\d+ of 209 cases are .*(?=expected)/g) ?? []));
    }
    expect(verdicts).toEqual(page.match(/\d+ of 209 cases are .*(?=expected)/g));
  });

  test('after init, the command without a server passes the conformant server and fails the other', async () => {
    const init = await conformance('init', '--name', 'mine', '--', 'node', 'good.mjs', '{port}');
    expect(init.exitCode, init.stderr).toBe(0);
    const green = await conformance('1.1', '7.7.1');
    expect(green.exitCode, green.stderr).toBe(0);
    expect(green.stdout).toContain('PASSED: 9 of 9 cases are as expected.');
    writeFileSync(join(project, 'good.mjs'), readFileSync(join(project, 'bad.mjs')));
    const red = await conformance('13.1.1');
    expect(red.exitCode, red.stderr).toBe(1);
  });
});
