import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readJsonText } from '../support/json-text.ts';

/** Root folder of the repository. */
export const root = join(import.meta.dirname, '../..');

/** Reads a JSON file of the repository, which may have comments. */
export const readJson = (path: string): unknown =>
  readJsonText(readFileSync(join(root, path), 'utf8'), { comments: true }).value;
