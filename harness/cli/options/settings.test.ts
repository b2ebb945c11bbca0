import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { REGISTRY } from '../../run/registry.ts';
import { rejectedError } from '../../testing/thrown-error.ts';
import { collect, positive, wholeNumber } from './arguments.ts';
import { CommandWithVariables, resolveSettings, type Setting, settingsTable, variableOf } from './settings.ts';
import type { Shell } from './shell.ts';

let home: string;
let said: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'settings-test-'));
  said = '';
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true, force: true });
});

/** Parses a verb that has only a few options of `run`, and determines the values of these options. */
async function resolved(typed: string[], env: Record<string, string>, file?: object, command?: string[]) {
  const config = join(home, 'conformance.config.json');
  writeFileSync(config, JSON.stringify(file ?? {}, null, 2));
  const stream = { write: (text: string) => (said += text) } as unknown as NodeJS.WriteStream;
  const shell: Shell = { words: typed, command, env, stdout: stream, stderr: stream, registry: REGISTRY, exitCode: 0 };
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const program = new Command();
  const verb = new CommandWithVariables('run')
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .option('--server <name>', '', collect)
    .option('--url <url>')
    .option('--jobs <n>', '', wholeNumber)
    .option('--patience <seconds>', '', positive, 30)
    .option('--ready-timeout <seconds>', '', positive)
    .option('--strict')
    .option('--out <folder>', '', 'conformance-report')
    .option('--config <file>', '', config)
    .option('--no-color');
  program.addCommand(verb);
  program.command('list').option('--shard <i/n>');
  verb.parse(typed, { from: 'user' });
  const { settings } = await resolveSettings(shell, verb);
  return { flags: verb.opts(), at: (name: string) => settings.find(({ option }) => option === name) as Setting };
}

describe('a value comes from the flag before the environment, the file and the default', () => {
  const flag = ['--patience', '1'];
  const env = { WS_CONFORMANCE_PATIENCE: '2' };
  const file = { patience: 3 };
  test.each([
    ['if all four have it', flag, env, file, 1, 'flag'],
    ['if flag and file have it', flag, {}, file, 1, 'flag'],
    ['if environment and file have it', [], env, file, 2, 'environment'],
    ['if only the file has it', [], {}, file, 3, 'file'],
    ['if only the default has it', [], {}, {}, 30, 'default'],
  ])('%s', async (_, typed, variables, values, value, source) => {
    const { flags, at } = await resolved(typed, variables, values);
    expect(flags.patience).toBe(value);
    expect(at('patience')).toMatchObject({ value, source });
  });
});

test('says where each value is set: the flag, the variable, the line of the file', async () => {
  const { at } = await resolved(['--jobs', '4'], { WS_CONFORMANCE_READY_TIMEOUT: '5' }, { strict: true, patience: 9 });
  expect(at('jobs').at).toBe('--jobs');
  expect(at('ready-timeout').at).toBe('WS_CONFORMANCE_READY_TIMEOUT');
  expect(at('patience').at).toMatch(/conformance\.config\.json:3$/);
  expect(at('url')).toEqual({ option: 'url', value: null, source: 'unset' });
});

describe('an option without a value', () => {
  test.each([
    ['1', true],
    ['TRUE', true],
    ['yes', true],
    ['0', false],
    ['False', false],
    ['no', false],
    ['', false],
  ])('is set by its variable %j to %s', async (text, strict) => {
    const { flags } = await resolved([], { WS_CONFORMANCE_STRICT: text });
    expect(flags.strict).toBe(strict);
  });
});

test('takes one value of a repeatable option from its variable, and reads a number as a number', async () => {
  const { flags } = await resolved([], { WS_CONFORMANCE_SERVER: 'ws', WS_CONFORMANCE_JOBS: '3' });
  expect(flags).toMatchObject({ server: ['ws'], jobs: 3 });
});

test.each([
  ['WS_CONFORMANCE_JOBS', 'many', /whole number/],
  ['WS_CONFORMANCE_PATIENCE', '-1', /above 0/],
])('refuses %s=%s with an error of commander that names the variable', async (variable, text, why) => {
  const error: unknown = await resolved([], { [variable]: text }).catch((reason: unknown) => reason);
  if (!(error instanceof CommanderError)) throw new Error('expected a CommanderError', { cause: error });
  expect(error.exitCode).not.toBe(0);
  expect(error.message).toContain(`'${text}' from env '${variable}'`);
  expect(error.message).toMatch(why);
});

test('refuses a variable of an option without a value that is neither yes nor no', async () => {
  const { exitCode, problem } = await rejectedError(resolved([], { WS_CONFORMANCE_STRICT: 'perhaps' }));
  expect(exitCode).toBe(2);
  expect(problem).toMatchObject({
    where: expect.stringContaining('WS_CONFORMANCE_STRICT'),
    why: expect.stringMatching(/yes or no/),
  });
});

test('warns of a misspelt variable with the nearest name, but not of a variable of another verb', async () => {
  await resolved([], { WS_CONFORMANCE_JBOS: '3', WS_CONFORMANCE_SHARD: '1/2', PATH: '/bin' });
  expect(said).toBe('warning: no option is set by WS_CONFORMANCE_JBOS; did you mean WS_CONFORMANCE_JOBS?\n');
});

test('ignores a server in the environment if the command line names a server', async () => {
  const env = { WS_CONFORMANCE_URL: 'ws://127.0.0.1:1/' };
  expect((await resolved(['--server', 'ws'], env)).flags.url).toBeUndefined();
  expect((await resolved([], env, {}, ['node', 'server.js'])).flags.url).toBeUndefined();
  expect((await resolved([], env)).flags.url).toBe('ws://127.0.0.1:1/');
});

test('takes a folder in the file as relative to the file', async () => {
  const { flags } = await resolved([], {}, { out: 'build/report' });
  expect(join(process.cwd(), flags.out)).toBe(join(home, 'build/report'));
});

test('names the variable of an option after its long name, in capitals', () => {
  expect(variableOf('ready-timeout')).toBe('WS_CONFORMANCE_READY_TIMEOUT');
});

test('prints a table of the options that are set, and where they are set', () => {
  const table = settingsTable(
    [
      { option: 'jobs', value: 3, source: 'environment', at: 'WS_CONFORMANCE_JOBS' },
      { option: 'url', value: null, source: 'unset' },
      { option: 'out', value: 'conformance-report', source: 'default' },
    ],
    { defaultServer: 'mine', servers: new Map() },
  );
  expect(table.split('\n').slice(2)).toEqual([
    'jobs           3                   WS_CONFORMANCE_JOBS',
    'out            conformance-report  default',
  ]);
});
