import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { caughtError } from '../../testing/thrown-error.ts';
import { joinCommandLine, splitCommandLine } from './split-command-line.ts';

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

  test('is made of words so that splitting it gives the same words', () => {
    expect(joinCommandLine(['node', 'my server.js', "it's", '', '{port}'])).toBe(
      `node 'my server.js' 'it'"'"'s' '' {port}`,
    );
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom('a', ' ', "'", '"', '\\', '\n', 'é') })), (words) => {
        expect(splitCommandLine(joinCommandLine(words))).toEqual(words);
      }),
    );
  });
});
