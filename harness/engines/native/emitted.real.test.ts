import { beforeAll, describe, expect, it } from 'vitest';
import { type Case, payloadOctets } from '../../suites/autobahn/cases/case.ts';
import { caseById, cases } from '../../suites/autobahn/cases/index.ts';
import { CasePlay, type PlayedCase } from './case-play.ts';
import { MessageStore } from './compressed.ts';
import { Corpora } from './data.ts';
import { TIMEOUTS } from './endpoint.ts';
import { framesOf, startRecorder, type WireFrame } from './testing/recorder.ts';

/** What a case's script puts on the wire, frame by frame, by a reading of the script that shares nothing with the player. */
function expectedFrames(one: Case): Omit<WireFrame, 'masked'>[] {
  const frames: Omit<WireFrame, 'masked'>[] = [];
  const pieces: Buffer[] = [];
  for (const step of one.script) {
    switch (step.step) {
      case 'frame':
        frames.push({ fin: step.fin, rsv: step.rsv, opcode: step.opcode, payload: payloadOctets(step.payload) });
        break;
      case 'message': {
        const payload = payloadOctets(step.payload);
        const size = step.fragment ?? payload.length;
        let rest = payload;
        let opcode = step.binary ? 2 : 1;
        while (rest.length > size || (rest.length === size && opcode === 0)) {
          frames.push({ fin: false, rsv: 0, opcode, payload: rest.subarray(0, size) });
          rest = rest.subarray(size);
          opcode = 0;
        }
        frames.push({ fin: true, rsv: 0, opcode, payload: rest });
        break;
      }
      case 'close': {
        const code = Buffer.alloc(step.code === null ? 0 : 2);
        if (step.code !== null) code.writeUInt16BE(step.code);
        const reason = step.reason === undefined ? Buffer.alloc(0) : payloadOctets(step.reason);
        frames.push({ fin: true, rsv: 0, opcode: 8, payload: Buffer.concat([code, reason]) });
        break;
      }
      case 'header':
        frames.push({ fin: false, rsv: 0, opcode: step.opcode, payload: Buffer.alloc(0) });
        break;
      case 'piece': {
        pieces.push(step.octets);
        const last = frames.at(-1);
        if (last !== undefined) last.payload = Buffer.concat(pieces);
        break;
      }
      case 'wait':
      case 'limit':
        break;
    }
  }
  return frames;
}

const told = ({ fin, rsv, opcode, payload }: Omit<WireFrame, 'masked'>): string =>
  `${opcode}${fin ? '' : '~'} rsv${rsv} ${payload.length} ${payload.toString('latin1').slice(0, 200)}`;

const small = (one: Case): boolean =>
  one.judging.by !== 'compressed round-trips' &&
  !(
    one.judging.by === 'size' &&
    (one.judging.length > 1 << 20 || one.script.some((step) => step.step === 'frame' && step.chop !== undefined))
  );

/** How long a second is: what is written octet by octet needs some of its time. */
const second = (one: Case): number =>
  one.script.some((step) => step.step === 'frame' && step.chop === 1) ? 0.5 : 0.02;

interface Record {
  octets: Buffer;
  chunks: readonly Buffer[];
  head: string;
  played: PlayedCase;
}

describe('what is put on the wire', () => {
  const records = new Map<string, Record>();
  const others = ['9.5.6', '13.7.15'];

  /** Plays all of them side by side against a server that only listens; what waits takes a small part of its time. */
  beforeAll(async () => {
    const recorder = await startRecorder();
    const messages = new MessageStore(new Corpora(null));
    const { hostname, port } = new URL(recorder.url);
    const ids = cases.filter(small).map((one) => one.id);
    const play = async (id: string): Promise<void> => {
      const one = caseById(id);
      if (one === undefined) throw new Error(`no case ${id}`);
      const ending = await new CasePlay(one, {
        address: { host: hostname, port: Number(port), tls: null },
        request: { host: hostname, port: Number(port), resource: `/${id}`, userAgent: 'test' },
        patience: { ...TIMEOUTS, second: second(one) },
        messages,
      }).ending;
      if (!('played' in ending)) throw ending.refused;
      const recording = recorder.recordings.find(({ head }) => head.startsWith(`GET /${id} `));
      if (recording === undefined) throw new Error(`nothing was recorded of ${id}`);
      records.set(id, { octets: Buffer.concat(recording.chunks), ...recording, played: ending.played });
    };
    const worker = async (): Promise<void> => {
      for (let id = ids.shift(); id !== undefined; id = ids.shift()) await play(id);
    };
    // These keep the process busy, which would eat up the little time that the others have.
    for (const id of others) await play(id);
    await Promise.all(Array.from({ length: 24 }, worker));
    await recorder.close();
  }, 60_000);

  function record(id: string): Record {
    const found = records.get(id);
    if (found === undefined) throw new Error(`no record of ${id}`);
    return found;
  }

  it.each(cases.filter(small).map((one) => [one.id, one] as const))('%s is its script', (id, one) => {
    const { octets } = record(id);
    const frames = framesOf(octets);
    const expected = expectedFrames(one);
    expect(frames.slice(0, expected.length).map(told)).toEqual(expected.map(told));
    expect(frames.every((frame) => frame.masked)).toBe(true);
    // After the script there is at most one Close, when the case's limit has passed.
    const after = frames.slice(expected.length);
    expect(after.length).toBeLessThanOrEqual(1);
    for (const frame of after) expect(frame.opcode).toBe(8);
  });

  it.each([
    ['9.5.6', 1024 * 1024 + 14, 2048],
    ['1.1.8', 65_536 + 14, 997],
  ])('%s leaves in as many writes as it is cut into', (id, length, chop) => {
    const { played, octets } = record(id);
    expect(octets.length).toBeGreaterThanOrEqual(length);
    expect(played.log.txOctets[String(chop)]).toBe(Math.floor(length / chop));
    expect(played.log.txOctets[String(length % chop)]).toBe(1);
  });

  it('together is in one segment what is not marked otherwise', () => {
    for (const [id, length] of [
      ['2.10', 150],
      ['6.2.3', 209],
      ['5.3', 30],
    ] as const)
      expect(record(id).chunks[0]?.length, id).toBe(length);
  });

  it('offers compression in 12.x and 13.x, and sends the first message compressed', () => {
    const { head, octets } = record('13.7.15');
    expect(head).toContain(
      'Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; client_max_window_bits; server_no_context_takeover; server_max_window_bits=9, permessage-deflate; client_no_context_takeover; client_max_window_bits; server_no_context_takeover, permessage-deflate; client_no_context_takeover; client_max_window_bits\r\n',
    );
    const frames = framesOf(octets);
    expect(frames.slice(0, 2).map(({ fin, rsv, opcode, payload }) => [fin, rsv, opcode, payload.length])).toEqual([
      [false, 4, 1, 256],
      [false, 0, 0, 256],
    ]);
  });

  it('says nothing of extensions elsewhere', () => {
    expect(record('2.1').head).not.toMatch(/extensions/i);
  });
});
