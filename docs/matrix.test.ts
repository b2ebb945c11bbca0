import { expect, test } from 'vitest';
import { MATRIX, matrix } from './matrix.ts';
import { readPage } from './pages.ts';

test('the table in the README matches the expectation files; npm run docs updates the table', async () => {
  expect(MATRIX.exec(readPage('README.md'))?.[0]).toBe(await matrix());
});

test('a row contains the pinned version and the number of differing cases', async () => {
  const rows = (await matrix()).split('\n');
  expect(rows).toContain('| the server of this repository | 247 | 54 | 90 | 126 |  |');
  expect(rows.find((row) => row.startsWith('| ws '))).toMatch(
    /^\| ws \d[\d.]+, Node \| 243, 4 NON-STRICT \| 50, 4 FAILED \| 90 \| 126 \|/,
  );
});
