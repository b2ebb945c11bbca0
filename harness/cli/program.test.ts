import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { REGISTRY } from '../run/registry.ts';
import { rejectedError } from '../testing/thrown-error.ts';
import type { Shell } from './options/shell.ts';
import { makeProgram } from './program.ts';

const ALL = ['init', 'run', 'accept', 'list', 'explain', 'compare', 'merge', 'doctor', 'serve', 'completion'];

/** The verbs that are there when these words are parsed. */
async function verbsFor(words: string[], env: Record<string, string> = {}): Promise<string[]> {
  return (await commandFor(words, env)).commands.map((verb) => verb.name());
}

function commandFor(words: string[], env: Record<string, string> = {}) {
  const { stdout, stderr } = process;
  const shell: Shell = { words, command: undefined, env, stdout, stderr, registry: REGISTRY, exitCode: 0 };
  return makeProgram(shell);
}

describe('no verb is loaded that is not asked for', () => {
  test.each(ALL.filter((name) => name !== 'completion'))('%s is alone', async (name) => {
    expect(await verbsFor([name])).toEqual([name]);
    expect(await verbsFor([name, '--help'])).toEqual([name]);
  });

  test.each([[[]], [['7.1.6']], [['--json', 'list']]])('%j is for run', async (words) => {
    expect(await verbsFor(words)).toEqual(['run']);
  });

  test.each([[['--help']], [['help', 'list']], [['7.1.6', '-h']], [['completion', 'bash']]])(
    '%j is about all of them, in the order of help',
    async (words) => {
      expect(await verbsFor(words)).toEqual(ALL);
    },
  );

  test('all are known where the environment sets an option, which may be that of any', async () => {
    expect(await verbsFor(['list'], { WS_CONFORMANCE_STRICT: '1' })).toEqual(ALL);
  });
});

test.each([
  ['docter', /Did you mean "doctor"/],
  ['acept', /Did you mean "accept"/],
  ['constructor', /Did you mean "/],
])('%s is no verb, and no case either: exit 2, and the nearest verb', async (word, todo) => {
  const trouble = await rejectedError(verbsFor([word]));
  expect(trouble.exitCode).toBe(2);
  expect(trouble.problem.todo).toMatch(todo);
});

test.each(ALL)('the help of %s fits a terminal of 80 columns', async (name) => {
  let help = '';
  const verb = (await commandFor([name])).commands.find((one) => one.name() === name);
  verb?.configureOutput({ writeOut: (text) => (help += text), getOutHelpWidth: () => 80 }).outputHelp();
  expect(help).toContain(`Usage: ws-conformance ${name}`);
  for (const line of help.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
});

describe('a verb that cannot be loaded', () => {
  /** The command, where one module of ours cannot be read. */
  function without(file: string, ...words: string[]) {
    const hooks = `export async function load(url, context, next) {
      if (url.endsWith(${JSON.stringify(file)})) throw new Error('the disk is gone');
      return await next(url, context);
    }`;
    const code = `import { register } from 'node:module'; register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(hooks)}`)});`;
    const args = [
      '--import',
      import.meta.resolve('tsx/esm'),
      '--import',
      `data:text/javascript,${encodeURIComponent(code)}`,
    ];
    return execa(process.execPath, [...args, join(import.meta.dirname, 'main.ts'), ...words], { reject: false });
  }

  test('is exit 3, and says why', async () => {
    const { exitCode, stderr } = await without('/verbs/explain.ts', 'explain', '7.1.6');
    expect(stderr).toMatch(/Something went wrong that should not: the disk is gone/);
    expect(exitCode).toBe(3);
  });

  test('keeps no other from working', async () => {
    const { exitCode, stdout } = await without('/verbs/run.ts', 'explain', '7.1.6');
    expect(stdout).toMatch(/^7\.1\.6/);
    expect(exitCode).toBe(0);
  });
});
