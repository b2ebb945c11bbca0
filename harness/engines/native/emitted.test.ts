import { beforeAll, describe, expect, it } from 'vitest';
import { type Case, payloadBytes } from '../../suites/autobahn/cases/case.ts';
import { caseById, cases } from '../../suites/autobahn/cases/index.ts';
import { CasePlay, type PlayedCase } from './case-play.ts';
import { Corpora } from './messages/corpora.ts';
import { MessageStore } from './messages/message-store.ts';
import { framesOf, startRecorder, type WireFrame } from './testing/recorder.ts';
import { TIMEOUTS } from './timers.ts';

/**
 * Returns the frames that the script of a case must send. This function shares no code with the engine, because a fault
 * in shared code would stay hidden.
 */
function expectedFrames(testCase: Case): Omit<WireFrame, 'masked'>[] {
  const frames: Omit<WireFrame, 'masked'>[] = [];
  const pieces: Buffer[] = [];
  for (const step of testCase.script) {
    switch (step.step) {
      case 'frame':
        frames.push({ fin: step.fin, rsv: step.rsv, opcode: step.opcode, payload: payloadBytes(step.payload) });
        break;
      case 'message': {
        const payload = payloadBytes(step.payload);
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
        const reason = step.reason === undefined ? Buffer.alloc(0) : payloadBytes(step.reason);
        frames.push({ fin: true, rsv: 0, opcode: 8, payload: Buffer.concat([code, reason]) });
        break;
      }
      case 'header':
        frames.push({ fin: false, rsv: 0, opcode: step.opcode, payload: Buffer.alloc(0) });
        break;
      case 'piece': {
        pieces.push(step.bytes);
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

const frameText = ({ fin, rsv, opcode, payload }: Omit<WireFrame, 'masked'>): string =>
  `${opcode}${fin ? '' : '~'} rsv${rsv} ${payload.length} ${payload.toString('latin1').slice(0, 200)}`;

/** Whether a case sends few enough bytes that the test can record all of them. */
const isSmall = (testCase: Case): boolean =>
  testCase.criterion.by !== 'compressed round-trips' &&
  !(
    testCase.criterion.by === 'size' &&
    (testCase.criterion.length > 1 << 20 ||
      testCase.script.some((step) => step.step === 'frame' && step.chop !== undefined))
  );

/**
 * Factor for the waits in a case: 0.02 makes each wait 50 times shorter. A case that writes each byte separately needs
 * longer waits.
 */
const second = (testCase: Case): number =>
  testCase.script.some((step) => step.step === 'frame' && step.chop === 1) ? 0.5 : 0.02;

/** What the recording server received in one case, and the result of the engine that played the case. */
interface Recorded {
  bytes: Buffer;
  chunks: readonly Buffer[];
  head: string;
  played: PlayedCase;
}

describe('the bytes that a case sends', () => {
  const records = new Map<string, Recorded>();
  const slow = ['9.5.6', '13.7.15'];

  /** Plays the cases in parallel against a server that sends nothing after the handshake. All waits are shortened. */
  beforeAll(async () => {
    const recorder = await startRecorder();
    const messages = new MessageStore(new Corpora(null));
    const { hostname, port } = new URL(recorder.url);
    const ids = cases.filter(isSmall).map(({ id }) => id);
    const play = async (id: string): Promise<void> => {
      const testCase = caseById(id);
      if (testCase === undefined) throw new Error(`no case ${id}`);
      const ending = await new CasePlay(testCase, {
        address: { host: hostname, port: Number(port), tls: null },
        request: { host: hostname, port: Number(port), resource: `/${id}`, userAgent: 'test' },
        timeouts: { ...TIMEOUTS, second: second(testCase) },
        messages,
      }).ending;
      if (!('played' in ending)) throw ending.refused;
      const recording = recorder.recordings.find(({ head }) => head.startsWith(`GET /${id} `));
      if (recording === undefined) throw new Error(`nothing was recorded for ${id}`);
      records.set(id, { bytes: Buffer.concat(recording.chunks), ...recording, played: ending.played });
    };
    const worker = async (): Promise<void> => {
      for (let id = ids.shift(); id !== undefined; id = ids.shift()) await play(id);
    };
    // These two cases are played alone. They keep the process busy, and other cases would miss their short time limits.
    for (const id of slow) await play(id);
    await Promise.all(Array.from({ length: 24 }, worker));
    await recorder.close();
  }, 60_000);

  function recorded(id: string): Recorded {
    const found = records.get(id);
    if (found === undefined) throw new Error(`${id} was not recorded`);
    return found;
  }

  it.each(cases.filter(isSmall).map((testCase) => [testCase.id, testCase] as const))(
    'in %s are the frames of its script',
    (id, testCase) => {
      const { bytes } = recorded(id);
      const frames = framesOf(bytes);
      const expected = expectedFrames(testCase);
      expect(frames.slice(0, expected.length).map(frameText)).toEqual(expected.map(frameText));
      expect(frames.every((frame) => frame.masked)).toBe(true);
      // After the frames of the script, the engine may send only one more frame: a Close frame at the time limit of the
      // case.
      const after = frames.slice(expected.length);
      expect(after.length).toBeLessThanOrEqual(1);
      for (const frame of after) expect(frame.opcode).toBe(8);
    },
  );

  it.each([
    ['9.5.6', 1024 * 1024 + 14, 2048],
    ['1.1.8', 65_536 + 14, 997],
  ])('in %s are sent in as many writes as the case asks for', (id, length, chop) => {
    const { played, bytes } = recorded(id);
    expect(bytes.length).toBeGreaterThanOrEqual(length);
    expect(played.log.txOctets[String(chop)]).toBe(Math.floor(length / chop));
    expect(played.log.txOctets[String(length % chop)]).toBe(1);
  });

  it('of frames without a cut arrive in one segment', () => {
    for (const [id, length] of [
      ['2.10', 150],
      ['6.2.3', 209],
      ['5.3', 30],
    ] as const)
      expect(recorded(id).chunks[0]?.length, id).toBe(length);
  });

  it('in 13.7.15 offer compression three times and start with a compressed message', () => {
    const { head, bytes } = recorded('13.7.15');
    expect(head).toContain(
      'Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; client_max_window_bits; server_no_context_takeover; server_max_window_bits=9, permessage-deflate; client_no_context_takeover; client_max_window_bits; server_no_context_takeover, permessage-deflate; client_no_context_takeover; client_max_window_bits\r\n',
    );
    const frames = framesOf(bytes);
    expect(frames.slice(0, 2).map(({ fin, rsv, opcode, payload }) => [fin, rsv, opcode, payload.length])).toEqual([
      [false, 4, 1, 256],
      [false, 0, 0, 256],
    ]);
  });

  it('offer no extension in other categories', () => {
    expect(recorded('2.1').head).not.toMatch(/extensions/i);
  });
});
