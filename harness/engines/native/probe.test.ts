import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { folderPlayer } from '../../testing/folder-player.ts';
import { nativeEngine } from './engine.ts';
import { type ProbeServer, startProbeServer } from './testing/probe-server.ts';

/**
 * A result that Autobahn 25.10.1 recorded against the probe server, in short form. The path of the URL selects the mode
 * of this server, usually one fault. The form has both grades, both close codes, the flags that are set (see `FLAGS`),
 * the reason for an unclean end (see `REASONS`), and the timer rows of the wire log in order. The file
 * `fixtures/spec/probe-verdicts.json` has 681 such results, from 32 modes.
 */
type RecordedResult = readonly [
  behavior: string,
  behaviorClose: string,
  remoteCloseCode: number | null,
  localCloseCode: number | null,
  flags: string,
  reason: string,
  timers: string,
];
const recordedResults = JSON.parse(
  readFileSync(new URL('../../../fixtures/spec/probe-verdicts.json', import.meta.url), 'utf8'),
) as Record<string, Record<string, RecordedResult>>;

/** Factor for all waits in this test: the engine and the probe server wait a quarter of the usual time. */
const SECOND = 0.25;

/** Boolean fields of a result. Each has a letter that stands for it in the short form. */
const FLAGS = {
  closedByMe: 'c',
  failedByMe: 'f',
  droppedByMe: 'd',
  wasClean: 'w',
  wasServerConnectionDropTimeout: 'S',
  wasOpenHandshakeTimeout: 'O',
  wasCloseHandshakeTimeout: 'C',
} as const;
/** Autobahn's reasons for an unclean end, and their short forms. */
const REASONS: Readonly<Record<string, string>> = {
  'peer dropped the TCP connection without previous WebSocket closing handshake': 'peer dropped',
  'server did not drop TCP connection (in time)': 'no drop',
  'peer did not respond (in time) in closing handshake': 'no close',
  'peer did not finish (in time) the opening handshake': 'no opening',
};
const TIMER_ROWS = new Set(['CT', 'CTE', 'KL', 'KLE', 'TI', 'TIE', 'WLM']);

interface Result {
  id: string;
  behavior: string;
  behaviorClose: string;
  remoteCloseCode: number | null;
  localCloseCode: number | null;
  wasNotCleanReason: string | null;
  wirelog: unknown[][];
}

/** Writes a result of the embedded engine in the short form. */
function compact(result: Result & Record<keyof typeof FLAGS, boolean>): RecordedResult {
  const flags = (Object.keys(FLAGS) as (keyof typeof FLAGS)[])
    .filter((flag) => result[flag])
    .map((flag) => FLAGS[flag]);
  const reason = result.wasNotCleanReason;
  const timers = result.wirelog
    .filter((row) => TIMER_ROWS.has(String(row[0])))
    .map((row) => row.map((part) => part ?? '-').join(':'));
  return [
    result.behavior,
    result.behaviorClose,
    result.remoteCloseCode,
    result.localCloseCode,
    flags.join(''),
    reason === null ? '' : (REASONS[reason] ?? 'handshake'),
    timers.join(' '),
  ];
}

describe('the embedded engine, against a server with many faults', () => {
  let probe: ProbeServer;
  const folders: string[] = [];
  beforeAll(async () => {
    probe = await startProbeServer(SECOND);
  });
  afterAll(async () => {
    await probe.close();
    for (const folder of folders) rmSync(folder, { recursive: true });
  });

  it.concurrent.each(Object.entries(recordedResults))(
    'gives the grades of Autobahn in mode %s',
    async (mode, expected) => {
      const folder = mkdtempSync(join(tmpdir(), 'probe-'));
      folders.push(folder);
      await folderPlayer(nativeEngine({ timeouts: { second: SECOND } })).play({
        cases: Object.keys(expected),
        url: probe.url + mode,
        agent: mode,
        folder,
        jobs: 4,
        signal: new AbortController().signal,
        onEvent: () => undefined,
      });
      const found = readdirSync(folder)
        .filter((file) => file !== 'index.json')
        .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')));
      expect(Object.fromEntries(found.map((result) => [result.id, compact(result)]))).toEqual(expected);
    },
    60_000,
  );
});
