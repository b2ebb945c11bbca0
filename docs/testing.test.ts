import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { NODE_VERSIONS } from '../harness/testing/node-versions.ts';
import { readPage } from './pages.ts';

const page = readPage('docs/testing.md');

test('docs/testing.md lists the test files that run one at a time', () => {
  const [, list = ''] = /timers:\n\n((?:- .*\n)+)/.exec(page) ?? [];
  const config = readFileSync(join(import.meta.dirname, '../vitest.config.ts'), 'utf8');
  const [, timed = ''] = /const TIMED = \[\n([^\]]*)\]/.exec(config) ?? [];
  const paths = [...timed.matchAll(/'(\S+)'/g)].map(([, path]) => path);
  expect(paths.length).toBeGreaterThan(0);
  expect([...list.matchAll(/`(\S+)`/g)].map(([, path]) => path).sort()).toEqual(paths.sort());
});

test('docs/testing.md lists the Node versions that the tests run', () => {
  const [, section = ''] = page.split('## Node versions');
  expect([...section.matchAll(/^\| (\d+\.\d+\.\d+)/gm)].map(([, version]) => version)).toEqual([...NODE_VERSIONS]);
});
