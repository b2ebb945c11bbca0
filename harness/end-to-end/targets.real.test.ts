import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import https from 'node:https';
import { type AddressInfo, isIPv6 } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { type Report, reportSchema } from '../../reports/document/report.ts';
import { describeWithDocker } from '../engines/docker/testing.ts';
import { credentials, tlsEcho } from '../testing/tls.ts';

/*
 * Tests of Autobahn in a container with servers over TLS and IPv6, with proxy variables in the environment, and as a
 * user other than root.
 */

const root = join(import.meta.dirname, '../..');
const CASES = ['1.1.1', '7.1.1'];

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'targets-test-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));
const out = () => join(home, 'report');
const report = (): Report => reportSchema.parse(JSON.parse(readFileSync(join(out(), 'report.json'), 'utf8')));

const COMMAND = [process.execPath, '--import', 'tsx', 'harness/cli/main.ts'];
function play(args: readonly string[], env: Record<string, string> = {}, before: readonly string[] = []) {
  const [file = '', ...rest] = [...before, ...COMMAND, '--out', out(), ...args, ...CASES];
  return execa(file, rest, { cwd: root, reject: false, env: { NO_COLOR: '1', CI: '', ...env } });
}

await describeWithDocker('the real suite', () => {
  test('tests two TLS servers with certificates of two authorities, each with its own subprotocol and Origin', async () => {
    const [first, second] = await Promise.all([credentials(home, 'one'), credentials(home, 'other')]);
    const requests: IncomingHttpHeaders[] = [];
    const server = https.createServer({ key: readFileSync(first.key), cert: readFileSync(first.cert) });
    new WebSocketServer({ server, perMessageDeflate: false }).on('connection', (socket, { headers }) => {
      requests.push(headers);
      socket.on('error', () => undefined);
      socket.on('message', (data, binary) => socket.send(data, { binary }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `wss://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const config = join(home, 'config.json');
    const servers = {
      one: { url, ca: first.ca, protocols: ['chat'], origin: 'https://a.example' },
      other: { command: tlsEcho(second), cwd: root, ca: second.ca },
    };
    const both = ['--engine', 'docker', '--config', config, '--server', 'one', '--server', 'other'];
    try {
      writeFileSync(config, JSON.stringify({ servers }));
      const { exitCode, stdout, stderr } = await play(both);
      expect(stdout).toContain('PASSED: 4 of 4 cases are as expected.');
      expect(exitCode).toBe(0);
      expect(stderr).toContain('the real suite does not verify certificates');
      expect(report().agents.map((agent) => [agent.name, new URL(agent.url).protocol])).toEqual([
        ['one', 'wss:'],
        ['other', 'wss:'],
      ]);
      const fromSuite = requests.filter((headers) => headers['user-agent']?.startsWith('AutobahnTestSuite'));
      expect(fromSuite).toHaveLength(CASES.length);
      for (const headers of fromSuite)
        expect(headers).toMatchObject({ origin: 'https://a.example', 'sec-websocket-protocol': 'chat' });

      // Autobahn trusts any certificate. So the command checks the certificate before the run.
      writeFileSync(config, JSON.stringify({ servers: { ...servers, other: { ...servers.other, ca: first.ca } } }));
      expect(await play(both)).toMatchObject({ exitCode: 3, stdout: expect.stringContaining('is not trusted') });
      expect(report().problems.map(({ agent }) => agent)).toEqual(['other']);

      // Autobahn cannot send additional header fields. So the command refuses them before the run.
      const fields = { ...servers.one, headers: { Authorization: 'Bearer abc' } };
      writeFileSync(config, JSON.stringify({ servers: { ...servers, one: fields } }));
      expect(await play(both)).toMatchObject({
        exitCode: 2,
        stderr: expect.stringContaining('your own header fields (to one)'),
      });
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  describe.runIf(Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1')))(
    'a server at an IPv6 address, with proxy variables that lead nowhere (H19)',
    () => {
      test.each(['docker', 'native'])('is tested by the %s engine', async (engine) => {
        const server = new WebSocketServer({ host: '::1', port: 0, perMessageDeflate: false });
        server.on('connection', (socket) => {
          socket.on('error', () => undefined);
          socket.on('message', (data, binary) => socket.send(data, { binary }));
        });
        await new Promise((resolve) => server.once('listening', resolve));
        const { address, port } = server.address() as AddressInfo;
        expect(isIPv6(address)).toBe(true);
        const names = ['http_proxy', 'https_proxy', 'all_proxy'].flatMap((name) => [name, name.toUpperCase()]);
        const proxies = Object.fromEntries(names.map((name) => [name, 'http://127.0.0.1:9']));
        const { exitCode, stdout } = await play(['--engine', engine, '--url', `ws://[::1]:${port}`], proxies);
        expect(stdout).toContain('PASSED: 2 of 2 cases are as expected.');
        expect(exitCode).toBe(0);
        for (const client of server.clients) client.terminate();
        server.close();
      });
    },
  );

  /** User id of `nobody`, who may use the Docker socket in the test below. */
  const NOBODY = 65_534;
  const socket = statSync('/var/run/docker.sock', { throwIfNoEntry: false });
  test.runIf(process.getuid?.() === 0 && socket?.isSocket())(
    'writes a report that a user other than root owns and can delete (H16)',
    async () => {
      chmodSync(home, 0o777);
      const asNobody = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, `--groups=${socket?.gid}`];
      // If only root may read the repository, the capability dac_read_search lets `nobody` read, but not write, the
      // files.
      const [file = '', ...args] = asNobody;
      const { exitCode: unreadable } = await execa(file, [...args, 'test', '-r', 'package.json'], {
        cwd: root,
        reject: false,
      });
      if (unreadable) asNobody.push('--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search');
      const { exitCode, stdout } = await play(['--engine', 'docker'], { HOME: home, TMPDIR: home }, asNobody);
      expect(stdout).toContain('PASSED: 2 of 2 cases are as expected.');
      expect(exitCode).toBe(0);
      const names = readdirSync(out(), { recursive: true, encoding: 'utf8' });
      expect(names.filter((name) => /case_.*\.json$/.test(name))).toHaveLength(CASES.length);
      for (const name of ['.', ...names]) expect(statSync(join(out(), name)).uid, name).toBe(NOBODY);
      expect((await execa(file, [...args, 'rm', '-r', out()], { reject: false })).exitCode).toBe(0);
    },
  );
});
