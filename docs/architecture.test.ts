import { readdirSync, readFileSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';
import { expect, test } from 'vitest';

/**
 * The walls between the rooms. The harness reaches the server by its process and its port only, and the native engine
 * never sees the server's codec: two sides that share a codec agree on its bugs.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  server: [],
  reports: [],
  harness: ['reports', 'fixtures/spec'],
  fixtures: ['server'],
};
const root = resolve(import.meta.dirname, '..');

/** A test may look into every room but the server's, which knows nothing of tests, and is looked at through its port. */
const TEST_MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  ...MAY_IMPORT,
  harness: ['reports', 'fixtures', 'docs'],
  fixtures: ['server', 'harness', 'reports'],
};

const files = Object.keys(MAY_IMPORT).flatMap((room) =>
  readdirSync(resolve(root, room), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .map((name) => `${room}/${name}`),
);

const importsOf = (file: string) =>
  [...readFileSync(resolve(root, file), 'utf8').matchAll(/(?:from|import|import\()\s*'(\.[^']*)'/g)].map(
    ([, path = '']) =>
      relative(root, resolve(root, dirname(file), path))
        .split(sep)
        .join('/'),
  );

test('there are files to check', () => {
  expect(files.length).toBeGreaterThan(50);
});

test.each(files)('%s imports nothing across a wall', (file) => {
  const room = file.split('/')[0] ?? '';
  const allowed = (file.includes('.test.ts') || file.includes('/testing') ? TEST_MAY_IMPORT : MAY_IMPORT)[room] ?? [];
  const across = importsOf(file).filter(
    (path) =>
      !path.startsWith(`${room}/`) &&
      !path.startsWith('package.json') &&
      !allowed.some((other) => path.startsWith(`${other}/`)),
  );
  expect(across).toEqual([]);
});

test('the server needs no package', () => {
  const packages = files
    .filter((file) => file.startsWith('server/') && !file.includes('.test.ts') && !file.includes('/testing/'))
    .flatMap((file) =>
      [...readFileSync(resolve(root, file), 'utf8').matchAll(/from '([^.'][^']*)'/g)].map(([, name]) => name),
    );
  expect(packages.filter((name) => !name?.startsWith('node:'))).toEqual([]);
});
