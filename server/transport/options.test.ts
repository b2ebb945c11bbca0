import { expect, test } from 'vitest';
import { resolveOptions } from './options.ts';

test('fills in the documented defaults', () => {
  expect(resolveOptions()).toMatchObject({
    path: '/',
    agent: 'websock server',
    maxMessageBytes: 16_777_216,
    handshakeTimeoutMs: 10_000,
    pingIntervalMs: 20_000,
    pingTimeoutMs: 45_000,
    closeTimeoutMs: 5_000,
    pauseReadingAtUnsentBytes: 1_048_576,
    deflate: { serverMaxWindowBits: 15, level: 1 },
  });
  expect(resolveOptions({ deflate: false }).deflate).toBeUndefined();
});

test('refuses values out of range and names the option', () => {
  expect(() => resolveOptions({ closeTimeoutMs: -1 })).toThrow('closeTimeoutMs is -1');
  expect(() => resolveOptions({ maxMessageBytes: Number.NaN })).toThrow(RangeError);
  expect(() => resolveOptions({ deflate: { serverMaxWindowBits: 8 } })).toThrow('deflate.serverMaxWindowBits is 8');
  expect(() => resolveOptions({ deflate: { level: 0 } })).toThrow(RangeError);
});
