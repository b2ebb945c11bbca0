import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import type { Fault } from './faults.ts';
import { encode, takeFrame } from './frames.ts';
import { startRandomServers } from './server.ts';

const MASK = Buffer.from([1, 2, 3, 4]);
/** A frame of a client. */
const masked = (first: number, payload: Buffer): Buffer =>
  Buffer.concat([
    Buffer.from([first, 0x80 | payload.length]),
    MASK,
    payload.map((byte, i) => byte ^ (MASK[i % 4] ?? 0)),
  ]);

/** Sends an opening handshake and frames, and returns everything that the server sends until it ends TCP. */
async function talk(faults: readonly Fault[], frames: readonly Buffer[]): Promise<{ head: string; frames: string }> {
  const listener = await startRandomServers(0.5);
  try {
    const url = new URL(listener.add('x', faults));
    const socket = connect(Number(url.port), '127.0.0.1');
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.write('GET /x HTTP/1.1\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n');
    socket.write(Buffer.concat(frames));
    await once(socket, 'close');
    const all = Buffer.concat(chunks);
    const end = all.indexOf('\r\n\r\n') + 4;
    return { head: all.toString('utf8', 0, end), frames: all.toString('hex', end) };
  } finally {
    await listener.close();
  }
}

const HELLO = masked(0x81, Buffer.from('hi'));
const CLOSE = masked(0x88, Buffer.from('03e8', 'hex'));

test('a server without a fault accepts, echoes, answers pings and the Close, and ends TCP', async () => {
  const { head, frames } = await talk([], [HELLO, masked(0x89, Buffer.from('p')), CLOSE]);
  expect(head).toContain('Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n');
  expect(frames).toBe(`81026869${'8a0170'}880203e8`);
});

test.each<[Fault, string]>([
  [{ fault: 'repeated frame', of: 'echo', n: 1 }, '8102686981026869880203e8'],
  [{ fault: 'missing frame', of: 'echo', n: 1 }, '880203e8'],
  [{ fault: 'held frame', n: 1, until: 'close' }, '880203e881026869'],
  [{ fault: 'header', of: 'close', n: 1, set: { rsv: 4 } }, '81026869c80203e8'],
  [{ fault: 'header', of: 'any', n: 1, set: { form: 64, fin: false } }, '017f00000000000000026869880203e8'],
  [{ fault: 'changed echo', n: 0, how: 'append', hex: 'ff' }, '81036869ff880203e8'],
  [{ fault: 'fragments', n: 1, cuts: [500], between: { opcode: 9 } }, '0101688900800169880203e8'],
  [{ fault: 'fragments', n: 1, cuts: [500], wrong: 'no fin' }, '010168000169880203e8'],
  [{ fault: 'close body', body: '03eaeda080' }, '81026869880503eaeda080'],
  [{ fault: 'second close', body: '', pause: 0.2 }, '81026869880203e88800'],
  [{ fault: 'no close', next: 'fin' }, '81026869'],
  [{ fault: 'frames', when: { at: 'frame', n: 1 }, frames: [{ opcode: 10, payload: '61' }] }, '8a016181026869880203e8'],
  [{ fault: 'bytes', when: { at: 'answered', n: 1 }, hex: 'ff' }, '81026869880203e8ff'],
  [{ fault: 'end', when: { at: 'sent', n: 1 }, how: 'fin' }, '81026869'],
  [{ fault: 'first close', when: { at: 'message', n: 1 }, body: '03e9' }, '880203e981026869'],
  [{ fault: 'small writes', size: 1 }, '81026869880203e8'],
  [{ fault: 'deaf', to: 'messages' }, '880203e8'],
])('the fault %j changes what is sent', async (fault, frames) => {
  expect((await talk([fault], [HELLO, CLOSE])).frames).toBe(frames);
});

test.each<[Fault, string]>([
  [{ fault: 'status line', line: 'HTTP/1.1 200 OK' }, 'HTTP/1.1 200 OK\r\nUpgrade: websocket\r\n'],
  [{ fault: 'line end', line: 'first', text: '\n' }, 'HTTP/1.1 101 Switching Protocols\nUpgrade: websocket\r\n'],
  [{ fault: 'field value', field: 'Upgrade', value: '"{}"' }, '\r\nUpgrade: "websocket"\r\n'],
  [{ fault: 'white space', field: 'Upgrade', where: 'behind value', text: '\u180e' }, 'Upgrade: websocket\u180e\r\n'],
  [{ fault: 'additional line', line: 'X', position: 0 }, 'Protocols\r\nX\r\nUpgrade'],
  [{ fault: 'extensions', value: 'x', twice: true }, 'Extensions: x\r\nSec-WebSocket-Extensions: x\r\n'],
  [{ fault: 'repeated field', field: 'Connection', value: '{}' }, '\r\nConnection: Upgrade\r\n\r\n'],
  [{ fault: 'text before the head', text: '\0' }, '\0HTTP/1.1'],
])('the fault %j changes the response', async (fault, part) => {
  expect((await talk([fault], [HELLO, CLOSE])).head).toContain(part);
});

test('a server refuses what is not correct, unless it is lenient', async () => {
  const wrong = [masked(0x83, Buffer.from('x')), CLOSE];
  expect((await talk([], wrong)).frames).toBe('880203ea');
  expect((await talk([{ fault: 'lenient', without: ['opcodes'] }], wrong)).frames).toBe('880203e8');
  const badText = [masked(0x81, Buffer.from([0xff])), CLOSE];
  expect((await talk([], badText)).frames).toBe('880203ef');
  expect((await talk([{ fault: 'lenient', without: ['text'] }], badText)).frames).toBe('8101ff880203e8');
});

test('a frame may announce another length, and be cut', () => {
  const hex = (frame: Parameters<typeof encode>[0]) => encode(frame).toString('hex');
  expect(hex({ opcode: 1, payload: '61', announced: '5' })).toBe('810561');
  expect(hex({ opcode: 1, payload: '61', announced: '18446744073709551615' })).toBe('817fffffffffffffffff61');
  expect(hex({ opcode: 2, payload: '6162', cut: 3 })).toBe('820261');
  expect(hex({ opcode: 1, payload: '61', masked: true })).toBe('8181a51c7708c4');
  expect(takeFrame(masked(0x81, Buffer.from('abc')).subarray(0, 8))).toBeNull();
});
