import { execaSync } from 'execa';
import { describe, expect, it } from 'vitest';
import { completionScript } from './completion-script.ts';

const verbs = [
  { name: 'run', options: ['--server', '--engine'] },
  { name: 'list', options: ['--json'] },
];
const script = (shell: string) => completionScript(shell, 'ws-conformance', verbs);

/** The completions that a real bash offers for the last of the words. */
function offered(...words: string[]): string[] {
  const setup = `COMP_WORDS=(ws-conformance ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}`;
  const { stdout } = execaSync('bash', [
    '--norc',
    '-c',
    `${script('bash')}\n${setup}\n_ws_conformance; printf '%s\\n' "\${COMPREPLY[@]}"`,
  ]);
  return stdout.split('\n').filter((line) => line !== '');
}

describe('in bash', () => {
  it.each([
    [['l'], ['list']],
    [['@'], ['@core', '@limits', '@deflate']],
    [['run', '--s'], ['--server']],
    [['list', '--'], ['--json']],
    [['--e'], ['--engine']],
    [['nothing-like-it'], []],
  ])('the words %j are completed by %j', (words, found) => {
    expect(offered(...words)).toEqual(found);
  });
});

it('zsh and fish have their own scripts', () => {
  expect(script('zsh')).toMatch(/^autoload -U \+X bashcompinit/);
  expect(script('fish')).toContain('complete -c ws-conformance -n "__fish_seen_subcommand_from list" -l json');
});

it('any other shell is refused', () => {
  expect(() => script('tcsh')).toThrow(/no completion for the shell "tcsh"/);
});
