import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { rejectedError } from '../testing/thrown-error.ts';
import { readConfig } from './config.ts';
import { loadConfig } from './config-file.ts';
import { configSchema } from './config-schema.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'config-file-test-'));
  mkdirSync(join(home, 'deep/er'), { recursive: true });
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const write = (name: string, text: string) => writeFileSync(join(home, name), text);
const FORMS: readonly [name: string, text: string][] = [
  ['conformance.config.json', '{ "servers": { "mine": { "command": ["mine"] } }, /* ours */ "default": "mine", }'],
  ['conformance.config.js', 'module.exports = { default: "mine", servers: { mine: { command: ["mine"] } } };'],
  ['conformance.config.mjs', 'export default { default: "mine", servers: { mine: { command: ["mine"] } } };'],
  ['package.json', '{ "conformance": { "default": "mine", "servers": { "mine": { "command": ["mine"] } } } }'],
];

test.each(FORMS)('finds %s from a folder below, and reads it', async (name, text) => {
  write(name, text);
  const config = await readConfig(join(home, 'deep/er'));
  expect(config.defaultServer).toBe('mine');
  expect(config.servers.get('mine')).toMatchObject({ command: ['mine'], cwd: home, path: '/' });
});

test.each(FORMS)('reads %s if it is named', async (name, text) => {
  write(name, text);
  expect((await readConfig('/', join(home, name))).defaultServer).toBe('mine');
});

test('accepts a promise as default export', async () => {
  write('conformance.config.mjs', 'export default Promise.resolve({ jobs: 3 });');
  expect((await loadConfig(home, undefined))?.value).toEqual({ jobs: 3 });
});

test('refuses two configurations in one folder, and names both', async () => {
  for (const [name, text] of FORMS) write(name, text);
  const { problem, exitCode } = await rejectedError(readConfig(home));
  expect(exitCode).toBe(2);
  for (const [name] of FORMS) expect(problem.what).toContain(name);
});

test('ignores a package.json without our key, and ends the search at the root of a repository', async () => {
  write('conformance.config.json', '{ "jobs": 3 }');
  writeFileSync(join(home, 'deep/package.json'), '{ "name": "x" }');
  expect((await readConfig(join(home, 'deep/er'))).file?.values.jobs).toBe(3);
  mkdirSync(join(home, 'deep/.git'));
  expect((await readConfig(join(home, 'deep/er'))).file).toBeUndefined();
});

test.each([
  ['conformance.config.mjs', 'throw new Error("no luck")', /no luck/],
  ['conformance.config.mjs', 'export const other = 1;', /no default export/],
  ['conformance.config.json', '{ "jobs": 0 }', /jobs/],
  ['package.json', '{\n "conformance": {\n "jbos": 1 } }', /did you mean "jobs"/],
])('refuses %s with the text %j and says why', async (name, text, why) => {
  write(name, text);
  const { problem, exitCode } = await rejectedError(readConfig(home));
  expect(exitCode).toBe(2);
  expect(problem.where).toContain(join(home, name));
  expect(`${problem.what} ${problem.why}`).toMatch(why);
});

test('names the line of an error in package.json', async () => {
  write('package.json', '{\n  "name": "x",\n  "conformance": {\n    "jobs": "many"\n  }\n}');
  const { problem } = await rejectedError(readConfig(home));
  expect(problem.where).toBe(`${join(home, 'package.json')}:4`);
});

test('describes every key, because people read the schema', () => {
  const { properties } = z.toJSONSchema(configSchema, { io: 'input' });
  for (const [key, schema] of Object.entries(properties ?? {}))
    expect(typeof schema === 'object' && schema.description, key).toBeTruthy();
});
