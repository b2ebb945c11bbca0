import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { TOOL } from './identity.ts';
import { ownProgramCommand, PACKAGE_ROOT } from './package-paths.ts';

const root = resolve(import.meta.dirname, '../..');

it('finds the root of the repository from a source file', () => {
  expect(PACKAGE_ROOT).toBe(root);
});

it('starts a program from source through tsx', () => {
  const [node, ...args] = ownProgramCommand('server/main');
  expect(node).toBe(process.execPath);
  expect(args.at(-1)).toBe(join(root, 'server/main.ts'));
  expect(existsSync(args.at(-1) ?? '')).toBe(true);
});

it('takes name and version of the tool from package.json', () => {
  const { name, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  expect(TOOL).toEqual({ name, version });
});
