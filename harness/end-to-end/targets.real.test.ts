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

/** Targets as the real suite meets them: over TLS, over IPv6, past a proxy, and for a user who is not root. */

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

await describeWithDocker('targets in front of the real suite', () => {
  test('two servers over TLS, under two authorities, make a matrix; subprotocol and Origin are each its own', async () => {
    const [one, other] = await Promise.all([credentials(home, 'one'), credentials(home, 'other')]);
    const seen: IncomingHttpHeaders[] = [];
    const server = https.createServer({ key: readFileSync(one.key), cert: readFileSync(one.cert) });
    new WebSocketServer({ server, perMessageDeflate: false }).on('connection', (socket, { headers }) => {
      seen.push(headers);
      socket.on('error', () => undefined);
      socket.on('message', (data, binary) => socket.send(data, { binary }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `wss://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const config = join(home, 'config.json');
    const servers = {
      one: { url, ca: one.ca, protocols: ['chat'], origin: 'https://a.example' },
      other: { command: tlsEcho(other), cwd: root, ca: other.ca },
    };
    const both = ['--engine', 'docker', '--config', config, '--server', 'one', '--server', 'other'];
    try {
      writeFileSync(config, JSON.stringify({ servers }));
      const { exitCode, stdout, stderr } = await play(both);
      expect(stdout).toContain('PASSED: 4 of 4 cases are as expected.');
      expect(exitCode).toBe(0);
      expect(stderr).toContain('the real suite verifies no certificate');
      expect(report().agents.map((agent) => [agent.name, new URL(agent.url).protocol])).toEqual([
        ['one', 'wss:'],
        ['other', 'wss:'],
      ]);
      const fromSuite = seen.filter((headers) => headers['user-agent']?.startsWith('AutobahnTestSuite'));
      expect(fromSuite).toHaveLength(CASES.length);
      for (const headers of fromSuite)
        expect(headers).toMatchObject({ origin: 'https://a.example', 'sec-websocket-protocol': 'chat' });

      // The suite would play against any certificate; we look at it first.
      writeFileSync(config, JSON.stringify({ servers: { ...servers, other: { ...servers.other, ca: one.ca } } }));
      expect(await play(both)).toMatchObject({ exitCode: 3, stdout: expect.stringContaining('is not trusted') });
      expect(report().problems.map(({ agent }) => agent)).toEqual(['other']);

      // What the suite cannot send is said before anything is started.
      const fields = { ...servers.one, headers: { Authorization: 'Bearer abc' } };
      writeFileSync(config, JSON.stringify({ servers: { ...servers, one: fields } }));
      expect(await play(both)).toMatchObject({
        exitCode: 2,
        stderr: expect.stringContaining('header fields of ours (to one)'),
      });
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  describe.runIf(Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1')))(
    'a server at an IPv6 address, where the environment names proxies that lead nowhere (H19)',
    () => {
      test.each(['docker', 'native'])('is played by the %s engine', async (engine) => {
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

  /** Somebody who is nobody, but may speak to the Docker engine. */
  const NOBODY = 65_534;
  const socket = statSync('/var/run/docker.sock', { throwIfNoEntry: false });
  test.runIf(process.getuid?.() === 0 && socket?.isSocket())(
    'what a user who is not root has played is that user’s, who can delete it (H16)',
    async () => {
      chmodSync(home, 0o777);
      const nobody = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, `--groups=${socket?.gid}`];
      // Where the repository is for root alone, nobody may read it all the same, and still write nothing of it.
      const [file = '', ...as] = nobody;
      const { exitCode: unreadable } = await execa(file, [...as, 'test', '-r', 'package.json'], {
        cwd: root,
        reject: false,
      });
      if (unreadable) nobody.push('--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search');
      const { exitCode, stdout } = await play(['--engine', 'docker'], { HOME: home, TMPDIR: home }, nobody);
      expect(stdout).toContain('PASSED: 2 of 2 cases are as expected.');
      expect(exitCode).toBe(0);
      const names = readdirSync(out(), { recursive: true, encoding: 'utf8' });
      expect(names.filter((name) => /case_.*\.json$/.test(name))).toHaveLength(CASES.length);
      for (const name of ['.', ...names]) expect(statSync(join(out(), name)).uid, name).toBe(NOBODY);
      expect((await execa(file, [...as, 'rm', '-r', out()], { reject: false })).exitCode).toBe(0);
    },
  );
});
