import { expect, test } from 'vitest';
import { MATRIX, matrix } from './matrix.ts';
import { readPage } from './pages.ts';

test('the matrix of the README is what the expectation files say; if not, npm run docs makes it so', async () => {
  expect(MATRIX.exec(readPage('README.md'))?.[0]).toBe(await matrix());
});

test('a row names the version that is pinned, and counts what differs', async () => {
  const rows = (await matrix()).split('\n');
  expect(rows).toContain('| the server of this repository | 247 | 54 | 90 | 126 |  |');
  expect(rows.find((row) => row.startsWith('| ws '))).toMatch(
    /^\| ws \d[\d.]+, Node \| 243, 4 NON-STRICT \| 50, 4 FAILED \| 90 \| 126 \|/,
  );
});
