import { expect, test } from 'vitest';
import { settle } from './options.ts';

test('the defaults', () => {
  expect(settle()).toMatchObject({
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
  expect(settle({ deflate: false }).deflate).toBeUndefined();
});

test('what makes no sense is refused, by its name', () => {
  expect(() => settle({ closeTimeoutMs: -1 })).toThrow('closeTimeoutMs is -1');
  expect(() => settle({ maxMessageBytes: Number.NaN })).toThrow(RangeError);
  expect(() => settle({ deflate: { serverMaxWindowBits: 8 } })).toThrow('deflate.serverMaxWindowBits is 8');
  expect(() => settle({ deflate: { level: 0 } })).toThrow(RangeError);
});
