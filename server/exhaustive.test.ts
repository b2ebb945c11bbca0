import { isUtf8 } from 'node:buffer';
import { describe, expect, test } from 'vitest';
import { judgeUpgrade } from './handshake.ts';
import { settle } from './options.ts';
import { Protocol, type ProtocolSettings } from './protocol.ts';
import { frame, tell } from './testkit.ts';
import { request } from './testkit-arena.ts';
import { modelEvents } from './testkit-model.ts';
import { Utf8 } from './utf8.ts';

/** How many streams and handshakes are tried; `WS_RUNS=1000000` gives the figures of docs/server.md. */
const RUNS = Number(process.env.WS_RUNS ?? 40_000);

const SETTINGS: ProtocolSettings = { maxMessageBytes: 300, deflateLevel: 1, deflateFromBytes: 0 };

/** Numbers that look random and are the same in each run (mulberry32). */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const TEXTS = ['', 'a', 'hello', 'é', '€uro', '𝄞𝄞', 'x'.repeat(125), 'y'.repeat(126), 'ü'.repeat(70), 'z'.repeat(301)];
const OPCODES = [1, 1, 1, 2, 2, 2, 0, 0, 0, 9, 10, 8];

/** Mostly good frames, with a fault here and there, and an end anywhere. */
function randomStream(below: (below: number) => number): Buffer {
  const frames: Buffer[] = [];
  for (let count = 1 + below(6); count > 0; count--) {
    let first = (below(3) > 0 ? 0x80 : 0) | (OPCODES[below(OPCODES.length)] ?? 0);
    if (below(40) === 0) first = below(256);
    let payload = Buffer.from(TEXTS[below(TEXTS.length)] ?? '');
    if ((first & 0x0f) === 8) payload = Buffer.from([below(20), below(256), ...payload.subarray(0, 100)]);
    if (payload.length > 0 && below(12) === 0) payload[below(payload.length)] = below(256);
    if (payload.length > 0 && below(12) === 0) payload = payload.subarray(0, below(payload.length));
    const bytes = frame(first, payload, below(0xffffffff));
    if (below(60) === 0) bytes[below(Math.min(14, bytes.length))] = below(256);
    frames.push(bytes);
  }
  const stream = Buffer.concat(frames);
  return below(4) === 0 ? stream.subarray(0, below(stream.length + 1)) : stream;
}

test(`${RUNS} random streams mean what the model says, in one piece and in many, by either path`, {
  timeout: 600_000,
}, () => {
  const below = dice(20_261_123);
  for (let run = 0; run < RUNS; run++) {
    const stream = randomStream(below);
    const events = modelEvents(stream, SETTINGS.maxMessageBytes).join('\n');
    const fast = new Protocol(SETTINGS);
    const heard: string[] = [];
    fast.receive(Buffer.from(stream), {
      perform: (step) => heard.push(...tell([step])),
      message: (kind, bytes, from, to) => heard.push(`${kind} ${bytes.toString('latin1', from, to)}`) > 0,
    });
    const cut = new Protocol(SETTINGS);
    const pieces: string[] = [];
    for (let at = 0; at < stream.length; ) {
      const size = 1 + below(run % 8 === 0 ? 1 : 90);
      pieces.push(...tell(cut.receive(Buffer.from(stream.subarray(at, at + size)))));
      at += size;
    }
    fast.dispose();
    cut.dispose();
    if (heard.join('\n') !== events || pieces.join('\n') !== events) {
      expect({ stream: stream.toString('hex'), heard, pieces }).toEqual({
        stream: '',
        heard: events.split('\n'),
        pieces: [],
      });
    }
  }
});

describe('each of the 65,536 first two octets', () => {
  const agreed = {
    serverNoContextTakeover: true,
    clientNoContextTakeover: true,
    serverMaxWindowBits: 15,
    clientMaxWindowBits: 15,
  };

  /** The rules of RFC 6455 §5.2 to §5.5 and RFC 7692 §6, as a table read from the top: the first that fits decides. */
  function section(first: number, second: number, midway: boolean, deflate: boolean): string | undefined {
    const opcode = first & 15;
    const control = opcode > 7;
    const rules: [boolean, string][] = [
      [(first & 0x30) !== 0, '5.2'],
      [(opcode > 2 && opcode < 8) || opcode > 10, '5.2'],
      [(first & 0x40) !== 0 && !deflate, '5.2'],
      [(first & 0x40) !== 0 && (control || opcode === 0), '7692 6.1'],
      [second < 128, '5.1'],
      [control && first < 128, '5.5'],
      [control && (second & 127) > 125, '5.5'],
      [opcode === 8 && (second & 127) === 1, '5.5.1'],
      // Only these need the rest of the header, which is all zeros here.
      [(second & 127) > 125, '5.2'],
      [opcode === 0 && !midway, '5.4'],
      [(opcode === 1 || opcode === 2) && midway, '5.4'],
    ];
    return rules.find(([broken]) => broken)?.[1];
  }

  test.each([
    ['idle', false, false],
    ['idle, with deflate', false, true],
    ['in a message', true, false],
    ['in a message, with deflate', true, true],
  ])('%s', (_name, midway, deflate) => {
    const settings = deflate ? { ...SETTINGS, deflate: agreed } : SETTINGS;
    const begun = frame(2, 'x');
    for (let head = 0; head <= 0xffff; head++) {
      const protocol = new Protocol(settings);
      if (midway) protocol.receive(Buffer.from(begun));
      // Exactly the header, so that no payload is judged.
      const short = head & 127;
      const header = Buffer.alloc(short === 126 ? 8 : short === 127 ? 14 : 6);
      header.writeUInt16BE(head);
      let told: string | undefined;
      for (const step of protocol.receive(header))
        if (step.do === 'end' && step.violation) told = step.violation.section;
      protocol.dispose();
      const expected = section(head >> 8, head & 255, midway, deflate);
      // An empty message that is said to be compressed is one that does not inflate, or nothing.
      if (told !== expected) expect.fail(`${head.toString(16)}: ${told}, not ${expected}`);
    }
  });
});

test('all sequences of three octets are UTF-8 exactly where Node says so, and are refused at the octet that decides', {
  timeout: 120_000,
}, () => {
  const octets = Buffer.alloc(3);
  for (let lead = 0; lead < 256; lead++) {
    octets[0] = lead;
    for (let second = 0; second < 256; second++) {
      octets[1] = second;
      const begun = new Utf8();
      const good = begun.push(octets.subarray(0, 2));
      for (let third = 0; third < 256; third++) {
        octets[2] = third;
        if (!good) {
          if (third % 85 === 0 && isUtf8(octets)) expect.fail(octets.toString('hex'));
          continue;
        }
        const judge = new Utf8();
        const told = judge.push(octets) && judge.complete;
        if (told !== isUtf8(octets)) expect.fail(octets.toString('hex'));
      }
    }
  }
});

test(`${RUNS} mutated handshakes get an answer, and none is upgraded that lacks what it needs`, {
  timeout: 120_000,
}, () => {
  const below = dice(7);
  const base = request(
    'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits',
    'Sec-WebSocket-Protocol: a, b',
  )
    .split('\r\n')
    .slice(1, -2);
  const settings = settle({ protocols: ['a'] });
  const characters = ['', ' ', ',', ';', '=', '"', '\\', '\t', 'é', '\0', '13', 'x'.repeat(50), '__proto__'];
  let upgraded = 0;
  for (let run = 0; run < RUNS; run++) {
    const lines = [...base];
    for (let count = 1 + below(3); count > 0; count--) {
      const line = below(lines.length);
      const text = lines[line] ?? '';
      const at = below(text.length + 1);
      const what = below(8);
      if (what === 0) lines.splice(line, 1);
      else if (what === 1) lines.push(text);
      else lines[line] = text.slice(0, at) + (characters[below(characters.length)] ?? '') + text.slice(at + below(4));
    }
    const rawHeaders = lines.flatMap((line) => [
      line.slice(0, line.indexOf(':')),
      line.slice(line.indexOf(':') + 1).trim(),
    ]);
    const judgement = judgeUpgrade({ method: 'GET', url: '/', httpVersion: '1.1', rawHeaders }, settings);
    if (judgement.is === 'refused') {
      if (![400, 426].includes(judgement.status)) expect.fail(lines.join('\n'));
      continue;
    }
    upgraded++;
    const names = rawHeaders.filter((_, n) => n % 2 === 0).map((name) => name.toLowerCase());
    for (const needed of ['host', 'upgrade', 'connection', 'sec-websocket-key', 'sec-websocket-version']) {
      if (!names.includes(needed)) expect.fail(lines.join('\n'));
    }
    if (/[\r\n\0]/.test(judgement.headers.join(''))) expect.fail(lines.join('\n'));
  }
  expect(upgraded).toBeGreaterThan(RUNS / 50);
});
