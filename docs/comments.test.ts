import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { allFiles, ROOMS, readSource, sourceFiles } from './source-files.ts';

/**
 * This test finds comments that name a file which does not exist. Such comments remain when a file is moved or removed.
 */

/** Files in the root folder that comments may name. */
const ROOT_FILES = [
  'ARCHITECTURE.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'README.md',
  'action.yml',
  'biome.json',
  'knip.json',
  'package.json',
  'vitest.config.ts',
];

const root = join(import.meta.dirname, '..');
const paths = new Set([...allFiles, ...ROOT_FILES]);
const names = new Set([...paths].map((path) => posix.basename(path)));

/** The text of every comment of a file, with its line. */
function commentsOf(text: string): { text: string; line: number }[] {
  const source = ts.createSourceFile('file.ts', text, ts.ScriptTarget.Latest, true);
  const ranges = new Map<number, ts.CommentRange>();
  const visit = (node: ts.Node): void => {
    for (const range of [
      ...(ts.getLeadingCommentRanges(text, node.getFullStart()) ?? []),
      ...(ts.getTrailingCommentRanges(text, node.getEnd()) ?? []),
    ])
      ranges.set(range.pos, range);
    for (const child of node.getChildren(source)) visit(child);
  };
  visit(source);
  return [...ranges.values()].map(({ pos, end }) => ({
    text: text.slice(pos, end),
    line: source.getLineAndCharacterOfPosition(pos).line + 1,
  }));
}

/** Words of a comment that look like a file or a folder of this repository. */
function namesIn(comment: string): string[] {
  const words = comment.match(/(?<![\w@.:/*$-])[\w.*-]+(?:\/[\w.*-]+)*\/?/g) ?? [];
  const room = new RegExp(`^(?:${ROOMS.join('|')})/`);
  return words
    .map((word) => word.replace(/[.,]+$/, ''))
    .filter((word) => /^[\w.*/-]+\.(?:ts|mts|mjs|hbs)$/.test(word) || (room.test(word) && /^[^*]+$/.test(word)));
}

/**
 * Whether a file or folder with this name exists. The name may be a path from the root or from `file`, the name of any
 * file without its folder, or a pattern that matches a file.
 */
function exists(name: string, file: string): boolean {
  const path = name.replace(/\/$/, '');
  const near = posix.join(posix.dirname(file), path);
  if (path.includes('*')) {
    const pattern = new RegExp(`(?:^|/)${path.replaceAll('.', '\\.').replaceAll('*', '[^/]*')}$`);
    return allFiles.some((existing) => pattern.test(existing));
  }
  return (
    [path, near].some(
      (candidate) => paths.has(candidate) || paths.has(`${candidate}.ts`) || existsSync(join(root, candidate)),
    ) ||
    (!path.includes('/') && names.has(path))
  );
}

function missingNames(file: string): string[] {
  const source = readSource(file);
  const missing = (text: string) => namesIn(text).filter((name) => !exists(name, file));
  // To parse all files takes 12 s. A file is parsed only if its whole text names a missing file, which is rare.
  if (missing(source).length === 0) return [];
  return commentsOf(source).flatMap(({ text, line }) => missing(text).map((name) => `${file}:${line} ${name}`));
}

describe('comments', () => {
  it.each(sourceFiles)('of %s name only files that exist', (file) => {
    expect(missingNames(file)).toEqual([]);
  });

  it('are searched for paths and for names of TypeScript files', () => {
    const text =
      "/** See `harness/none.ts`. */\nconst a = 'b.ts'; // and gone.ts, then docs/lost.md\nf(/* ../x.ts */);";
    const found = commentsOf(text).flatMap((comment) => namesIn(comment.text));
    expect(found).toEqual(['harness/none.ts', 'gone.ts', 'docs/lost.md', '../x.ts']);
    for (const name of found) expect(exists(name, 'harness/index.ts'), name).toBe(false);
    for (const name of ['harness/index.ts', 'index.ts', 'server/', '*.real.test.ts'])
      expect(exists(name, 'harness/index.ts'), name).toBe(true);
  });
});
