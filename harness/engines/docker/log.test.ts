import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { caseStarted, HeadAndTail, LogReader } from './log.ts';

function piece(stream: number, text: string): Buffer {
  const body = Buffer.from(text);
  const head = Buffer.alloc(8);
  head.writeUInt8(stream, 0);
  head.writeUInt32BE(body.length, 4);
  return Buffer.concat([head, body]);
}

const RECORDED = Buffer.concat([
  piece(1, 'Running test case ID 1.1.1 for agent ä from peer x\nRunn'),
  piece(2, 'Unhandled Error\r\n'),
  piece(1, ''),
  piece(1, 'ing on\n\n'),
  piece(2, 'no newline ✓'),
]);
const LINES = [
  'Running test case ID 1.1.1 for agent ä from peer x',
  'Unhandled Error',
  'Running on',
  '',
  'no newline ✓',
];

function read(chunks: Buffer[]): string[] {
  const reader = new LogReader();
  return [...chunks.flatMap((chunk) => reader.push(chunk)), ...reader.end()];
}

/** As a real engine (20.10) sent it when a container wrote to both streams in turns, with lines that were not yet at their end. */
const FROM_ENGINE = Buffer.from(
  'AQAAAAAAAChSdW5uaW5nIHRlc3QgY2FzZSBJRCAxLjEuMSBmb3IgYWdlbnQgw6QKAgAAAAAAABBVbmhhbmRsZWQgRXJyb3IKAQAAAAAAAAVoYWxmIAIA' +
    'AAAAAAAKb24gc3RkZXJyIAEAAAAAAAAHYSBsaW5lCgIAAAAAAAAOYW5kIG5vIGVuZCDinJM=',
  'base64',
);

describe('LogReader', () => {
  it('gives the lines of a recorded stream at every cut in two and in three, and octet by octet (H46)', () => {
    const lines = [
      'Running test case ID 1.1.1 for agent ä',
      'Unhandled Error',
      'half a line',
      'on stderr and no end ✓',
    ];
    for (let one = 0; one <= FROM_ENGINE.length; one += 1)
      for (let two = one; two <= FROM_ENGINE.length; two += 1)
        expect(read([FROM_ENGINE.subarray(0, one), FROM_ENGINE.subarray(one, two), FROM_ENGINE.subarray(two)])).toEqual(
          lines,
        );
    expect(read([...FROM_ENGINE].map((octet) => Buffer.from([octet])))).toEqual(lines);
  });

  it('gives the same lines wherever the stream is cut in two, and octet by octet', () => {
    for (let at = 0; at <= RECORDED.length; at += 1) {
      expect(read([RECORDED.subarray(0, at), RECORDED.subarray(at)])).toEqual(LINES);
    }
    expect(read([...RECORDED].map((octet) => Buffer.from([octet])))).toEqual(LINES);
  });

  it('gives the same lines under any cuts', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(RECORDED.length)), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), RECORDED.length];
        expect(read(at.slice(1).map((end, index) => RECORDED.subarray(at[index], end)))).toEqual(LINES);
      }),
    );
  });

  it('cuts a line without end instead of keeping it', () => {
    const lines = read(Array.from({ length: 64 }, () => piece(1, 'x'.repeat(1_024))));
    expect(lines).toEqual(['x'.repeat(8_192)]);
  });

  it('refuses what is not a container’s log', () => {
    expect(() => read([Buffer.from('plain text of a terminal')])).toThrow('stream number');
  });
});

describe('HeadAndTail', () => {
  it('keeps the first and the last lines and says how many are missing', () => {
    const log = new HeadAndTail({ head: 2, tail: 3 });
    for (let line = 1; line <= 10; line += 1) log.add(String(line));
    expect(log.lines()).toEqual(['1', '2', '… 5 lines left out …', '8', '9', '10']);
    expect(log.last(2)).toEqual(['9', '10']);
  });
});

describe('caseStarted', () => {
  it('reads the id of the case that begins, and nothing out of other lines', () => {
    expect(caseStarted('Running test case ID 12.1.18 for agent a b from peer tcp4:127.0.0.1:80')).toBe('12.1.18');
    expect(caseStarted('Ok, will run 2 test cases against 1 servers')).toBeUndefined();
  });
});
