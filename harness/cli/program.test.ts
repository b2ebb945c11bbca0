import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { REGISTRY } from '../run/registry.ts';
import { caughtError } from '../testing/thrown-error.ts';
import type { Shell } from './options/shell.ts';
import { makeProgram } from './program.ts';

const ALL = ['init', 'run', 'accept', 'list', 'explain', 'compare', 'merge', 'doctor', 'serve', 'completion'];

function programFor(words: string[]) {
  const { stdout, stderr } = process;
  const shell: Shell = { words, command: undefined, env: {}, stdout, stderr, registry: REGISTRY, exitCode: 0 };
  return makeProgram(shell);
}

test.each([[['run']], [['list', '--help']], [['7.1.6']], [['help']], [[]]])(
  'has every verb, in the order of help, if %j was typed',
  (words) => {
    expect(programFor(words).commands.map((verb) => verb.name())).toEqual(ALL);
  },
);

test.each([
  ['docter', /Did you mean "doctor"/],
  ['acept', /Did you mean "accept"/],
  ['constructor', /Did you mean "/],
])('refuses %s, which is neither a verb nor a case, with exit 2 and the nearest verb', (word, todo) => {
  const { exitCode, problem } = caughtError(() => programFor([word]));
  expect(exitCode).toBe(2);
  expect(problem.todo).toMatch(todo);
});

test.each(ALL)('prints a help text of %s that fits a terminal of 80 columns', (name) => {
  let help = '';
  const verb = programFor([name]).commands.find((command) => command.name() === name);
  verb?.configureOutput({ writeOut: (text) => (help += text), getOutHelpWidth: () => 80 }).outputHelp();
  expect(help).toContain(`Usage: ws-conformance ${name}`);
  for (const line of help.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
});

test('ends with exit 3 and the reason if the module of a verb cannot be loaded', async () => {
  const hooks = `export async function load(url, context, next) {
    if (url.endsWith('/verbs/explain.ts')) throw new Error('the disk is gone');
    return await next(url, context);
  }`;
  const code = `import { register } from 'node:module'; register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(hooks)}`)});`;
  const preloads = [import.meta.resolve('tsx/esm'), `data:text/javascript,${encodeURIComponent(code)}`];
  const main = join(import.meta.dirname, 'main.ts');
  const { exitCode, stderr } = await execa(
    process.execPath,
    [...preloads.flatMap((preload) => ['--import', preload]), main, 'explain', '7.1.6'],
    { reject: false },
  );
  expect(stderr).toMatch(/Something went wrong that should not: the disk is gone/);
  expect(exitCode).toBe(3);
});
