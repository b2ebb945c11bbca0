import { describe, expect, test } from 'vitest';
import { caughtError } from '../../testing/thrown-error.ts';
import { splitCommandLine } from './split-command-line.ts';

describe('a command in one text', () => {
  test.each([
    ['node server.js --port {port}', ['node', 'server.js', '--port', '{port}']],
    [`  sh  -c 'a "b" c' --name="x y"z`, ['sh', '-c', 'a "b" c', '--name=x yz']],
    [`run ''`, ['run', '']],
    ['', []],
  ])('is split: %j has the words %j', (text, words) => expect(splitCommandLine(text)).toEqual(words));

  test('is refused when a quote does not end', () => {
    expect(caughtError(() => splitCommandLine("node 'a b")).exitCode).toBe(2);
  });
});
