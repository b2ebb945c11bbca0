import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '../harness/config/config.ts';
import { expectationsOf } from '../harness/expectations/expectations-of.ts';
import { today } from '../harness/expectations/read-expectations.ts';
import { selectCases } from '../harness/plan/match-cases.ts';
import { conformantOutcome, suiteIds } from '../harness/suites/autobahn/catalogue.ts';
import { autobahn, groups } from '../harness/suites/autobahn/suite.ts';
import type { Outcome } from '../reports/document/report.ts';

/**
 * Makes the table of servers in the README from the expectation files in fixtures/expected. `npm run docs` writes the
 * table. docs/matrix.test.ts fails if the README is out of date. CI runs the servers against the expectation files.
 */

const root = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** The text between the two markers of the table in the README. */
export const MATRIX =
  /(?<=<!-- matrix: npm run docs makes it from fixtures\/expected -->\n)[\s\S]*?(?=<!-- \/matrix -->)/;

const SECTIONS: readonly (readonly [title: string, patterns: readonly string[]])[] = [
  ['1–7, 10', ['@core']],
  ['9', ['@limits']],
  ['12', ['12']],
  ['13', ['13']],
];

/** Name of a server → its library and language, the file that pins the version, and an expression for the version. */
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

/** The first cell of a row, for example "ws 8.23.0, Node". */
function libraryOf(server: string): string {
  const found = LIBRARIES[server];
  if (found === undefined)
    throw new Error(`docs/matrix.ts does not know which library "${server}" is on: add it there`);
  const [library, pinned, version] = found;
  const [, number] = version.exec(read(pinned)) ?? [];
  if (number === undefined) throw new Error(`${pinned} has no version of ${library}: correct docs/matrix.ts`);
  return library.replace(',', ` ${number},`);
}

/** The first grade that differs from that of a conformant server; undefined if both grades are equal. */
function differingGrade(outcome: Outcome, conformant: Outcome): string | undefined {
  if (outcome.behavior !== conformant.behavior) return String(outcome.behavior);
  if (outcome.behaviorClose !== conformant.behaviorClose) return String(outcome.behaviorClose);
  return undefined;
}

/** A cell, for example "243, 4 NON-STRICT": the number of cases with conformant grades, and the other grades. */
function cellOf(ids: readonly string[], outcomeOf: (id: string) => Outcome): string {
  const counts = new Map<string, number>();
  for (const id of ids) {
    const grade = differingGrade(outcomeOf(id), conformantOutcome(id));
    if (grade !== undefined) counts.set(grade, (counts.get(grade) ?? 0) + 1);
  }
  const differing = [...counts.values()].reduce((sum, count) => sum + count, 0);
  if (differing === 0) return `${ids.length}`;
  const [[only] = []] = counts;
  if (differing === ids.length && counts.size === 1) return `${only}`;
  return [`${ids.length - differing}`, ...[...counts].map(([grade, count]) => `${count} ${grade}`)].join(', ');
}

/** The table in Markdown, with one line for each server. */
export async function matrix(): Promise<string> {
  const { servers, defaultServer } = await readConfig(root);
  const described = [...servers.values()].filter(({ expectedFile }) => expectedFile !== undefined);
  const rows = described.map((server) => {
    const expectations = expectationsOf(autobahn, server, today());
    const outcomeOf = (id: string) => expectations.get(id)?.outcome ?? conformantOutcome(id);
    const name = server.name === defaultServer ? 'the server of this repository' : libraryOf(server.name);
    const facts = suiteIds.filter((id) => {
      const [outcome, conformant] = [outcomeOf(id), conformantOutcome(id)];
      return (
        differingGrade(outcome, conformant) === undefined && JSON.stringify(outcome) !== JSON.stringify(conformant)
      );
    });
    return [
      name,
      ...SECTIONS.map(([, patterns]) => cellOf(selectCases(suiteIds, patterns, groups), outcomeOf)),
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
