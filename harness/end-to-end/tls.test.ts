import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http, { type IncomingHttpHeaders } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { reportSchema } from '../../reports/document/report.ts';
import { run } from '../index.ts';
import { COMMAND } from '../testing/command.ts';
import { type Credentials, credentials, tlsEcho } from '../testing/tls.ts';

/*
 * Tests of certificates, header fields, subprotocols and Origin, with servers over TCP and over TLS (RFC 6455 3, 4.1).
 */

const root = join(import.meta.dirname, '../..');
const home = mkdtempSync(join(tmpdir(), 'tls-test-'));
let secure: Credentials;
let other: Credentials;
/** Header fields of the opening handshakes that the servers have received since the last call of `play`. */
let receivedHeaders: IncomingHttpHeaders[] = [];
const servers: http.Server[] = [];
let plainUrl: string;
let secureUrl: string;
let otherUrl: string;

/** Starts an echo server that records the header fields of each opening handshake. @returns the server's port. */
async function echo(server: http.Server): Promise<number> {
  const sockets = new WebSocketServer({ server, perMessageDeflate: false, maxPayload: 2 ** 24 });
  sockets.on('connection', (socket, { headers }) => {
    receivedHeaders.push(headers);
    socket.on('error', () => undefined);
    socket.on('message', (data, binary) => socket.send(data, { binary }));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

beforeAll(async () => {
  [secure, other] = await Promise.all([credentials(home, 'one'), credentials(home, 'other')]);
  const overTls = ({ key, cert }: Credentials) =>
    echo(https.createServer({ key: readFileSync(key), cert: readFileSync(cert) }));
  plainUrl = `ws://127.0.0.1:${await echo(http.createServer())}/`;
  secureUrl = `wss://127.0.0.1:${await overTls(secure)}/`;
  otherUrl = `wss://127.0.0.1:${await overTls(other)}/`;
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
  receivedHeaders = [];
  const [node, main] = COMMAND;
  const command = [main, '--engine', 'native', '--out', out, ...args];
  const { exitCode, stdout, stderr } = await execa(node, command, {
    cwd: root,
    reject: false,
    env: { NO_COLOR: '1', CI: '' },
  });
  return { exitCode, stdout, stderr };
}

describe('wss://', { timeout: 90_000 }, () => {
  const CASES = ['1.1.1', '7.1.1'];

  test.each([
    ['with --ca for the authority that signed the certificate', () => ['--ca', secure.ca]],
    ['without --ca, which trusts any certificate', () => []],
  ])('%s, the cases are run', async (_, ca) => {
    const { exitCode, stdout } = await play('--url', secureUrl, ...ca(), ...CASES);
    expect(stdout).toContain('PASSED: 2 of 2 cases are as expected.');
    expect(exitCode).toBe(0);
    expect(report().agents[0]?.url).toBe(secureUrl);
  });

  test('tests a server whose wss URL is in the configuration', async () => {
    const config = join(home, 'config.json');
    writeFileSync(config, JSON.stringify({ default: 'mine', servers: { mine: { url: secureUrl } } }));
    expect(await play('--config', config, '--ca', secure.ca, ...CASES)).toMatchObject({ exitCode: 0 });
  });

  test.each([
    ['of another authority', () => secureUrl, () => other, /unable to (verify|get)/],
    ['for another name', () => secureUrl.replace('127.0.0.1', 'localhost'), () => secure, /localhost/],
  ])('a certificate %s exits with 3, and no case fails because of it', async (_, url, credentialsOf, why) => {
    const { exitCode, stdout } = await play('--url', url(), '--ca', credentialsOf().ca, ...CASES);
    expect(exitCode).toBe(3);
    expect(stdout).toMatch(/INCOMPLETE: 0 of 2 cases have a result\. The certificate of .* is not trusted/);
    expect(stdout).toMatch(why);
    expect(stdout).toContain('--ca');
    expect(report().agents[0]?.cases.map(({ verdict }) => verdict)).toEqual(['missing', 'missing']);
  });

  test('refuses a --ca file without a certificate with exit code 2', async () => {
    const { exitCode, stderr } = await play('--url', secureUrl, '--ca', 'package.json', ...CASES);
    expect(stderr).toContain('holds no certificate');
    expect(exitCode).toBe(2);
  });
});

describe('one run of five servers with different certificates and header fields', { timeout: 90_000 }, () => {
  const CASES = ['1.1.1', '7.1.1'];
  const matrix = () => ({
    servers: {
      one: { url: secureUrl, ca: secure.ca, headers: { Authorization: 'Bearer one' }, protocols: ['chat'] },
      other: { url: otherUrl, ca: other.ca, headers: { Authorization: 'Bearer other' }, origin: 'https://o.example' },
      plain: { url: plainUrl },
      started: { command: tlsEcho(secure), cwd: root, ca: secure.ca, ready: 'echo' },
      'started-too': {
        command: tlsEcho(other, 'ready at'),
        cwd: root,
        ca: other.ca,
        ready: { line: '^ready at (?<url>.*)$' },
      },
    },
  });
  const playAll = (servers: object, ...args: string[]) => {
    const config = join(home, 'matrix.json');
    writeFileSync(config, JSON.stringify(servers));
    const named = ['one', 'other', 'plain', 'started', 'started-too'].flatMap((name) => ['--server', name]);
    return play('--config', config, ...named, ...args, ...CASES);
  };

  test('tests all of them and sends each server its own header fields', async () => {
    const { exitCode, stdout } = await playAll(matrix());
    expect(stdout).toContain('PASSED: 10 of 10 cases are as expected.');
    expect(exitCode).toBe(0);
    expect(report().agents.map(({ name, url }) => [name, new URL(url).protocol])).toEqual([
      ['one', 'wss:'],
      ['other', 'wss:'],
      ['plain', 'ws:'],
      ['started', 'wss:'],
      ['started-too', 'wss:'],
    ]);
    const sentValues = (field: string) => new Set(receivedHeaders.map((headers) => headers[field]));
    expect(sentValues('authorization')).toEqual(new Set(['Bearer one', 'Bearer other', undefined]));
    for (const headers of receivedHeaders)
      expect([headers['sec-websocket-protocol'], headers.origin]).toEqual(
        { 'Bearer one': ['chat', undefined], 'Bearer other': [undefined, 'https://o.example'] }[
          headers.authorization ?? ''
        ] ?? [undefined, undefined],
      );
  });

  test('names the server with an untrusted certificate, and tests the others', async () => {
    const { servers } = matrix();
    const { exitCode, stdout } = await playAll({ servers: { ...servers, other: { ...servers.other, ca: secure.ca } } });
    expect(exitCode).toBe(3);
    expect(stdout).toContain(`The certificate of the server at ${otherUrl} is not trusted.`);
    expect(report().agents.map(({ cases }) => cases.map(({ verdict }) => verdict))).toEqual([
      ['same', 'same'],
      ['missing', 'missing'],
      ['same', 'same'],
      ['same', 'same'],
      ['same', 'same'],
    ]);
  });

  test('overrides the ca of each server with --ca, but not with the ca of the file', async () => {
    const { servers } = matrix();
    expect(await playAll({ servers, ca: other.ca })).toMatchObject({ exitCode: 0 });
    expect(await playAll({ servers }, '--ca', other.ca)).toMatchObject({ exitCode: 3 });
    const distrusted = report().problems.map(({ agent }) => agent);
    expect(distrusted).toEqual(['one', 'started']);
  });
});

test('run() of the library sends the same header fields and checks the same certificates', {
  timeout: 90_000,
}, async () => {
  receivedHeaders = [];
  const headers = { Authorization: 'Bearer program' };
  const playWithCa = (caFile: string) =>
    run({ server: { url: secureUrl, caFile, headers, ready: 'echo', protocols: ['chat'] }, cases: ['1.1.1'], out });
  expect((await playWithCa(secure.ca)).gate).toMatchObject({ decision: 'passed' });
  for (const sent of receivedHeaders)
    expect(sent).toMatchObject({ authorization: 'Bearer program', 'sec-websocket-protocol': 'chat' });
  expect((await playWithCa(other.ca)).problems[0]?.what).toContain('is not trusted');
});

describe('header fields of the command line', { timeout: 90_000 }, () => {
  test('are sent in every opening handshake: --header, --protocol and --origin', async () => {
    const headerArgs = ['--header', 'Authorization: Bearer abc', '--header', 'X-Empty:', '--protocol', 'chat'];
    const { exitCode } = await play(
      '--url',
      plainUrl,
      ...headerArgs,
      '--protocol',
      'v2',
      '--origin',
      'https://a.example',
      '1.1.1',
      '7.1.1',
    );
    expect(exitCode).toBe(0);
    // There are three requests for two cases: the check that the server is ready sends the header fields too, because a
    // server may require them.
    expect(receivedHeaders.length).toBeGreaterThanOrEqual(3);
    // No file of the report contains the secret.
    const { stdout: filesWithSecret } = await execa('grep', ['-rl', 'Bearer abc', out], { reject: false });
    expect(filesWithSecret).toBe('');
    expect(readFileSync(join(out, 'report.json'), 'utf8')).toContain(
      "--header 'Authorization: …' --header 'X-Empty: …'",
    );
    for (const headers of receivedHeaders) {
      expect(headers).toMatchObject({
        authorization: 'Bearer abc',
        'x-empty': '',
        'sec-websocket-protocol': expect.stringMatching(/^chat, ?v2$/),
        origin: 'https://a.example',
      });
    }
  });

  test.each(['no colon', 'Bad Name: x', 'Two: lines\r\nX: y', 'Sec-WebSocket-Key: x'])(
    'refuse the --header value %j with exit code 2',
    async (line) => {
      const { exitCode, stderr } = await play('--url', plainUrl, '--header', line, '1.1.1');
      expect(stderr).toContain('is not a header field');
      expect(exitCode).toBe(2);
    },
  );
});
