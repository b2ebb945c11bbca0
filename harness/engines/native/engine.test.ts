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

/** The 39 keys that every case file of Autobahn has. */
const AUTOBAHN_KEYS = (
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
  const emitted: PlayEvent[] = [];
  function assignment(facts: Partial<FolderAssignment>): FolderAssignment {
    const folder = mkdtempSync(join(tmpdir(), 'native-'));
    folders.push(folder);
    emitted.length = 0;
    return {
      cases: ['1.1.1'],
      url: `${probe.url}echo`,
      agent: 'the probe',
      folder,
      jobs: 4,
      signal: new AbortController().signal,
      onEvent: (event) => emitted.push(event),
      ...facts,
    };
  }
  const index = (folder: string) => JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8'));
  const failureOf = async (play: Promise<unknown>): Promise<HarnessError> => {
    const error = await play.then(
      () => null,
      (reason: unknown) => reason,
    );
    if (error instanceof HarnessError) return error;
    throw new Error(`no HarnessError but ${error}`);
  };

  it('reports its name, the version of the suite and its default jobs', async () => {
    const facts = await engine.prepare({ signal: new AbortController().signal, onMessage: () => undefined });
    expect(facts).toMatchObject({ name: 'native', suiteVersion: '25.10.1', jobs: expect.any(Number) });
  });

  it('writes the same files as Autobahn', async () => {
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
    const result = JSON.parse(readFileSync(join(facts.folder, 'the_probe_case_2_1.json'), 'utf8'));
    expect(Object.keys(result).sort()).toEqual([...AUTOBAHN_KEYS, 'wirelogTimes'].sort());
    expect(result.wirelogTimes).toHaveLength(result.wirelog.length);
    expect(result.case).toBe(17);
    expect(result.started).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  it('emits the start, the end and the record of each case', async () => {
    await engine.play(assignment({ cases: ['1.1.1', '2.1'], jobs: 1 }));
    expect(emitted).toEqual([
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

  it('starts no case before the previous case has ended, if one case at a time is wanted', async () => {
    // In this test, case 1.1.2 takes a second. Without the option `oneByOne`, the next case would start during this
    // second.
    await engine.play(assignment({ cases: ['1.1.2', '1.1.3', '2.1'], jobs: 8, oneByOne: true }));
    expect(
      emitted.flatMap((event) =>
        event.kind === 'started' || event.kind === 'ended' ? [`${event.id} ${event.kind}`] : [],
      ),
    ).toEqual(['1.1.2', '1.1.3', '2.1'].flatMap((id) => [`${id} started`, `${id} ended`]));
  });

  it('sends user agent, origin, subprotocols and header fields, and records no value of a header field', async () => {
    const received = vi.fn();
    const listener = createServer((socket) =>
      socket.once('data', (chunk) => received(String(chunk)) ?? socket.destroy()),
    );
    await once(listener.listen(0, '127.0.0.1'), 'listening');
    const facts = assignment({
      url: `ws://127.0.0.1:${(listener.address() as AddressInfo).port}/`,
      origin: 'http://here',
      protocols: ['a', 'b'],
      headers: { 'X-Token': 'secret' },
    });
    await folderPlayer(nativeEngine({ userAgent: 'me' })).play(facts);
    listener.close();
    expect(received.mock.lastCall?.[0]).toContain('\r\nX-Token: secret\r\n');
    const { httpRequest } = JSON.parse(readFileSync(join(facts.folder, 'the_probe_case_1_1_1.json'), 'utf8'));
    expect(httpRequest).toContain('User-Agent: me\r\n');
    expect(httpRequest).toContain('Origin: http://here\r\nSec-WebSocket-Protocol: a,b\r\nX-Token: …\r\n');
  });

  it('ends TCP if the server closes and does not end TCP itself', async () => {
    const facts = assignment({ cases: ['2.1'], url: `${probe.url}peerclose-hang` });
    const timeouts = { second: SECOND, afterServerClose: 0.5 };
    await folderPlayer(nativeEngine({ timeouts })).play(facts);
    const result = JSON.parse(readFileSync(join(facts.folder, 'the_probe_case_2_1.json'), 'utf8'));
    expect(result).toMatchObject({ wasClean: false, droppedByMe: true, wasServerConnectionDropTimeout: true });
  });

  it('ends a case of a hundred seconds earlier if the server sends nothing', async () => {
    const facts = assignment({ cases: ['9.1.3'], url: `${probe.url}silent` });
    await folderPlayer(nativeEngine({ timeouts: { second: SECOND, silence: 1 } })).play(facts);
    const result = JSON.parse(readFileSync(join(facts.folder, 'the_probe_case_9_1_3.json'), 'utf8'));
    expect(result.behavior).toBe('FAILED');
    expect(result.wirelog.map((row: unknown[]) => row[0])).toContain('TIE');
  });

  it('ends within a second if aborted, and keeps the records of cases that have ended', async () => {
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
    const started = performance.now();
    await expect(engine.play(facts)).rejects.toBe(reason);
    expect(performance.now() - started).toBeLessThan(1000);
    expect(Object.keys(index(facts.folder)['the probe'])).toContain('1.1.2');
    expect(Object.keys(index(facts.folder)['the probe'])).not.toContain('9.1.3');
  });

  it('emits nothing if aborted before the start', async () => {
    const facts = assignment({ signal: AbortSignal.abort(new Error('never')) });
    await expect(engine.play(facts)).rejects.toThrow('never');
    expect(emitted).toEqual([]);
  });

  it('fails if the time limit of the run is exceeded', async () => {
    const facts = assignment({ cases: ['1.1.6'], url: `${probe.url}silent`, timeoutSeconds: 0.2 });
    expect((await failureOf(engine.play(facts))).problem.what).toContain('not finished within 0.2 s');
  });

  it('refuses an unknown case id before anything is sent', async () => {
    const { exitCode, problem } = await failureOf(engine.play(assignment({ cases: ['1.1.1', '9.9.1'] })));
    expect([exitCode, problem.case]).toEqual([2, '9.9.1']);
    expect(emitted).toEqual([]);
  });

  it('refuses an address that is not ws: or wss:', async () => {
    expect((await failureOf(engine.play(assignment({ url: 'http://127.0.0.1/' })))).exitCode).toBe(2);
  });

  it('fails before the first case if the folder with the data does not exist', async () => {
    const play = folderPlayer(nativeEngine({ dataFolder: '/nowhere' })).play(assignment({ cases: ['12.1.1'] }));
    const { exitCode, problem } = await failureOf(play);
    expect([exitCode, problem.where]).toEqual([2, '/nowhere']);
    expect(emitted).toEqual([]);
  });

  it('fails if no server listens', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    await new Promise((resolve) => server.close(resolve));
    const { exitCode, problem } = await failureOf(engine.play(assignment({ url: `ws://127.0.0.1:${port}/` })));
    expect([exitCode, problem.why]).toEqual([3, expect.stringContaining('ECONNREFUSED')]);
  });

  it('records the later of two Close frames, even if only the first has a reason', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    const twice = Buffer.concat([Buffer.from('880603e8', 'hex'), Buffer.from('done'), Buffer.from('880203e9', 'hex')]);
    server.on('connection', (_, request) => request.socket.end(twice));
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const facts = assignment({ url: `ws://127.0.0.1:${port}/` });
    await engine.play(facts);
    server.close();
    const result = JSON.parse(readFileSync(join(facts.folder, 'the_probe_case_1_1_1.json'), 'utf8'));
    expect(result).toMatchObject({ remoteCloseCode: 1001, remoteCloseReason: null });
  });

  it('keeps its records if the server goes away during the run', async () => {
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
    expect(emitted).toContainEqual({ kind: 'note', text: expect.stringContaining('went away') });
  });

  it('plays a case again alone if it failed next to others, and records this', async () => {
    // With more than one client, the server answers after 250 ms. In this test, the time limit of case 6.5.1 is shorter
    // than that.
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
    const result = JSON.parse(readFileSync(join(facts.folder, 'the_probe_case_6_5_1.json'), 'utf8'));
    expect(result).toMatchObject({ behavior: 'OK', behaviorClose: 'OK', playedAgainAlone: true });
    expect(result.unsteady).toBe('beside other cases it was graded FAILED, close WRONG CODE, and alone OK, close OK');
    expect(index(facts.folder)['the probe']['6.5.1'].behavior).toBe('OK');
    expect(emitted).toContainEqual({
      kind: 'note',
      text: `6.5.1 is unsteady: ${result.unsteady}`,
    });
  });

  it('fails if the results folder cannot be written', async () => {
    const facts = assignment({});
    rmSync(facts.folder, { recursive: true });
    folders.pop();
    expect((await failureOf(engine.play(facts))).problem.where).toBe(facts.folder);
  });
});
