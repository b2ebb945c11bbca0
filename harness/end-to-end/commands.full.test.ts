import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commandsOf, pages, RUN_ELSEWHERE, readPage } from '../../docs/pages.ts';
import { reportSchema } from '../../reports/document/report.ts';
import { launch } from '../../reports/testing/chromium.ts';
import { describeWithDocker } from '../engines/docker/testing.ts';

/** Folder with a fresh clone of the committed files, in which the tests run the README's commands unchanged. */
let home: string;
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'readme-test-'));
  await execa('git', ['clone', '--quiet', join(import.meta.dirname, '../..'), join(home, 'clone')]);
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const readme = readPage('README.md');
const commands = commandsOf(readme);

/** `main` installs the packages and runs the cases. `npmTest` and `testFull` run the tests, including this test. */
const [main, npmTest, testFull, ...others] = commands;

test('the README begins with these three commands, and states an exit code for every command', () => {
  expect(main?.[0]).toBe('npm ci && npm run conformance');
  expect(npmTest?.[0]).toBe('npm ci && npm test');
  expect(testFull?.[0]).toBe('npm run test:full');
  expect(others.length).toBeGreaterThan(3);
  for (const [command, exitCode] of commands) expect(exitCode, command).toBeGreaterThanOrEqual(0);
});

await describeWithDocker('in a fresh clone', () => {
  const inClone = (command: string) =>
    execa('bash', ['-c', command], { cwd: join(home, 'clone'), reject: false, env: { NO_COLOR: '1' } });

  test('npm ci && npm run conformance passes 517 of 517 cases, and none only because a deviation is expected', async () => {
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

  test('the embedded engine agrees with the real suite in every fact of these 517 cases', async () => {
    const out = join(home, 'clone', 'conformance-report');
    const { agents } = reportSchema.parse(JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')));
    const results = join(out, 'results', agents[0]?.slug ?? '');
    const { exitCode, stdout, stderr } = await inClone(`npm run --silent crosscheck -- --reference ${results}`);
    console.log(stdout);
    expect(stdout, stderr).toContain('The engines agree.');
    expect(exitCode).toBe(0);
  });

  test('the report opens from disk without network requests or script errors, and every link leads to a file', async () => {
    const out = join(home, 'clone', 'conformance-report');
    const browser = await launch();
    try {
      for (const javaScriptEnabled of [true, false]) {
        const page = await browser.newPage({ javaScriptEnabled });
        const faults: string[] = [];
        page.on('console', (message) => faults.push(message.text()));
        page.on('pageerror', (error) => faults.push(error.message));
        page.on('request', (request) => {
          if (!request.url().startsWith('file://')) faults.push(request.url());
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
        expect(faults).toEqual([]);
        await page.close();
      }
    } finally {
      await browser.close();
    }
  });

  test('without Docker the same command runs all 517 cases with the embedded engine, and says why', async () => {
    const out = join(home, 'without-docker');
    const { exitCode, stdout, stderr } = await execa('npm', ['run', 'conformance', '--', '--out', out], {
      cwd: join(home, 'clone'),
      reject: false,
      env: { NO_COLOR: '1', DOCKER_HOST: 'unix:///nowhere/docker.sock' },
    });
    expect(stderr).toContain('the embedded engine is used instead');
    expect(stdout).toContain('PASSED: 517 of 517 cases are as expected.');
    expect(exitCode).toBe(0);
    const { engine } = reportSchema.parse(JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')));
    expect(engine).toMatchObject({ name: 'native', summary: expect.stringContaining('/nowhere/docker.sock') });
  });

  test.each(others)('%s exits with %i', async (command, documented) => {
    const { exitCode, stdout, stderr } = await inClone(command);
    expect(exitCode, `${stdout}\n${stderr}`).toBe(documented);
  });

  test.each(['npm run engine', 'npm run image'])(
    '%s exits with 0 if everything is installed already',
    async (command) => {
      expect(readme).toContain(`\`${command}\``);
      expect(await inClone(command)).toMatchObject({ exitCode: 0 });
    },
  );

  test('npm run server serves until SIGTERM', async () => {
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

/**
 * These commands need only Node. One test runs all commands of a page, because a command may need the result of an
 * earlier command.
 */
describe('every command exits with the code that its page states', () => {
  const clone = () => join(home, 'clone');
  beforeAll(async () => {
    if (!existsSync(join(clone(), 'node_modules'))) await execa('npm', ['ci'], { cwd: clone() });
  });

  test('RUN_ELSEWHERE lists only commands that a page has', () => {
    const documented = pages.flatMap((page) => commandsOf(readPage(page)).map(([command]) => command));
    expect(Object.keys(RUN_ELSEWHERE).filter((command) => !documented.includes(command))).toEqual([]);
  });

  const toRun = (page: string) => commandsOf(readPage(page)).filter(([command]) => !(command in RUN_ELSEWHERE));

  test.each(pages.filter((page) => page !== 'README.md' && toRun(page).length > 0))('%s', async (page) => {
    // The documentation shows what a user at a terminal sees, so remove the variables of the CI system.
    const env = { NO_COLOR: '1', CI: '', GITHUB_ACTIONS: '' };
    for (const [command, documented] of toRun(page)) {
      const { exitCode, stdout, stderr } = await execa('bash', ['-c', command], { cwd: clone(), reject: false, env });
      expect(exitCode, `${command}\n${stdout}\n${stderr}`).toBe(documented);
    }
  });
});
