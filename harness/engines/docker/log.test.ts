import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { caseStarted, HeadAndTail, LogReader } from './log.ts';

function block(stream: number, text: string): Buffer {
  const body = Buffer.from(text);
  const head = Buffer.alloc(8);
  head.writeUInt8(stream, 0);
  head.writeUInt32BE(body.length, 4);
  return Buffer.concat([head, body]);
}

const RECORDED = Buffer.concat([
  block(1, 'Running test case ID 1.1.1 for agent ä from peer x\nRunn'),
  block(2, 'Unhandled Error\r\n'),
  block(1, ''),
  block(1, 'ing on\n\n'),
  block(2, 'no newline ✓'),
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

/**
 * Output stream recorded from Docker 20.10. The container writes to stdout and stderr in turns, and some lines arrive
 * in parts.
 */
const FROM_ENGINE = Buffer.from(
  'AQAAAAAAAChSdW5uaW5nIHRlc3QgY2FzZSBJRCAxLjEuMSBmb3IgYWdlbnQgw6QKAgAAAAAAABBVbmhhbmRsZWQgRXJyb3IKAQAAAAAAAAVoYWxmIAIA' +
    'AAAAAAAKb24gc3RkZXJyIAEAAAAAAAAHYSBsaW5lCgIAAAAAAAAOYW5kIG5vIGVuZCDinJM=',
  'base64',
);

describe('LogReader', () => {
  it('returns the lines of a recorded stream, cut anywhere into two or three pieces, and into single bytes (H46)', () => {
    const lines = [
      'Running test case ID 1.1.1 for agent ä',
      'Unhandled Error',
      'half a line',
      'on stderr and no end ✓',
    ];
    for (let first = 0; first <= FROM_ENGINE.length; first += 1)
      for (let second = first; second <= FROM_ENGINE.length; second += 1)
        expect(
          read([FROM_ENGINE.subarray(0, first), FROM_ENGINE.subarray(first, second), FROM_ENGINE.subarray(second)]),
        ).toEqual(lines);
    expect(read([...FROM_ENGINE].map((byte) => Buffer.from([byte])))).toEqual(lines);
  });

  it('returns the same lines if the stream is cut anywhere into two pieces, or into single bytes', () => {
    for (let at = 0; at <= RECORDED.length; at += 1) {
      expect(read([RECORDED.subarray(0, at), RECORDED.subarray(at)])).toEqual(LINES);
    }
    expect(read([...RECORDED].map((byte) => Buffer.from([byte])))).toEqual(LINES);
  });

  it('returns the same lines for any pieces', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(RECORDED.length)), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), RECORDED.length];
        expect(read(at.slice(1).map((end, index) => RECORDED.subarray(at[index], end)))).toEqual(LINES);
      }),
    );
  });

  it('cuts a line that is too long', () => {
    const lines = read(Array.from({ length: 64 }, () => block(1, 'x'.repeat(1_024))));
    expect(lines).toEqual(['x'.repeat(8_192)]);
  });

  it('throws if the stream is not the output of a container', () => {
    expect(() => read([Buffer.from('plain text of a terminal')])).toThrow('stream number');
  });
});

describe('HeadAndTail', () => {
  it('keeps the first and the last lines, and says how many lines are omitted', () => {
    const log = new HeadAndTail({ head: 2, tail: 3 });
    for (let line = 1; line <= 10; line += 1) log.add(String(line));
    expect(log.lines()).toEqual(['1', '2', '… 5 lines omitted …', '8', '9', '10']);
    expect(log.last(2)).toEqual(['9', '10']);
  });
});

describe('caseStarted', () => {
  it('returns the id of the case that starts, and undefined for other lines', () => {
    expect(caseStarted('Running test case ID 12.1.18 for agent a b from peer tcp4:127.0.0.1:80')).toBe('12.1.18');
    expect(caseStarted('Ok, will run 2 test cases against 1 servers')).toBeUndefined();
  });
});
