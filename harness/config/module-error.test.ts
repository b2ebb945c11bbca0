import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { conformance, ownFolder } from '../testing/run-command.ts';

// In processes of their own: vitest imports modules in its own way, with errors of its own.

const home = ownFolder('module-error-test-');
const write = (name: string, text: string) => writeFileSync(join(home(), name), text);

/** What the command says of a configuration, line by line. */
async function said(name: string): Promise<string[]> {
  const { exitCode, stderr } = await conformance(join(home(), 'report'), ['--config', join(home(), name), '1.1.1']);
  expect(exitCode).toBe(2);
  return String(stderr).trim().split('\n');
}

/** A configuration whose third line is wrong. */
const UNFINISHED = ['{', '  jobs: 3,', '  servers: { mine: = },', '};', ''].join('\n');

test.each([
  ['mjs', `export default ${UNFINISHED}`],
  ['cjs', `module.exports = ${UNFINISHED}`],
])('a line that is no JavaScript is shown, with file, line and column: .%s', async (ending, text) => {
  write(`conformance.config.${ending}`, text);
  expect(await said(`conformance.config.${ending}`)).toEqual([
    'The configuration cannot be loaded.',
    `  where: ${join(home(), `conformance.config.${ending}`)}:3:20`,
    "  why:   Unexpected token '='",
    '  do:    Correct the line.',
    '  |   servers: { mine: = },',
    '  |                    ^',
  ]);
});

test.each([
  ['is no JavaScript', 'export const command = ["mine";', 'shared.mjs:1:31'],
  ['does not export what is imported', 'export const comand = ["mine"];', 'conformance.config.mjs:1:10'],
])('the place is known where a module of the configuration %s', async (_, shared, place) => {
  write('shared.mjs', shared);
  write('conformance.config.mjs', "import { command } from './shared.mjs';\nexport default { command };\n");
  expect(await said('conformance.config.mjs')).toContain(`  where: ${join(home(), place)}`);
});

test('an error that is thrown names the place of the throw, and nothing is run again to find it', async () => {
  const runs = join(home(), 'runs');
  const begin = `import { appendFileSync } from 'node:fs';\nappendFileSync(${JSON.stringify(runs)}, 'x');\n`;
  write('conformance.config.mjs', `${begin}export default JSON.parse('{ "jobs" 3 }');\n`);
  const lines = await said('conformance.config.mjs');
  expect(lines).toContain(`  where: ${join(home(), 'conformance.config.mjs')}:3:21`);
  expect(readFileSync(runs, 'utf8')).toBe('x');
});
