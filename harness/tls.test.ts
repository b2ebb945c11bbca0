import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http, { type IncomingHttpHeaders } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { reportSchema } from '../reports/report.ts';

/** What the opening handshake brings to a server that is running already, over TCP and over TLS (RFC 6455 3, 4.1). */

const root = join(import.meta.dirname, '..');
const home = mkdtempSync(join(tmpdir(), 'tls-test-'));
const secure = { key: join(home, 'key.pem'), cert: join(home, 'cert.pem') };
const other = { key: join(home, 'other-key.pem'), cert: join(home, 'other-cert.pem') };
let seen: IncomingHttpHeaders[] = [];
const servers: http.Server[] = [];
let plainUrl: string;
let secureUrl: string;

/** A certificate that is its own authority, for 127.0.0.1 and no other name. */
async function selfSigned({ key, cert }: typeof secure): Promise<void> {
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const name = ['-subj', '/CN=ws-conformance test', '-addext', 'subjectAltName=IP:127.0.0.1'];
  await execa('openssl', ['req', ...kind, ...name, '-keyout', key, '-out', cert]);
}

/** An echo server, by `ws`, that notes what it is sent in the opening handshake. Resolves with its port. */
async function echo(server: http.Server): Promise<number> {
  const sockets = new WebSocketServer({ server, perMessageDeflate: false, maxPayload: 2 ** 24 });
  sockets.on('connection', (socket, { headers }) => {
    seen.push(headers);
    socket.on('error', () => undefined);
    socket.on('message', (data, binary) => socket.send(data, { binary }));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

beforeAll(async () => {
  await Promise.all([selfSigned(secure), selfSigned(other)]);
  const files = { key: readFileSync(secure.key), cert: readFileSync(secure.cert) };
  plainUrl = `ws://127.0.0.1:${await echo(http.createServer())}/`;
  secureUrl = `wss://127.0.0.1:${await echo(https.createServer(files))}/`;
});
afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  rmSync(home, { recursive: true, force: true });
});

const out = join(home, 'report');
const report = () => reportSchema.parse(JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')));
async function play(...args: string[]) {
  seen = [];
  const command = ['--import', 'tsx', 'harness/cli.ts', '--engine', 'native', '--out', out, ...args];
  const { exitCode, stdout, stderr } = await execa(process.execPath, command, {
    cwd: root,
    reject: false,
    env: { NO_COLOR: '1', CI: '' },
  });
  return { exitCode, stdout, stderr };
}

describe('wss://', { timeout: 90_000 }, () => {
  const CASES = ['1.1.1', '7.1.1'];

  test.each([
    ['with the authority that signed the certificate', () => ['--ca', secure.cert]],
    ['without --ca, where any certificate will do', () => []],
  ])('%s the cases are played', async (_, ca) => {
    const { exitCode, stdout } = await play('--url', secureUrl, ...ca(), ...CASES);
    expect(stdout).toContain('PASSED: 2 of 2 cases are as expected.');
    expect(exitCode).toBe(0);
    expect(report().agents[0]?.url).toBe(secureUrl);
  });

  test('a server of the configuration may be at such an address', async () => {
    const config = join(home, 'config.json');
    writeFileSync(config, JSON.stringify({ default: 'mine', servers: { mine: { url: secureUrl } } }));
    expect(await play('--config', config, '--ca', secure.cert, ...CASES)).toMatchObject({ exitCode: 0 });
  });

  test.each([
    ['of another authority', () => secureUrl, other, /self-signed certificate/],
    ['for another name', () => secureUrl.replace('127.0.0.1', 'localhost'), secure, /localhost/],
  ])('a certificate %s is told as such, and no case fails by it', async (_, url, { cert }, why) => {
    const { exitCode, stdout } = await play('--url', url(), '--ca', cert, ...CASES);
    expect(exitCode).toBe(3);
    expect(stdout).toMatch(/INCOMPLETE: 0 of 2 cases have a result\. The certificate of .* is not trusted/);
    expect(stdout).toMatch(why);
    expect(stdout).toContain('--ca');
    expect(report().agents[0]?.cases.map(({ verdict }) => verdict)).toEqual(['missing', 'missing']);
  });

  test('a file without a certificate is refused: exit 2', async () => {
    const { exitCode, stderr } = await play('--url', secureUrl, '--ca', 'package.json', ...CASES);
    expect(stderr).toContain('holds no certificate');
    expect(exitCode).toBe(2);
  });
});

describe('what is asked for reaches the server', { timeout: 90_000 }, () => {
  test('--header, --protocol and --origin, each case alike', async () => {
    const asked = ['--header', 'Authorization: Bearer abc', '--header', 'X-Empty:', '--protocol', 'chat'];
    const { exitCode } = await play(
      '--url',
      plainUrl,
      ...asked,
      '--protocol',
      'v2',
      '--origin',
      'https://a.example',
      '1.1.1',
      '7.1.1',
    );
    expect(exitCode).toBe(0);
    // The first connection only asks whether anybody is there; on a busy machine a case may be played twice.
    expect(seen.slice(1).length).toBeGreaterThanOrEqual(2);
    for (const headers of seen.slice(1)) {
      expect(headers).toMatchObject({
        authorization: 'Bearer abc',
        'x-empty': '',
        'sec-websocket-protocol': expect.stringMatching(/^chat, ?v2$/),
        origin: 'https://a.example',
      });
    }
  });

  test.each(['no colon', 'Bad Name: x', 'Two: lines\r\nX: y'])('%j is no header field: exit 2', async (line) => {
    const { exitCode, stderr } = await play('--url', plainUrl, '--header', line, '1.1.1');
    expect(stderr).toContain('is no header field');
    expect(exitCode).toBe(2);
  });
});
