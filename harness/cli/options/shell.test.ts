import { expect, test } from 'vitest';
import { REGISTRY } from '../../run/registry.ts';
import { type Shell, say, styleOf } from './shell.ts';

const shell = (stream: Partial<NodeJS.WriteStream>): Shell => ({
  words: [],
  command: undefined,
  env: { LANG: 'C' },
  stdout: process.stdout,
  stderr: stream as NodeJS.WriteStream,
  registry: REGISTRY,
  exitCode: 0,
});
const columnsOf = (stream: Partial<NodeJS.WriteStream>) => styleOf(shell(stream), shell(stream).stderr, false).columns;

test('has a width for a terminal that knows its size, and for no other stream', () => {
  expect(columnsOf({ isTTY: true, columns: 80 })).toBe(80);
  expect(columnsOf({ isTTY: true, columns: 0 })).toBeUndefined();
  expect(columnsOf({})).toBeUndefined();
});

test('wraps messages between words, and replaces quotation marks if the terminal has only ASCII', () => {
  const written: string[] = [];
  const write = (text: string | Uint8Array) => written.push(String(text)) > 0;
  say(shell({ isTTY: true, columns: 20, write }), 'warning: no “option” is set by it');
  expect(written.join('')).toBe('warning: no "option"\n  is set by it\n');
});
