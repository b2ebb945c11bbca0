import { execaSync } from 'execa';
import { describe, expect, it } from 'vitest';
import { completionScript } from './completion-script.ts';

const verbs = [
  { name: 'run', options: ['--server', '--engine'] },
  { name: 'list', options: ['--json'] },
];
const script = (shell: string) => completionScript(shell, 'ws-conformance', verbs);

/** What a real bash would offer for the last of these words. */
function offered(...words: string[]): string[] {
  const setup = `COMP_WORDS=(ws-conformance ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}`;
  const { stdout } = execaSync('bash', [
    '--norc',
    '-c',
    `${script('bash')}\n${setup}\n_ws_conformance; printf '%s\\n' "\${COMPREPLY[@]}"`,
  ]);
  return stdout.split('\n').filter((line) => line !== '');
}

describe('bash is offered', () => {
  it.each([
    [['l'], ['list']],
    [['@'], ['@core', '@limits', '@deflate']],
    [['run', '--s'], ['--server']],
    [['list', '--'], ['--json']],
    [['--e'], ['--engine']],
    [['nothing-like-it'], []],
  ])('for %j: %j', (words, found) => {
    expect(offered(...words)).toEqual(found);
  });
});

it('zsh and fish have a script of their own', () => {
  expect(script('zsh')).toMatch(/^autoload -U \+X bashcompinit/);
  expect(script('fish')).toContain('complete -c ws-conformance -n "__fish_seen_subcommand_from list" -l json');
});

it('another shell is an error that names those there are', () => {
  expect(() => script('tcsh')).toThrow(/no shell that can be completed/);
});
