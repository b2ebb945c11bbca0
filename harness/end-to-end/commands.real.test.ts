import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commandsOf, pages, RUN_ELSEWHERE, readPage } from '../../docs/pages.ts';
import { reportSchema } from '../../reports/document/report.ts';
import { launch } from '../../reports/testing/chromium.ts';
import { describeWithDocker } from '../engines/docker/testing.ts';

/** A newcomer's clone of what is committed here, in which the README's commands are run as they stand. */
let home: string;
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'readme-test-'));
  await execa('git', ['clone', '--quiet', join(import.meta.dirname, '../..'), join(home, 'clone')]);
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const readme = readPage('README.md');
const commands = commandsOf(readme);

/** The first is what all else builds on; the second is this very run. */
const [main, tests, ...others] = commands;

test('the README begins with two commands, and promises an exit code for each of all', () => {
  expect(main?.[0]).toBe('npm ci && npm run conformance');
  expect(tests?.[0]).toBe('npm ci && npm test');
  expect(others.length).toBeGreaterThan(3);
  for (const [command, exitCode] of commands) expect(exitCode, command).toBeGreaterThanOrEqual(0);
});

await describeWithDocker('in a fresh clone', () => {
  const inClone = (command: string) =>
    execa('bash', ['-c', command], { cwd: join(home, 'clone'), reject: false, env: { NO_COLOR: '1' } });

  test('npm ci && npm run conformance: 517 of 517, none of them merely tolerated', async () => {
    const { exitCode, stdout } = await inClone(main?.[0] ?? '');
    expect(stdout).toContain('PASSED: 517 of 517 cases are as expected.');
    expect(exitCode).toBe(0);
    const out = join(home, 'clone', 'conformance-report');
    const { agents, engine, gate } = reportSchema.parse(JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')));
    expect(engine.name).toBe('docker');
    expect(gate.counts).toMatchObject({ same: 517, skipped: 0, flaky: 0 });
    const cases = agents[0]?.cases ?? [];
    const notOk = cases.filter(({ actual }) => actual?.behavior !== 'OK' || actual.behaviorClose !== 'OK');
    expect(notOk.map(({ id }) => id)).toEqual(['7.1.6', '7.13.1', '7.13.2']);
    expect(cases.filter(({ actual }) => !actual?.wasClean)).toEqual([]);
    expect(readdirSync(join(out, 'cases', agents[0]?.slug ?? ''))).toHaveLength(517);
  });

  test('its report opens from disk: every link leads somewhere, nothing is fetched, nothing is complained of', async () => {
    const out = join(home, 'clone', 'conformance-report');
    const browser = await launch();
    try {
      for (const javaScriptEnabled of [true, false]) {
        const page = await browser.newPage({ javaScriptEnabled });
        const complaints: string[] = [];
        page.on('console', (message) => complaints.push(message.text()));
        page.on('pageerror', (error) => complaints.push(error.message));
        page.on('request', (request) => {
          if (!request.url().startsWith('file://')) complaints.push(request.url());
        });
        await page.goto(`file://${join(out, 'index.html')}`);
        expect(await page.textContent('h1')).toContain('517 of 517');
        const links = await page
          .locator('a[href]')
          .evaluateAll((all) => all.map((link) => link.getAttribute('href') ?? ''));
        const files = [
          ...new Set(links.filter((link) => !/^(#|https?:)/.test(link)).map((link) => link.split('#')[0] ?? '')),
        ];
        expect(files.filter((link) => link.startsWith('cases/'))).toHaveLength(517);
        expect(files.filter((link) => !existsSync(join(out, link)))).toEqual([]);
        await page.goto(`file://${join(out, files.find((link) => link.endsWith('/7.1.6.html')) ?? '')}`);
        expect(await page.textContent('h1')).toContain('7.1.6');
        expect(complaints).toEqual([]);
        await page.close();
      }
    } finally {
      await browser.close();
    }
  });

  test('on a machine without Docker the same command takes the embedded engine, says so, and plays all 517 cases', async () => {
    const out = join(home, 'without-docker');
    const { exitCode, stdout, stderr } = await execa('npm', ['run', 'conformance', '--', '--out', out], {
      cwd: join(home, 'clone'),
      reject: false,
      env: { NO_COLOR: '1', DOCKER_HOST: 'unix:///nowhere/docker.sock' },
    });
    expect(stderr).toContain('the embedded engine plays the cases instead');
    expect(stdout).toContain('PASSED: 517 of 517 cases are as expected.');
    expect(exitCode).toBe(0);
    const { engine } = reportSchema.parse(JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')));
    expect(engine).toMatchObject({ name: 'native', summary: expect.stringContaining('/nowhere/docker.sock') });
  });

  test.each(others)('%s: exit %i', async (command, promised) => {
    const { exitCode, stdout, stderr } = await inClone(command);
    expect(exitCode, `${stdout}\n${stderr}`).toBe(promised);
  });

  test.each(['npm run engine', 'npm run image'])('%s finds that all is there', async (command) => {
    expect(readme).toContain(`\`${command}\``);
    expect(await inClone(command)).toMatchObject({ exitCode: 0 });
  });

  test('npm run server serves until it is told to end', async () => {
    const server = execa('npm', ['run', 'server', '--', '--port', '0'], { cwd: join(home, 'clone'), reject: false });
    const listening = new Promise<boolean>((resolve) => {
      server.stdout?.on('data', (chunk) => {
        if (String(chunk).includes('listening ws://127.0.0.1:')) resolve(true);
      });
    });
    expect(await Promise.race([listening, server.then(() => false)])).toBe(true);
    server.kill('SIGTERM');
    const { signal, exitCode } = await server;
    expect(exitCode === 0 || exitCode === 143 || signal === 'SIGTERM').toBe(true);
  });
});

/** These need Node alone. A page is one test, run in its order, since a command may build on the one before. */
describe('the commands of the other pages', () => {
  const clone = () => join(home, 'clone');
  beforeAll(async () => {
    if (!existsSync(join(clone(), 'node_modules'))) await execa('npm', ['ci'], { cwd: clone() });
  });

  test('those that are run elsewhere stand in a page, so that the list holds no more than it must', () => {
    const all = pages.flatMap((page) => commandsOf(readPage(page)).map(([command]) => command));
    expect(Object.keys(RUN_ELSEWHERE).filter((command) => !all.includes(command))).toEqual([]);
  });

  const toRun = (page: string) => commandsOf(readPage(page)).filter(([command]) => !(command in RUN_ELSEWHERE));

  test.each(pages.filter((page) => page !== 'README.md' && toRun(page).length > 0))('%s', async (page) => {
    // A page speaks to somebody at a desk: the CI that runs this test must not have its say.
    const env = { NO_COLOR: '1', CI: '', GITHUB_ACTIONS: '' };
    for (const [command, promised] of toRun(page)) {
      const { exitCode, stdout, stderr } = await execa('bash', ['-c', command], { cwd: clone(), reject: false, env });
      expect(exitCode, `${command}\n${stdout}\n${stderr}`).toBe(promised);
    }
  });
});
