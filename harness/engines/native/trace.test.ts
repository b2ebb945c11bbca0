import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { folderPlayer } from '../../testing/folder-player.ts';
import { nativeEngine } from './engine.ts';
import { type ProbeServer, startProbeServer } from './testing/probe-server.ts';
import { type TraceEntry, traceLine } from './trace.ts';
import { encodeFrame, framesIn } from './wire.ts';

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
  ])('%s', (line, moment) => {
    expect(traceLine('7.1.6', moment)).toBe(`7.1.6         1.500 ms ${line}`);
  });

  it('is one line, whatever the server wrote', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.string(), (octets, text) => {
        expect(traceLine('1.1.1', frame({ payload: Buffer.from(octets) }))).not.toMatch(/[\r\n]/);
        expect(traceLine('1.1.1', { ms: 0, kind: 'note', text: `${text}\r\n` })).not.toMatch(/[\r\n]/);
      }),
    );
  });
});

it('frames that were encoded beforehand are read back as they were', () => {
  const head = fc.record({ fin: fc.boolean(), rsv: fc.integer({ min: 0, max: 7 }), opcode: fc.constantFrom(0, 1, 2) });
  const sizes = fc.constantFrom(0, 1, 125, 126, 65_535, 65_536);
  const MASK = Buffer.from('37fa213d', 'hex');
  fc.assert(
    fc.property(fc.array(fc.tuple(head, sizes), { maxLength: 3 }), (frames) => {
      const octets = Buffer.concat(frames.map(([one, size]) => encodeFrame(one, Buffer.alloc(size, 7), MASK)));
      expect([...framesIn(octets)].map(({ head: one, length }) => [one, length])).toEqual(frames);
      for (const { payload } of framesIn(octets)) expect(payload.every((octet) => octet === 7)).toBe(true);
    }),
    { numRuns: 30 },
  );
});

describe('the trace of a play', () => {
  let probe: ProbeServer;
  const folder = mkdtempSync(join(tmpdir(), 'trace-'));
  beforeAll(async () => {
    probe = await startProbeServer(1);
  });
  afterAll(async () => {
    await probe.close();
    rmSync(folder, { recursive: true });
  });

  it('has each frame and timer of the result, in its order and at its time, and quiet cases too', async () => {
    const told = new Map<string, TraceEntry[]>();
    const trace = (id: string, moment: TraceEntry) => told.set(id, [...(told.get(id) ?? []), moment]);
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
      const frames = (told.get(id) ?? []).flatMap((moment) =>
        moment.kind === 'frame'
          ? [[moment.from, expect.closeTo(moment.ms, -1), moment.head.opcode, moment.mask?.toString('hex') ?? null]]
          : [],
      );
      expect(rows).toEqual(frames);
      const last = told.get(id)?.at(-1);
      expect(last?.kind === 'note' && last.text).toContain('TCP');
    }
    // While a payload is too long for the log, the trace goes on.
    expect(recorded('9.1.1').wirelog.filter((row: unknown[]) => row[0] === 'RF').length).toBeLessThan(2);
    expect(
      told
        .get('9.1.1')
        ?.filter((moment) => moment.kind === 'frame')
        .map((moment) => moment.length),
    ).toEqual([65_536, 65_536, 2, 2]);
  });
});
