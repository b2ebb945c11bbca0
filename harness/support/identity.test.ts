import { expect, test } from 'vitest';
import { readStatus } from './identity.ts';

const COMMIT = '7fd5e6c0c3a1b2d4e5f60718293a4b5c6d7e8f90';
const HEAD = `# branch.oid ${COMMIT}\n# branch.head main\n`;

test.each([
  ['a clean tree', HEAD, { commit: COMMIT, dirty: false }],
  [
    'a changed file',
    `${HEAD}1 .M N... 100644 100644 100644 ${COMMIT} ${COMMIT} a.ts\n`,
    { commit: COMMIT, dirty: true },
  ],
  ['a file git does not know', `${HEAD}? new.ts\n`, { commit: COMMIT, dirty: true }],
  [
    'a repository without a commit',
    '# branch.oid (initial)\n# branch.head main\n? a.ts\n',
    { commit: null, dirty: null },
  ],
])('%s is told by what git says of it', (_, text, expected) => {
  expect(readStatus(text)).toEqual(expected);
});
