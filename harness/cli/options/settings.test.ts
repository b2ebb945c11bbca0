import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { REGISTRY } from '../../run/registry.ts';
import { rejectedError } from '../../testing/thrown-error.ts';
import { collect, positive, wholeNumber } from './arguments.ts';
import { resolveSettings, type Setting, settingsTable, variableOf } from './settings.ts';
import type { Shell } from './shell.ts';

let home: string;
let said: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'settings-test-'));
  said = '';
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** Settles a verb with a few of the options of `run`, as if this had been typed there. */
async function settled(typed: string[], env: Record<string, string>, file?: object, command?: string[]) {
  const config = join(home, 'conformance.config.json');
  writeFileSync(config, JSON.stringify(file ?? {}, null, 2));
  const stream = { write: (text: string) => (said += text) } as unknown as NodeJS.WriteStream;
  const shell: Shell = { words: typed, command, env, stdout: stream, stderr: stream, registry: REGISTRY, exitCode: 0 };
  const program = new Command();
  const verb = program
    .command('run')
    .option('--server <name>', '', collect)
    .option('--url <url>')
    .option('--jobs <n>', '', wholeNumber)
    .option('--patience <seconds>', '', positive, 30)
    .option('--ready-timeout <seconds>', '', positive)
    .option('--strict')
    .option('--out <folder>', '', 'conformance-report')
    .option('--config <file>', '', config)
    .option('--no-color');
  program.command('list').option('--shard <i/n>');
  verb.parseOptions(typed);
  const { settings } = await resolveSettings(shell, verb);
  return { flags: verb.opts(), at: (name: string) => settings.find(({ option }) => option === name) as Setting };
}

describe('a value comes from the flag, else the environment, else the file, else the default', () => {
  const flag = ['--patience', '1'];
  const env = { WS_CONFORMANCE_PATIENCE: '2' };
  const file = { patience: 3 };
  test.each([
    ['all four', flag, env, file, 1, 'flag'],
    ['flag and file', flag, {}, file, 1, 'flag'],
    ['environment and file', [], env, file, 2, 'environment'],
    ['file', [], {}, file, 3, 'file'],
    ['nothing but the default', [], {}, {}, 30, 'default'],
  ])('%s', async (_, typed, variables, values, value, source) => {
    const { flags, at } = await settled(typed, variables, values);
    expect(flags.patience).toBe(value);
    expect(at('patience')).toMatchObject({ value, source });
  });
});

test('it is told where a value is written: the flag, the variable, the line of the file', async () => {
  const { at } = await settled(['--jobs', '4'], { WS_CONFORMANCE_READY_TIMEOUT: '5' }, { strict: true, patience: 9 });
  expect(at('jobs').at).toBe('--jobs');
  expect(at('ready-timeout').at).toBe('WS_CONFORMANCE_READY_TIMEOUT');
  expect(at('patience').at).toMatch(/conformance\.config\.json:3$/);
  expect(at('url')).toEqual({ option: 'url', value: null, source: 'unset' });
});

test.each([
  ['1', true],
  ['TRUE', true],
  ['yes', true],
  ['0', false],
  ['False', false],
  ['no', false],
  ['', false],
])('an option without a value is set by its variable as %j: %s', async (text, strict) => {
  const { flags } = await settled([], { WS_CONFORMANCE_STRICT: text });
  expect(flags.strict).toBe(strict);
});

test('a repeatable option takes one value from its variable, and a number is read as one', async () => {
  const { flags } = await settled([], { WS_CONFORMANCE_SERVER: 'ws', WS_CONFORMANCE_JOBS: '3' });
  expect(flags).toMatchObject({ server: ['ws'], jobs: 3 });
});

test.each([
  ['WS_CONFORMANCE_JOBS', 'many', /whole number/],
  ['WS_CONFORMANCE_PATIENCE', '-1', /above 0/],
  ['WS_CONFORMANCE_STRICT', 'perhaps', /yes or no/],
])('%s=%s is an error that names the variable', async (variable, text, why) => {
  const trouble = await rejectedError(settled([], { [variable]: text }));
  expect(trouble.exitCode).toBe(2);
  expect(trouble.problem).toMatchObject({ where: expect.stringContaining(variable), why: expect.stringMatching(why) });
});

test('a misspelt variable is told, with the nearest one; those of other verbs are not', async () => {
  await settled([], { WS_CONFORMANCE_JBOS: '3', WS_CONFORMANCE_SHARD: '1/2', PATH: '/bin' });
  expect(said).toBe('warning: no option is set by WS_CONFORMANCE_JBOS; did you mean WS_CONFORMANCE_JOBS?\n');
});

test('who names a server on the command line is not asked for another one by the environment', async () => {
  const env = { WS_CONFORMANCE_URL: 'ws://127.0.0.1:1/' };
  expect((await settled(['--server', 'ws'], env)).flags.url).toBeUndefined();
  expect((await settled([], env, {}, ['node', 'server.js'])).flags.url).toBeUndefined();
  expect((await settled([], env)).flags.url).toBe('ws://127.0.0.1:1/');
});

test('a folder in the file is meant from where the file is', async () => {
  const { flags } = await settled([], {}, { out: 'build/report' });
  expect(join(process.cwd(), flags.out)).toBe(join(home, 'build/report'));
});

test('every option has a variable: its long name in capitals', () => {
  expect(variableOf('ready-timeout')).toBe('WS_CONFORMANCE_READY_TIMEOUT');
});

test('the table shows what is set, and by whom', () => {
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
