import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { conformance, ownFolder } from '../testing/run-command.ts';

// These tests start the command as a process. vitest imports modules in its own way and would report another error.

const home = ownFolder('module-error-test-');
const write = (name: string, text: string) => writeFileSync(join(home(), name), text);

/** The lines that the command prints on stderr about a configuration. */
async function errorLines(name: string): Promise<string[]> {
  const { exitCode, stderr } = await conformance(join(home(), 'report'), ['--config', join(home(), name), '1.1.1']);
  expect(exitCode).toBe(2);
  return String(stderr).trim().split('\n');
}

/** A configuration whose third line is wrong. */
const UNFINISHED = ['{', '  jobs: 3,', '  servers: { mine: = },', '};', ''].join('\n');

test.each([
  ['mjs', `export default ${UNFINISHED}`],
  ['cjs', `module.exports = ${UNFINISHED}`],
])('shows a line that is not JavaScript, with file, line and column, for a .%s file', async (ending, text) => {
  write(`conformance.config.${ending}`, text);
  expect(await errorLines(`conformance.config.${ending}`)).toEqual([
    'The configuration cannot be loaded.',
    `  where: ${join(home(), `conformance.config.${ending}`)}:3:20`,
    "  why:   Unexpected token '='",
    '  do:    Correct the line.',
    '  |   servers: { mine: = },',
    '  |                    ^',
  ]);
});

test.each([
  ['is not JavaScript', 'export const command = ["mine";', 'shared.mjs:1:31'],
  ['lacks an imported export', 'export const comand = ["mine"];', 'conformance.config.mjs:1:10'],
])('finds the place of the error if an imported module %s', async (_, shared, place) => {
  write('shared.mjs', shared);
  write('conformance.config.mjs', "import { command } from './shared.mjs';\nexport default { command };\n");
  expect(await errorLines('conformance.config.mjs')).toContain(`  where: ${join(home(), place)}`);
});

test('names the place of a throw without running the module again', async () => {
  const runs = join(home(), 'runs');
  const begin = `import { appendFileSync } from 'node:fs';\nappendFileSync(${JSON.stringify(runs)}, 'x');\n`;
  write('conformance.config.mjs', `${begin}export default JSON.parse('{ "jobs" 3 }');\n`);
  const lines = await errorLines('conformance.config.mjs');
  expect(lines).toContain(`  where: ${join(home(), 'conformance.config.mjs')}:3:21`);
  expect(readFileSync(runs, 'utf8')).toBe('x');
});
