import { execaSync } from 'execa';
import { describe, expect, it } from 'vitest';
import { completionScript } from './completion-script.ts';

const verbs = [
  { name: 'run', options: ['--server', '--engine'] },
  { name: 'list', options: ['--json'] },
];
const script = (shell: string) => completionScript(shell, 'ws-conformance', verbs);

/** The completions that a real bash offers for the last word of a command line. */
function completionsFor(...words: string[]): string[] {
  const setup = `COMP_WORDS=(ws-conformance ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}`;
  const { stdout } = execaSync('bash', [
    '--norc',
    '-c',
    `${script('bash')}\n${setup}\n_ws_conformance; printf '%s\\n' "\${COMPREPLY[@]}"`,
  ]);
  return stdout.split('\n').filter((line) => line !== '');
}

describe('bash', () => {
  it.each([
    [['l'], ['list']],
    [['@'], ['@core', '@limits', '@deflate']],
    [['run', '--s'], ['--server']],
    [['list', '--'], ['--json']],
    [['--e'], ['--engine']],
    [['nothing-like-it'], []],
  ])('completes %j to %j', (words, completions) => {
    expect(completionsFor(...words)).toEqual(completions);
  });
});

it('there is a script for zsh and one for fish', () => {
  expect(script('zsh')).toMatch(/^autoload -U \+X bashcompinit/);
  expect(script('fish')).toContain('complete -c ws-conformance -n "__fish_seen_subcommand_from list" -l json');
});

it('an unknown shell is an error that names the known shells', () => {
  expect(() => script('tcsh')).toThrow(/no completion script for the shell "tcsh"/);
});
