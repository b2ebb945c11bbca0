import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The pages people read, and the commands in them: what the tests of the pages have in common. */

const root = join(import.meta.dirname, '..');

/** Every page, by its path from the root; the README first. */
export const pages: readonly string[] = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

export const readPage = (page: string): string => readFileSync(join(root, page), 'utf8');

/** Every line of every shell block: a command, and the exit code its comment promises; NaN where it promises none. */
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

/** Commands of the pages that take minutes, and the test that runs them already. */
export const RUN_ELSEWHERE: Readonly<Record<string, string>> = {
  'npm ci': 'before any other command of a page',
  'npm run check': 'npm test begins with it',
  'npm run test:quick': 'npm test is that, and more',
  'npm test': 'the run that reads this',
  // The commands of a user who has installed the packed tarball.
  'npm install --save-dev ws ws-conformance': 'harness/end-to-end/package.real.test.ts',
  'npx ws-conformance init --name echo -- node server.mjs {port}': 'harness/end-to-end/package.real.test.ts',
  'npx ws-conformance 1 2 6 7': 'harness/end-to-end/package.real.test.ts',
  'npx ws-conformance accept --why "ws judges whole messages"': 'harness/end-to-end/package.real.test.ts',
  'npm run third-party-servers': 'fixtures/third-party-servers/as-expected.real.test.ts',
  'npm run crosscheck': 'harness/crosscheck/crosscheck.real.test.ts',
  'npm run crosscheck -- --server ws --server websocket --server faye-websocket':
    'harness/crosscheck/crosscheck.real.test.ts',
  'npm run crosscheck -- --server gobwas-ws --server coder-websocket --server tokio-tungstenite':
    'harness/crosscheck/crosscheck.real.test.ts',
  'npm run crosscheck -- --probe --jobs 6': 'harness/crosscheck/crosscheck.real.test.ts',
  'npm run crosscheck -- --wrong --jobs 4': 'harness/crosscheck/crosscheck.real.test.ts',
};
