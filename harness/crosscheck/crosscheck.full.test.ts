import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { crosscheckServers, describeWithThirdPartyServers } from '../../fixtures/third-party-servers/testing.ts';
import { describeWithDocker } from '../engines/docker/testing.ts';
import { factsOf } from './disagreements.ts';
import { startRandomServers } from './random/server.ts';
import { referencePlayer } from './random-players.ts';
import { minimalServers } from './random-testing.ts';

/**
 * The cases for tests with several servers: the group @core, and the cases of category 9 in which a server may end the
 * connection during a message. 9.3 to 9.6 are left out: there, some of the servers echo a number of frames that depends
 * on the time. 9.7 and 9.8 are left out too, because the server nbio needs half a minute for them.
 */
const CASES = ['@core', '9.1', '9.2'];

/** Runs the command `npm run crosscheck` and expects that both engines record the same facts. */
async function expectAgreement(args: readonly string[]): Promise<void> {
  const { exitCode, stdout, stderr } = await execa('npm', ['run', '--silent', 'crosscheck', '--', ...args], {
    cwd: join(import.meta.dirname, '../..'),
    reject: false,
  });
  console.log(stdout);
  expect(stdout, stderr).toContain('The engines agree.');
  expect(exitCode).toBe(0);
}

/*
 * The repository's own server (folder `server`) is not tested in this file. `harness/end-to-end/commands.full.test.ts`
 * runs the real suite against this server anyway, and also compares the two engines on all 517 cases.
 */
await describeWithDocker('the embedded engine agrees with the real Autobahn in every fact', () => {
  test.each([
    [
      'on three npm servers, all but 12 and 13',
      ['--server', 'ws', '--server', 'websocket', '--server', 'faye-websocket', '--at-once', '3'],
    ],
    ['in every mode of the probe server', ['--probe', '--at-once', '6']],
    ['on every server with a known fault', ['--wrong', '--at-once', '5']],
    ['on slow servers, alone and on a busy machine', ['--slow', '--busy', '--strict', '--jobs', '4']],
    ['on 60 random servers', ['--random', '60', '--seed', '1']],
  ])('%s', (_, args) => expectAgreement(args));

  test('on the minimal random servers, whose recorded facts are those of the real suite', async () => {
    const listener = await startRandomServers(1);
    const { signal } = new AbortController();
    const play = await referencePlayer(listener, { signal, onMessage: () => undefined });
    const played = await play(
      minimalServers.map(({ case: id, faults }, i) => ({ name: `minimal-${i}`, faults, cases: [id] })),
      3,
    );
    for (const [i, { about, case: id, facts }] of minimalServers.entries()) {
      const detail = played.get(`minimal-${i}`)?.get(id);
      expect(detail && factsOf(detail), about).toEqual(facts);
    }
    await listener.close();
  });

  const servers = ['gobwas-ws', 'coder-websocket', 'tokio-tungstenite'];
  describeWithThirdPartyServers('on third-party servers in Go and Rust', servers, () => {
    test('all but 12 and 13', () =>
      expectAgreement([...servers.flatMap((name) => ['--server', name]), '--at-once', '3']));
  });

  // Not with --strict: nbio, fasthttp and uvicorn have races in which the real suite rarely gets one of two outcomes.
  describeWithThirdPartyServers('on third-party servers in Go, Python and Ruby', crosscheckServers, () => {
    test('alone and on a busy machine', () =>
      expectAgreement([...crosscheckServers.flatMap((name) => ['--server', name]), '--busy', '--jobs', '1', ...CASES]));
  });
});
