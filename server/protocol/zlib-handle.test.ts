import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ZlibOutput } from '../memory/zlib-output.ts';
import type { RunEnd } from './zlib-handle.ts';

beforeEach(() => {
  vi.resetModules();
});
afterEach(() => {
  vi.doUnmock('node:zlib');
  vi.doUnmock('./zlib-handle.ts');
});

describe('the synchronous handle of zlib', () => {
  test.each([
    ['a handle', {}],
    ['writeSync', { _handle: {}, _writeState: new Uint32Array(2) }],
    ['the state', { _handle: { writeSync() {} } }],
  ])('is checked before use: the error for a Node without %s names its version', async (_missing, stream) => {
    vi.doMock('node:zlib', async (original) => ({
      ...(await original<typeof import('node:zlib')>()),
      createInflateRaw: () => stream,
    }));
    const { openInflater } = await import('./zlib-handle.ts');
    expect(() => openInflater(15)).toThrow(`Node ${process.version} has no synchronous handle`);
  });

  test('exists in this version of Node', async () => {
    const { openInflater } = await import('./zlib-handle.ts');
    const zlib = openInflater(15);
    // Example of RFC 7692 §7.2.3.1 with the four tail bytes that the sender removes.
    const hello = Buffer.from('f248cdc9c907000000ffff', 'hex');
    const written = new ZlibOutput().fill(
      100,
      (output) => expect(zlib.run(hello, output)).toEqual({ unread: 0 }),
      String,
    );
    expect(written).toBe('Hello');
    zlib.close();
  });
});

test('send throws, and sends nothing, if zlib cannot compress a message (RFC 7692 §7.2.1)', async () => {
  // A test cannot make zlib run out of memory, so a mock returns that error.
  const run = (): RunEnd => ({ unread: 5, error: 'Z_MEM_ERROR: insufficient memory' });
  vi.doMock('./zlib-handle.ts', () => ({ openDeflater: () => ({ run, reset() {}, close() {} }) }));
  const { Protocol } = await import('./protocol.ts');
  const deflate = {
    serverNoContextTakeover: false,
    clientNoContextTakeover: false,
    serverMaxWindowBits: 15,
    clientMaxWindowBits: 15,
  };
  const protocol = new Protocol({ maxMessageBytes: 1_000, deflateLevel: 1, deflateFromBytes: 0, deflate });
  expect(() => protocol.send('text', Buffer.from('Hello'))).toThrow('zlib could not compress a message: Z_MEM_ERROR');
  expect(protocol.take()).toEqual([]);
});
