import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Report, reportSchema } from '../../reports/document/report.ts';
import { LABEL } from '../engines/docker/labels.ts';
import { describeWithDocker } from '../engines/docker/testing.ts';
import { suiteIds } from '../suites/autobahn/catalogue.ts';
import { groupMembers, processFacts } from '../system/process-table.ts';
import { said } from '../testing/run-command.ts';

const root = join(import.meta.dirname, '../..');

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'cli-real-test-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));
const out = () => join(home, 'report');

/** Runs the README's command with the engine `docker`. The report goes to the temporary folder of the test. */
function conformance(...args: string[]) {
  return execa('npm', ['run', '--silent', 'conformance', '--', '--engine', 'docker', '--out', out(), ...args], {
    cwd: root,
    reject: false,
    env: { NO_COLOR: '1' },
  });
}
const report = (): Report => reportSchema.parse(JSON.parse(readFileSync(join(out(), 'report.json'), 'utf8')));

await describeWithDocker('the real Autobahn in a real container', () => {
  test('a sample of every category passes against the server of this repository', async () => {
    const cases = ['1.1', '1.2', '2', '3', '4.1', '5', '6.1', '6.4', '7.1', '7.3', '7.7', '9.1.1-9.1.3', '9.5', '10'];
    const compressed = ['1', '2', '3', '4', '5'].flatMap((kind) => [`12.${kind}.1`, `13.${kind}.1`]);
    const { exitCode, stdout } = await conformance(...cases, ...compressed, '13.6.1', '13.7.1');
    expect(stdout).toMatch(/PASSED: (\d+) of \1 cases are as expected\./);
    expect(exitCode).toBe(0);
    const played = report().agents[0]?.cases ?? [];
    expect(new Set(played.map(({ id }) => id.split('.')[0]))).toEqual(new Set(suiteIds.map((id) => id.split('.')[0])));
    expect(report().engine.name).toBe('docker');
  });

  describe('a server that never answers a Close frame fails the run', () => {
    test.each([
      ['named in the configuration', ['7.1.6', '--server', 'never-answers-close']],
      [
        'started by a command',
        ['7.1.6', '--', 'node', '--import', 'tsx', 'fixtures/servers/closing/never-answers-close.ts'],
      ],
    ])('%s: exits with 1, and the page of the case says what the server did', async (_, args) => {
      const { exitCode, stdout } = await conformance(...args);
      expect(exitCode).toBe(1);
      expect(stdout).toContain('FAILED: 1 of 1 case is not as expected (1 regressed).');
      const page = readFileSync(join(out(), 'cases', report().agents[0]?.slug ?? '', '7.1.6.html'), 'utf8');
      expect(page).toContain('never answered the Close');
      expect(report().agents[0]?.cases[0]?.actual).toMatchObject({
        behavior: 'INFORMATIONAL',
        behaviorClose: 'INFORMATIONAL',
        wasClean: false,
      });
    });
  });

  test('doctor finds the Docker daemon, the image and the network, and the faulty server fails with both engines', async () => {
    const { exitCode, stdout } = await execa('npm', ['run', '--silent', 'conformance', '--', 'doctor', '--json'], {
      cwd: root,
      reject: false,
    });
    const findings: { about: string; state: string; says: string }[] = JSON.parse(stdout);
    expect(findings.filter(({ state }) => state !== 'ok')).toEqual([]);
    expect(findings.map(({ about }) => about)).toEqual(
      expect.arrayContaining(['image', 'embedded engine', 'real suite']),
    );
    expect(findings.at(-1)?.says).toMatch(/through the network "/);
    expect(exitCode).toBe(0);
  });

  test('three servers pass in one run if their deviations are those of their expectation files', async () => {
    const { exitCode, stdout } = await conformance(
      '--server',
      'websock-server',
      '--server',
      'ws',
      '--server',
      'websocket',
      '@core',
    );
    expect(stdout).toContain('PASSED: 741 of 741 cases are as expected.');
    expect(exitCode).toBe(0);
    expect(report().agents.map((agent) => agent.name)).toEqual(['websock server', 'ws', 'websocket-node']);
  });

  test('--retries runs an unexpected case again, and a flaky case fails the run (H30)', async () => {
    const server = ['--', 'node', '--import', 'tsx', 'fixtures/servers/unsteady/every-second-echo.ts'];
    const { exitCode, stdout } = await conformance('--retries', '2', '1.1.2', '2.1', ...server);
    expect(stdout).toMatch(
      /FAILED: 1 of 2 .*1 flaky[\s\S]*1\.1\.2 flaky: Two outcomes in 2 attempts\. Attempt 1: .* Attempt 2: /,
    );
    expect(exitCode).toBe(1);
    expect(report().run.retries).toEqual({ limit: 2, cases: 1, flaky: 1, leftOut: [] });
  });

  test('--bail ends the run after a batch, because the suite writes its results only at the end of a batch', async () => {
    const server = ['--', 'node', '--import', 'tsx', 'fixtures/servers/echo/trimmed-echo.ts'];
    const { exitCode, stdout } = await conformance('--bail', '1', '1', '2', '5', ...server);
    expect(stdout).toMatch(/FAILED: .* INCOMPLETE: \d+ of 47 cases were played, then --bail 1 ended the run\./);
    expect(exitCode).toBe(1);
    expect(report().agents[0]?.cases.find(({ id }) => id === '1.1.2')?.verdict).toBe('regressed');
    expect(report().problems).toEqual([]);
  });

  describe('a server that disappears during the run', () => {
    test.each([
      ['SIGKILL', /The server ended during the run \(in flight: case 9\.5\.\d/, /ended by SIGKILL/],
      ['SIGSTOP', /The server no longer answers \(in flight: case 9\.5\.\d/, /no answer to the opening handshake/],
    ] as const)('%s during 9.5.x: exits with 3, and names the case in flight', async (signal, what, why) => {
      const run = conformance('--patience', '2', '9.5', '--jobs', '1');
      const [, pid] = await said(run.stderr, /answers at \S+ \(pid (\d+)\)/);
      await said(run.stderr, /category 9 starts/);
      process.kill(Number(pid), signal);
      const { exitCode, stdout } = await run;
      expect(exitCode).toBe(3);
      expect(stdout).toMatch(/INCOMPLETE/);
      expect(stdout).toMatch(what);
      expect(stdout).toMatch(why);
      expect(report().problems[0]?.case).toMatch(/^9\.5\./);
    });
  });

  test('the next run removes the server, the containers and the folders of a run that was killed with SIGKILL', async () => {
    const run = execa(
      process.execPath,
      ['--import', 'tsx', 'harness/cli/main.ts', '--engine', 'docker', '--out', out(), '9.5', '12'],
      { cwd: root, reject: false },
    );
    const [, pid] = await said(run.stderr, /answers at \S+ \(pid (\d+)\)/);
    await said(run.stderr, /category 9 starts/);
    run.kill('SIGKILL');
    await run;
    expect(processFacts(Number(pid))).toBeDefined();
    const containers = () =>
      new Docker().listContainers({ all: true, filters: { label: [LABEL.run, `${LABEL.pid}=${run.pid}`] } });
    expect(await containers()).not.toEqual([]);

    expect(await conformance('1.1.1')).toMatchObject({ exitCode: 0 });
    expect(processFacts(Number(pid))).toBeUndefined();
    expect(await containers()).toEqual([]);
    expect(readdirSync(home)).toEqual(['report']);
  });

  test('works with a Docker daemon over TCP that shares no folder with this machine', async () => {
    const proxy = net.createServer((client) => {
      const daemon = net.connect('/var/run/docker.sock');
      client.pipe(daemon).pipe(client);
      client.on('error', () => daemon.destroy());
      daemon.on('error', () => client.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const address = proxy.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const { exitCode, stderr } = await execa(
      'npm',
      ['run', '--silent', 'conformance', '--', '--engine', 'docker', '--out', out(), '1.1.1', '7.1.6'],
      {
        cwd: root,
        reject: false,
        env: { DOCKER_HOST: `tcp://127.0.0.1:${port}` },
      },
    );
    expect(stderr).toContain(`127.0.0.1:${port}`);
    expect(exitCode).toBe(0);
    proxy.close();
  });

  test.runIf(process.getuid?.() === 0).each([
    ['results do not fit', 1, /^The report could not be written\.$/m],
    ['pages do not fit', 12, /^The report could not be written\. The decision of the run: PASSED: 517 of 517 cases/m],
  ])('a full disk exits with 3 and leaves no partial report if the %s', async (_, mebibytes, message) => {
    const disk = join(home, 'disk');
    mkdirSync(disk);
    await execa('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', disk]);
    try {
      const { exitCode, stderr } = await execa(
        process.execPath,
        ['--import', 'tsx', 'harness/cli/main.ts', '--from', 'fixtures/recorded/ws', '--out', join(disk, 'report')],
        { cwd: root, reject: false },
      );
      expect(stderr).toMatch(message);
      expect(stderr).toContain(`where: ${join(disk, 'report')}`);
      expect(stderr).toContain('ENOSPC');
      expect(exitCode).toBe(3);
      expect(readdirSync(disk)).toEqual([]);
    } finally {
      await execa('umount', [disk]);
    }
  });

  /** Delays in milliseconds after which the run is interrupted. Not random, because failures must be reproducible. */
  const delays = [0, 150, 400, 700, 1000, 1400, 1900, 2500, 3200, 4000];
  describe('a run that is interrupted', () => {
    test.each(delays.map((ms, i) => [ms, i % 2 === 0 ? 'SIGINT' : 'SIGTERM'] as const))(
      'after %i ms by %s ends within six seconds, leaves no process or container, and reports INCOMPLETE',
      async (ms, signal) => {
        const run = execa(
          process.execPath,
          ['--import', 'tsx', 'harness/cli/main.ts', '--engine', 'docker', '--out', out(), '9.5', '12'],
          {
            cwd: root,
            reject: false,
          },
        );
        let stderr = '';
        run.stderr?.on('data', (chunk) => {
          stderr += chunk;
        });
        // Before this line of output, the process has no signal handlers, and a signal would end it at once.
        await said(run.stderr, /Docker daemon/);
        await new Promise((resolve) => setTimeout(resolve, ms));
        const interruptedAt = performance.now();
        run.kill(signal);
        const { exitCode } = await run;
        expect(performance.now() - interruptedAt).toBeLessThan(6000);
        expect(exitCode).toBe(signal === 'SIGINT' ? 130 : 143);
        expect(readFileSync(join(out(), 'index.html'), 'utf8')).toContain('INCOMPLETE');
        const server = /\(pid (\d+)\)/.exec(stderr)?.[1];
        if (server !== undefined) {
          expect(processFacts(Number(server))).toBeUndefined();
          expect(groupMembers(Number(server))).toEqual([]);
        }
        const containers = await new Docker().listContainers({
          all: true,
          filters: { label: [LABEL.run, `${LABEL.pid}=${run.pid}`] },
        });
        expect(containers).toEqual([]);
        expect(readdirSync(home)).toEqual(['report']);
      },
    );
  });
});
