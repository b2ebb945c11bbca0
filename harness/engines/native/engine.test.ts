import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocketServer } from 'ws';
import { HarnessError } from '../../support/harness-error.ts';
import { type FolderAssignment, folderPlayer } from '../../testing/folder-player.ts';
import type { PlayEvent } from '../engine.ts';
import { nativeEngine } from './engine.ts';
import { type ProbeServer, startProbeServer } from './testing/probe-server.ts';

/** The 39 keys of a case file, always all there. */
const KEYS = (
  'agent behavior behaviorClose case closedByMe createStats createWirelog description droppedByMe duration expectation ' +
  'expected expectedClose failedByMe httpRequest httpResponse id isServer localCloseCode localCloseReason received ' +
  'remoteCloseCode remoteCloseReason reportCompressionRatio reportTime result resultClose rxFrameStats rxOctetStats ' +
  'started trafficStats txFrameStats txOctetStats wasClean wasCloseHandshakeTimeout wasNotCleanReason ' +
  'wasOpenHandshakeTimeout wasServerConnectionDropTimeout wirelog'
).split(' ');

describe('the embedded engine', () => {
  const SECOND = 0.1;
  let probe: ProbeServer;
  const folders: string[] = [];
  beforeAll(async () => {
    probe = await startProbeServer(SECOND);
  });
  afterAll(async () => {
    await probe.close();
    for (const folder of folders) rmSync(folder, { recursive: true });
  });

  const engine = folderPlayer(nativeEngine({ timeouts: { second: SECOND } }));
  const said: PlayEvent[] = [];
  function assignment(facts: Partial<FolderAssignment>): FolderAssignment {
    const folder = mkdtempSync(join(tmpdir(), 'native-'));
    folders.push(folder);
    said.length = 0;
    return {
      cases: ['1.1.1'],
      url: `${probe.url}echo`,
      agent: 'the probe',
      folder,
      jobs: 4,
      signal: new AbortController().signal,
      onEvent: (event) => said.push(event),
      ...facts,
    };
  }
  const index = (folder: string) => JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8'));
  const trouble = async (play: Promise<unknown>): Promise<HarnessError> => {
    const error = await play.then(
      () => null,
      (reason: unknown) => reason,
    );
    if (error instanceof HarnessError) return error;
    throw new Error(`no HarnessError but ${error}`);
  };

  it('says what it is', async () => {
    const facts = await engine.prepare({ signal: new AbortController().signal, onMessage: () => undefined });
    expect(facts).toMatchObject({ name: 'native', suiteVersion: '25.10.1', jobs: expect.any(Number) });
  });

  it('leaves the folder that the original leaves', async () => {
    const facts = assignment({ cases: ['1.1.1', '2.1', '9.1.1', '12.1.1'] });
    await engine.play(facts);
    expect(readdirSync(facts.folder).sort()).toEqual([
      'index.json',
      'the_probe_case_12_1_1.json',
      'the_probe_case_1_1_1.json',
      'the_probe_case_2_1.json',
      'the_probe_case_9_1_1.json',
    ]);
    expect(index(facts.folder)['the probe']['2.1']).toEqual({
      behavior: 'OK',
      behaviorClose: 'OK',
      remoteCloseCode: 1000,
      duration: expect.any(Number),
      reportfile: 'the_probe_case_2_1.json',
    });
    const one = JSON.parse(readFileSync(join(facts.folder, 'the_probe_case_2_1.json'), 'utf8'));
    expect(Object.keys(one).sort()).toEqual([...KEYS, 'wirelogTimes'].sort());
    expect(one.wirelogTimes).toHaveLength(one.wirelog.length);
    expect(one.case).toBe(17);
    expect(one.started).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  it('says when each case starts and finishes, and what its file will hold', async () => {
    await engine.play(assignment({ cases: ['1.1.1', '2.1'], jobs: 1 }));
    expect(said).toEqual([
      ...['1.1.1', '2.1'].flatMap((id) => [
        { kind: 'started', id },
        { kind: 'ended', id },
        {
          kind: 'recorded',
          record: {
            id,
            file: `the_probe_case_${id.replaceAll('.', '_')}.json`,
            text: expect.stringContaining('"behavior": "OK"'),
            entry: expect.objectContaining({ behavior: 'OK' }),
          },
        },
      ]),
      { kind: 'facts', facts: { jobs: 1 } },
    ]);
  });

  it('plays one case at a time where it is told to: none begins before the one before it is over', async () => {
    // 1.1.2 waits a second for what may still come; beside it another would begin.
    await engine.play(assignment({ cases: ['1.1.2', '1.1.3', '2.1'], jobs: 8, oneByOne: true }));
    expect(
      said.flatMap((event) =>
        event.kind === 'started' || event.kind === 'ended' ? [`${event.id} ${event.kind}`] : [],
      ),
    ).toEqual(['1.1.2', '1.1.3', '2.1'].flatMap((id) => [`${id} started`, `${id} ended`]));
  });

  it('names itself to the server, sends what it was told to send, and writes down no secret', async () => {
    const asked = vi.fn();
    const door = createServer((socket) => socket.once('data', (chunk) => asked(String(chunk)) ?? socket.destroy()));
    await once(door.listen(0, '127.0.0.1'), 'listening');
    const facts = assignment({
      url: `ws://127.0.0.1:${(door.address() as AddressInfo).port}/`,
      origin: 'http://here',
      protocols: ['a', 'b'],
      headers: { 'X-Token': 'secret' },
    });
    await folderPlayer(nativeEngine({ userAgent: 'me' })).play(facts);
    door.close();
    expect(asked.mock.lastCall?.[0]).toContain('\r\nX-Token: secret\r\n');
    const { httpRequest } = JSON.parse(readFileSync(join(facts.folder, 'the_probe_case_1_1_1.json'), 'utf8'));
    expect(httpRequest).toContain('User-Agent: me\r\n');
    expect(httpRequest).toContain('Origin: http://here\r\nSec-WebSocket-Protocol: a,b\r\nX-Token: …\r\n');
  });

  it('does not wait for ever where the server closes and keeps TCP open', async () => {
    const facts = assignment({ cases: ['2.1'], url: `${probe.url}peerclose-hang` });
    const patient = { second: SECOND, afterServerClose: 0.5 };
    await folderPlayer(nativeEngine({ timeouts: patient })).play(facts);
    const one = JSON.parse(readFileSync(join(facts.folder, 'the_probe_case_2_1.json'), 'utf8'));
    expect(one).toMatchObject({ wasClean: false, droppedByMe: true, wasServerConnectionDropTimeout: true });
  });

  it('does not wait a hundred seconds for a server that says nothing', async () => {
    const facts = assignment({ cases: ['9.1.3'], url: `${probe.url}silent` });
    await folderPlayer(nativeEngine({ timeouts: { second: SECOND, silence: 1 } })).play(facts);
    const one = JSON.parse(readFileSync(join(facts.folder, 'the_probe_case_9_1_3.json'), 'utf8'));
    expect(one.behavior).toBe('FAILED');
    expect(one.wirelog.map((row: unknown[]) => row[0])).toContain('TIE');
  });

  it('ends promptly when aborted, and leaves what had been played', async () => {
    const abort = new AbortController();
    const reason = new Error('enough');
    const facts = assignment({
      cases: ['1.1.1', '1.1.2', '6.4.1', '9.1.3'],
      url: `${probe.url}no-echo`,
      jobs: 8,
      signal: abort.signal,
      onEvent: (event) => {
        if (event.kind === 'ended' && event.id === '1.1.2') abort.abort(reason);
      },
    });
    const begun = performance.now();
    await expect(engine.play(facts)).rejects.toBe(reason);
    expect(performance.now() - begun).toBeLessThan(1000);
    expect(Object.keys(index(facts.folder)['the probe'])).toContain('1.1.2');
    expect(Object.keys(index(facts.folder)['the probe'])).not.toContain('9.1.3');
  });

  it('does nothing at all when aborted before it begins', async () => {
    const facts = assignment({ signal: AbortSignal.abort(new Error('never')) });
    await expect(engine.play(facts)).rejects.toThrow('never');
    expect(said).toEqual([]);
  });

  it('says so when the whole takes too long', async () => {
    const facts = assignment({ cases: ['1.1.6'], url: `${probe.url}silent`, timeoutSeconds: 0.2 });
    expect((await trouble(engine.play(facts))).problem.what).toContain('not finished within 0.2 s');
  });

  it('refuses a case that does not exist, before anything is sent', async () => {
    const { exitCode, problem } = await trouble(engine.play(assignment({ cases: ['1.1.1', '9.9.1'] })));
    expect([exitCode, problem.case]).toEqual([2, '9.9.1']);
    expect(said).toEqual([]);
  });

  it('refuses an address that is none', async () => {
    expect((await trouble(engine.play(assignment({ url: 'http://127.0.0.1/' })))).exitCode).toBe(2);
  });

  it('says so, before the first case, when there is no data where it was told to look', async () => {
    const play = folderPlayer(nativeEngine({ dataFolder: '/nowhere' })).play(assignment({ cases: ['12.1.1'] }));
    const { exitCode, problem } = await trouble(play);
    expect([exitCode, problem.where]).toEqual([2, '/nowhere']);
    expect(said).toEqual([]);
  });

  it('says so when nobody listens', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    await new Promise((resolve) => server.close(resolve));
    const { exitCode, problem } = await trouble(engine.play(assignment({ url: `ws://127.0.0.1:${port}/` })));
    expect([exitCode, problem.why]).toEqual([3, expect.stringContaining('ECONNREFUSED')]);
  });

  it('takes the later of two Closes, also where only the first says why', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    const twice = Buffer.concat([Buffer.from('880603e8', 'hex'), Buffer.from('done'), Buffer.from('880203e9', 'hex')]);
    server.on('connection', (_, request) => request.socket.end(twice));
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const facts = assignment({ url: `ws://127.0.0.1:${port}/` });
    await engine.play(facts);
    server.close();
    const one = JSON.parse(readFileSync(join(facts.folder, 'the_probe_case_1_1_1.json'), 'utf8'));
    expect(one).toMatchObject({ remoteCloseCode: 1001, remoteCloseReason: null });
  });

  it('leaves what it has when the server goes away in the middle', async () => {
    let connections = 0;
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    server.on('connection', (socket) => {
      socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
      connections++;
      if (connections === 3) server.close();
    });
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const facts = assignment({
      cases: ['1.1.1', '1.1.2', '1.1.3', '1.1.4', '1.1.5'],
      url: `ws://127.0.0.1:${port}/`,
      jobs: 1,
    });
    await engine.play(facts);
    expect(Object.keys(index(facts.folder)['the probe'])).toEqual(['1.1.1', '1.1.2', '1.1.3']);
    expect(said).toContainEqual({ kind: 'note', text: expect.stringContaining('went away') });
  });

  it('plays again alone what failed among others, and says that it did', async () => {
    // Whoever is not alone waits for a quarter of a second, far longer than 6.5.1 may take here.
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    server.on('connection', (socket) => {
      socket.on('message', async (data, isBinary) => {
        if (server.clients.size > 1) await sleep(250);
        if (socket.readyState === socket.OPEN) socket.send(data, { binary: isBinary });
      });
    });
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const facts = assignment({ cases: ['1.1.6', '1.1.7', '6.5.1'], url: `ws://127.0.0.1:${port}/` });
    await folderPlayer(nativeEngine({ timeouts: { second: 0.2 } })).play(facts);
    server.close();
    const one = JSON.parse(readFileSync(join(facts.folder, 'the_probe_case_6_5_1.json'), 'utf8'));
    expect(one).toMatchObject({ behavior: 'OK', behaviorClose: 'OK', playedAgainAlone: true });
    expect(index(facts.folder)['the probe']['6.5.1'].behavior).toBe('OK');
    expect(said).toContainEqual({ kind: 'note', text: '6.5.1 failed among others and passed alone: alone counts' });
  });

  it('says so when the folder cannot be written', async () => {
    const facts = assignment({});
    rmSync(facts.folder, { recursive: true });
    folders.pop();
    expect((await trouble(engine.play(facts))).problem.where).toBe(facts.folder);
  });
});
