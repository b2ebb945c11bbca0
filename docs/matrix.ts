import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '../harness/config/config.ts';
import { today } from '../harness/expectations/read-expectations.ts';
import { selectCases } from '../harness/plan/case-id.ts';
import { expectationsOf } from '../harness/run/play-servers.ts';
import { conformantOutcome, suiteIds } from '../harness/suites/autobahn/catalogue.ts';
import type { Outcome } from '../reports/document/report.ts';

/**
 * The matrix of the README: what each server with an expectation file does, by section. `npm run docs` writes it, a
 * test holds the README to it, and CI plays the servers against the files it is made from.
 */

const root = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** What stands around the matrix in the README. */
export const MATRIX =
  /(?<=<!-- matrix: npm run docs makes it from fixtures\/expected -->\n)[\s\S]*?(?=<!-- \/matrix -->)/;

const SECTIONS: readonly (readonly [title: string, patterns: readonly string[]])[] = [
  ['1–7, 10', ['@core']],
  ['9', ['@limits']],
  ['12', ['12']],
  ['13', ['13']],
];

/** Server → its library and language, and where the version is pinned. */
const LIBRARIES: Readonly<Record<string, readonly [library: string, pinned: string, version: RegExp]>> = {
  ws: ['ws, Node', 'package.json', /"ws": "([\d.]+)"/],
  websocket: ['websocket, Node', 'package.json', /"websocket": "([\d.]+)"/],
  'faye-websocket': ['faye-websocket, Node', 'package.json', /"faye-websocket": "([\d.]+)"/],
  'gorilla-websocket': [
    'gorilla/websocket, Go',
    'fixtures/third-party-servers/gorilla-websocket/go.mod',
    /websocket v([\d.]+)/,
  ],
  'coder-websocket': [
    'coder/websocket, Go',
    'fixtures/third-party-servers/coder-websocket/go.mod',
    /websocket v([\d.]+)/,
  ],
  'gobwas-ws': ['gobwas/ws, Go', 'fixtures/third-party-servers/gobwas-ws/go.mod', /ws v([\d.]+)/],
  'tokio-tungstenite': [
    'tokio-tungstenite, Rust',
    'fixtures/third-party-servers/tokio-tungstenite/Cargo.toml',
    /tokio-tungstenite = \{ version = "=([\d.]+)"/,
  ],
  websockets: [
    'websockets, Python',
    'fixtures/third-party-servers/websockets/requirements.txt',
    /^websockets==([\d.]+)/m,
  ],
  aiohttp: ['aiohttp, Python', 'fixtures/third-party-servers/aiohttp/requirements.txt', /^aiohttp==([\d.]+)/m],
};

/** "ws 8.23.0, Node". */
function libraryOf(server: string): string {
  const found = LIBRARIES[server];
  if (found === undefined)
    throw new Error(`docs/matrix.ts does not know which library "${server}" is on: add it there`);
  const [library, pinned, version] = found;
  const [, number] = version.exec(read(pinned)) ?? [];
  if (number === undefined) throw new Error(`${pinned} has no version of ${library}: correct docs/matrix.ts`);
  return library.replace(',', ` ${number},`);
}

/** The worse of both grades, where it is not a conformant server's. */
function blemish(outcome: Outcome, conformant: Outcome): string | undefined {
  if (outcome.behavior !== conformant.behavior) return outcome.behavior;
  if (outcome.behaviorClose !== conformant.behaviorClose) return outcome.behaviorClose;
  return undefined;
}

/** "243 of 247; 4 NON-STRICT": how many grades are a conformant server's, and what the others are. */
function cellOf(ids: readonly string[], outcomeOf: (id: string) => Outcome): string {
  const counts = new Map<string, number>();
  for (const id of ids) {
    const grade = blemish(outcomeOf(id), conformantOutcome(id));
    if (grade !== undefined) counts.set(grade, (counts.get(grade) ?? 0) + 1);
  }
  const blemished = [...counts.values()].reduce((sum, count) => sum + count, 0);
  if (blemished === 0) return `${ids.length}`;
  const [[only] = []] = counts;
  if (blemished === ids.length && counts.size === 1) return `${only}`;
  return [`${ids.length - blemished}`, ...[...counts].map(([grade, count]) => `${count} ${grade}`)].join(', ');
}

/** The matrix as a Markdown table, with a line to itself for each server. */
export async function matrix(): Promise<string> {
  const { servers, defaultServer } = await readConfig(root);
  const held = [...servers.values()].filter(({ expectedFile }) => expectedFile !== undefined);
  const rows = held.map((server) => {
    const expectations = expectationsOf(server, today());
    const outcomeOf = (id: string) => expectations.get(id)?.outcome ?? conformantOutcome(id);
    const name = server.name === defaultServer ? 'the server of this repository' : libraryOf(server.name);
    const facts = suiteIds.filter((id) => {
      const [outcome, conformant] = [outcomeOf(id), conformantOutcome(id)];
      return blemish(outcome, conformant) === undefined && JSON.stringify(outcome) !== JSON.stringify(conformant);
    });
    return [
      name,
      ...SECTIONS.map(([, patterns]) => cellOf(selectCases(suiteIds, patterns), outcomeOf)),
      facts.length === 0 ? '' : `${facts.length}`,
    ];
  });
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
  return [
    line(['server', ...SECTIONS.map(([title]) => title), 'only facts']),
    `|---|${'---|'.repeat(SECTIONS.length)}---:|\n`,
    ...rows.map(line),
  ].join('');
}

if (process.argv[1] === import.meta.filename) {
  writeFileSync(join(root, 'README.md'), read('README.md').replace(MATRIX, await matrix()));
}
