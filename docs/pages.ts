import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Lists the documentation pages and the commands in them. The tests of the pages share this code. */

const root = join(import.meta.dirname, '..');

/** Every page as a path from the root, the README first. */
export const pages: readonly string[] = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'SECURITY.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`)
    .sort(),
];

export const readPage = (page: string): string => readFileSync(join(root, page), 'utf8');

/** Every command in the shell blocks of a page, with the exit code in its comment; NaN if the comment has none. */
export function commandsOf(text: string): (readonly [command: string, exitCode: number])[] {
  return [...text.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = '']) =>
    block
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const [, command = line, exitCode = 'none promised'] = /^(.*?)\s+# exit (\d+)/.exec(line) ?? [];
        return [command, Number(exitCode)] as const;
      }),
  );
}

/** Commands that the test of the pages does not run → the place where they run, or a reason. */
export const RUN_ELSEWHERE: Readonly<Record<string, string>> = {
  'npm ci': 'the tests of the pages run this first',
  'npm run check': 'npm test starts with this command',
  'npm run test:quick': 'part of npm test',
  'npm test': '.ci/run runs this command',
  'npm run test:full': 'the tests of the pages are part of this command',
  // The next commands need a project in which the packed tarball is installed.
  'npm install --save-dev ws ws-conformance': 'harness/end-to-end/package.full.test.ts',
  'npx ws-conformance init --name echo -- node server.mjs {port}': 'harness/end-to-end/package.full.test.ts',
  'npx ws-conformance 1 2 6 7': 'harness/end-to-end/package.full.test.ts',
  'npx ws-conformance accept --why "ws judges whole messages"': 'harness/end-to-end/package.full.test.ts',
  'npm run third-party-servers': 'fixtures/third-party-servers/as-expected.full.test.ts',
  'npm run crosscheck': 'harness/end-to-end/commands.full.test.ts',
  'npm run crosscheck -- --server ws --server websocket --server faye-websocket':
    'harness/crosscheck/crosscheck.full.test.ts',
  'npm run crosscheck -- --server gobwas-ws --server coder-websocket --server tokio-tungstenite':
    'harness/crosscheck/crosscheck.full.test.ts',
  'npm run crosscheck -- --probe --at-once 6': 'harness/crosscheck/crosscheck.full.test.ts',
  'npm run crosscheck -- --wrong --at-once 5': 'harness/crosscheck/crosscheck.full.test.ts',
  'npm run crosscheck -- --slow --busy --strict --jobs 4': 'harness/crosscheck/crosscheck.full.test.ts',
  'npm run crosscheck -- --random 60 --seed 1': 'harness/crosscheck/crosscheck.full.test.ts',
  'npm run crosscheck -- --random 2000 --seed 1': 'run by hand; docs/engines.md says when',
};
