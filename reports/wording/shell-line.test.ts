import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { shellLine } from './shell-line.ts';

it('quotes only the words that need quotes', () => {
  expect(
    shellLine(['ws-conformance', '--ready', 'line:up on (\\d+)', '!9', "it's", '', 'ws://127.0.0.1:9001/{port}']),
  ).toBe("ws-conformance --ready 'line:up on (\\d+)' '!9' 'it'\\''s' '' ws://127.0.0.1:9001/{port}");
});

it.skipIf(process.platform === 'win32')('gives a shell the same words', () => {
  const word = fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\0', ''));
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), (words) => {
      const script = `printf '%s\\0' ${shellLine(words)}`;
      const said = execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' });
      expect(said.split('\0').slice(0, -1)).toEqual(words.map((text) => Buffer.from(text).toString()));
    }),
    { numRuns: 50 },
  );
});
