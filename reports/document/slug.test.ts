import { resolve } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { slugOf } from './slug.ts';

test('a plain name is its own slug', () => {
  expect(slugOf('ws')).toBe('ws');
  expect(slugOf('websocket-node')).toBe('websocket-node');
});

test('different names never have the same slug', () => {
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

test('no name is the slug of another name', () => {
  for (const name of ['My App', 'é', '', '..', 'CON']) expect(slugOf(slugOf(name))).not.toBe(slugOf(name));
});

test('sixty dangerous names give sixty folders, all below the folder of the report', () => {
  const ways = [
    '../x',
    '..\\x',
    '/etc/passwd',
    'C:\\x',
    '//host/x',
    'a/../../b',
    '%2e%2e%2f',
    'file:///x',
    'x\0y',
    './.',
    '~',
    '$HOME',
  ];
  const devices = ['con', 'CON', 'nul', 'nul.txt', 'aux.', 'com1', 'lpt9.json', 'prn'];
  const odd = [
    '\u202eexe.ws',
    '\u200b',
    ' ',
    '\t',
    '\n',
    'a'.repeat(300),
    'é'.repeat(300),
    '\ud800',
    '-',
    '...',
    '.hidden',
    '-rf',
  ];
  const names = [...ways, ...devices, ...odd].flatMap((name) => [name, `${name} `]).slice(0, 60);
  expect(new Set(names).size).toBe(60);
  const slugs = names.map(slugOf);
  expect(new Set(slugs.map((slug) => slug.toLowerCase())).size).toBe(60);
  for (const slug of slugs) {
    expect(resolve('/report/cases', slug)).toBe(`/report/cases/${slug}`);
    expect(slug).not.toMatch(/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/);
  }
});

test('the slug of any name is a safe and short file name', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (name) => {
      expect(slugOf(name)).toMatch(/^[a-z0-9]([a-z0-9.-]{0,48}[a-z0-9])?$/);
    }),
  );
});
