import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { folderPlayer } from '../../testing/folder-player.ts';
import { nativeEngine } from './engine.ts';
import { encodeFrame, framesIn } from './protocol/wire.ts';
import { type ProbeServer, startProbeServer } from './testing/probe-server.ts';
import { type TraceEntry, traceLine } from './trace.ts';

const frame = (facts: Partial<Extract<TraceEntry, { kind: 'frame' }>>): TraceEntry => ({
  ms: 1.5,
  kind: 'frame',
  from: 'peer',
  head: { fin: true, rsv: 0, opcode: 1 },
  length: facts.payload?.length ?? 0,
  mask: null,
  payload: Buffer.alloc(0),
  ...facts,
});

describe('a line of the trace', () => {
  it.each<[string, TraceEntry]>([
    [
      '-> text FIN=1 RSV=000 opcode=1 length=5 mask=37fa213d "Hello"',
      frame({ from: 'us', mask: Buffer.from('37fa213d', 'hex'), payload: Buffer.from('Hello') }),
    ],
    ['<- ping FIN=0 RSV=101 opcode=9 length=0 mask=none', frame({ head: { fin: false, rsv: 5, opcode: 9 } })],
    ['<- reserved FIN=1 RSV=000 opcode=11 length=0 mask=none', frame({ head: { fin: true, rsv: 0, opcode: 11 } })],
    [
      '<- close FIN=1 RSV=000 opcode=8 length=5 mask=none code=1002 reason="bad"',
      frame({ head: { fin: true, rsv: 0, opcode: 8 }, payload: Buffer.from('\x03\xeabad', 'latin1') }),
    ],
    [
      '<- text FIN=1 RSV=100 opcode=1 length=3 mask=none inflated to 6: "aaaaaa"',
      frame({ head: { fin: true, rsv: 4, opcode: 1 }, length: 3, payload: Buffer.from('aaaaaa') }),
    ],
    [
      '<- binary FIN=1 RSV=000 opcode=2 length=2 mask=none "0xff00"',
      frame({ head: { fin: true, rsv: 0, opcode: 2 }, payload: Buffer.from('ff00', 'hex') }),
    ],
    [' * TCP is over', { ms: 1.5, kind: 'note', text: 'TCP is over' }],
  ])('%s', (line, entry) => {
    expect(traceLine('7.1.6', entry)).toBe(`7.1.6         1.500 ms ${line}`);
  });

  it('has no line break, whatever the server sends', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.string(), (bytes, text) => {
        expect(traceLine('1.1.1', frame({ payload: Buffer.from(bytes) }))).not.toMatch(/[\r\n]/);
        expect(traceLine('1.1.1', { ms: 0, kind: 'note', text: `${text}\r\n` })).not.toMatch(/[\r\n]/);
      }),
    );
  });
});

it('reads back frames that were encoded before', () => {
  const head = fc.record({ fin: fc.boolean(), rsv: fc.integer({ min: 0, max: 7 }), opcode: fc.constantFrom(0, 1, 2) });
  const sizes = fc.constantFrom(0, 1, 125, 126, 65_535, 65_536);
  const MASK = Buffer.from('37fa213d', 'hex');
  fc.assert(
    fc.property(fc.array(fc.tuple(head, sizes), { maxLength: 3 }), (frames) => {
      const bytes = Buffer.concat(
        frames.map(([frameHead, size]) => encodeFrame(frameHead, Buffer.alloc(size, 7), MASK)),
      );
      expect([...framesIn(bytes)].map(({ head: frameHead, length }) => [frameHead, length])).toEqual(frames);
      for (const { payload } of framesIn(bytes)) expect(payload.every((byte) => byte === 7)).toBe(true);
    }),
    { numRuns: 30 },
  );
});

describe('the trace of a run', () => {
  let probe: ProbeServer;
  const folder = mkdtempSync(join(tmpdir(), 'trace-'));
  beforeAll(async () => {
    probe = await startProbeServer(1);
  });
  afterAll(async () => {
    await probe.close();
    rmSync(folder, { recursive: true });
  });

  it('has every frame of the result, in its order and at its time, even if the wire log of the case is off', async () => {
    const entries = new Map<string, TraceEntry[]>();
    const trace = (id: string, entry: TraceEntry) => entries.set(id, [...(entries.get(id) ?? []), entry]);
    await folderPlayer(nativeEngine({ trace })).play({
      cases: ['2.10', '7.1.6', '9.1.1'],
      url: `${probe.url}echo`,
      agent: 'the probe',
      folder,
      signal: new AbortController().signal,
      onEvent: () => undefined,
    });
    const recorded = (id: string) =>
      JSON.parse(readFileSync(join(folder, `the_probe_case_${id.replaceAll('.', '_')}.json`), 'utf8'));
    for (const id of ['2.10', '7.1.6']) {
      const { wirelog, wirelogTimes } = recorded(id);
      const rows: unknown[] = wirelog.flatMap((row: unknown[], i: number) =>
        row[0] === 'TF'
          ? [['us', wirelogTimes[i], row[2], row[5]]]
          : row[0] === 'RF'
            ? [['peer', wirelogTimes[i], row[2], row[6]]]
            : [],
      );
      const frames = (entries.get(id) ?? []).flatMap((entry) =>
        entry.kind === 'frame'
          ? [[entry.from, expect.closeTo(entry.ms, -1), entry.head.opcode, entry.mask?.toString('hex') ?? null]]
          : [],
      );
      expect(rows).toEqual(frames);
      const last = entries.get(id)?.at(-1);
      expect(last?.kind === 'note' && last.text).toContain('TCP');
    }
    // The wire log of case 9.1.1 is off while the case sends and receives its long message, but the trace has all
    // frames.
    expect(recorded('9.1.1').wirelog.filter((row: unknown[]) => row[0] === 'RF').length).toBeLessThan(2);
    expect(
      entries
        .get('9.1.1')
        ?.filter((entry) => entry.kind === 'frame')
        .map((entry) => entry.length),
    ).toEqual([65_536, 65_536, 2, 2]);
  });
});
