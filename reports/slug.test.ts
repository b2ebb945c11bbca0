import fc from 'fast-check';
import { expect, test } from 'vitest';
import { slugOf } from './slug.ts';

test('a plain name is its own slug', () => {
  expect(slugOf('ws')).toBe('ws');
  expect(slugOf('websocket-node')).toBe('websocket-node');
});

test('names that look alike never share a slug', () => {
  const names = [
    'My-App',
    'my app',
    'my-app',
    'my_app',
    'MY APP',
    'é',
    'è',
    '',
    '..',
    '../..',
    'a/b',
    'a b',
    '.',
    'con',
    'x'.repeat(300),
  ];
  expect(new Set(names.map(slugOf)).size).toBe(names.length);
});

test('whatever the name holds, its slug is a safe and short file name', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (name) => {
      expect(slugOf(name)).toMatch(/^[a-z0-9]([a-z0-9.-]{0,48}[a-z0-9])?$/);
    }),
  );
});
