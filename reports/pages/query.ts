/**
 * The language of the index page's search box, as functions from values to values. It runs in two places: here, under
 * its tests, and in the page, into which `precompile.ts` puts it; so it imports nothing and touches no document.
 *
 * A query is words with spaces between them, and a row is shown when all of them hold. Some words speak of the case
 * (an id or its beginning, `@deflate`, text, `is:different`); the others of one agent's cell (`s:` grade, `close:`
 * code, `is:` verdict, `d>` milliseconds), and they must hold for one and the same cell. `a:` says whose cells count.
 * `!` or `-` before a word turns it round: no cell may be so. `s:!ok` is another thing: some cell is not OK.
 */

/** What one agent did in one case. Words are in lower case; `ms` is null where nothing was measured. */
export interface QueryCell {
  agent: string;
  /** `ok`, `non-strict`, `missing` … */
  grade: string;
  /** Grade of the close: `ok`, `wrong code` … ; empty without a result. */
  close: string;
  /** Close code the server sent, as text; `none` without one. */
  code: string;
  verdict: string;
  /** A deviation that the expectation file knows, with its reason. */
  known: boolean;
  /** A payload or wire log of it was cut. */
  truncated: boolean;
  ms: number | null;
}

/** One case with the cells of all agents. `text` is all that is written in the row, in lower case. */
export interface QueryRow {
  id: string;
  text: string;
  cells: readonly QueryCell[];
}

/** A query that was understood. `problems` says in words what of it was not; such a word is taken as text. */
export interface Query {
  matches(row: QueryRow): boolean;
  problems: readonly string[];
}

/** From how many milliseconds on `is:slow` holds. */
export const SLOW_MS = 1000;

const VERDICTS = ['same', 'regressed', 'improved', 'changed', 'new', 'missing', 'flaky', 'skipped'];
const STATES = [...VERDICTS, 'different', 'known', 'slow', 'truncated', 'unexpected'];
interface Word {
  text: string;
  negated: boolean;
  quoted: boolean;
}
type CellTest = (cell: QueryCell) => boolean;
type Meaning = { of: 'row'; test: (row: QueryRow) => boolean } | { of: 'cell' | 'agent'; test: CellTest };

/** The names and words of a report that a query may hold. */
export interface QueryWords {
  /** Names of agents: a word such as `ours:ok` may begin with one. */
  agents: readonly string[];
  /** Main grades in lower case, with `missing` and `skipped`. */
  grades: readonly string[];
  /** Groups of cases by name, for example `@core`: the ids of their sections and cases. */
  groups: Readonly<Record<string, readonly string[]>>;
}

/** Understands a query, whatever it holds. */
export function parseQuery(query: string, words: QueryWords): Query {
  const problems: string[] = [];
  const said = tokenizeQuery(query).map((word) => ({ ...word, meaning: meaningOf(word, words, problems) }));
  const whose = said.flatMap(({ negated, meaning }) =>
    meaning.of === 'agent' ? [(cell: QueryCell) => meaning.test(cell) !== negated] : [],
  );
  const rows = said.flatMap(({ negated, meaning }) =>
    meaning.of === 'row' ? [(row: QueryRow) => meaning.test(row) !== negated] : [],
  );
  const wanted = said.flatMap(({ negated, meaning }) => (meaning.of === 'cell' && !negated ? [meaning.test] : []));
  const unwanted = said.flatMap(({ negated, meaning }) => (meaning.of === 'cell' && negated ? [meaning.test] : []));
  const aboutCells = whose.length + wanted.length + unwanted.length > 0;
  return {
    problems,
    matches(row) {
      if (!rows.every((test) => test(row))) return false;
      if (!aboutCells) return true;
      const cells = row.cells.filter((cell) => whose.every((test) => test(cell)));
      return (
        cells.some((cell) => wanted.every((test) => test(cell))) &&
        !cells.some((cell) => unwanted.some((test) => test(cell)))
      );
    },
  };
}

/** Words apart at white space; within double quotes it stays, and a quote that is not closed ends with the query. */
export function tokenizeQuery(query: string): Word[] {
  return [...query.matchAll(/([!-]?)(?:"([^"]*)"?|((?:[^\s"]|"[^"]*"?)+))/g)].flatMap(
    ([, sign = '', quoted, plain = '']) => {
      // A lone sign is not turned round, for there is nothing to turn.
      const text = (quoted ?? plain.replaceAll('"', '')).toLowerCase();
      return text === '' ? [] : [{ text, negated: sign !== '', quoted: quoted !== undefined }];
    },
  );
}

/** The query with `word` in it when it was not, and without it when it was: what a click on a counter does. */
export function toggleWord(query: string, word: string): string {
  const words = query.match(/(?:[^\s"]|"[^"]*"?)+/g) ?? [];
  const kept = words.filter((one) => one.toLowerCase() !== word.toLowerCase());
  return (kept.length < words.length ? kept : [...words, word]).join(' ');
}

function meaningOf({ text, quoted }: Word, { agents, grades, groups }: QueryWords, problems: string[]): Meaning {
  const hasGrade = gradeTest(grades);
  const plainText: Meaning = { of: 'row', test: (row) => row.text.includes(text) };
  if (quoted) return plainText;
  if (/^\d{1,2}(\.\d+)*(\.\*?)?$/.test(text)) return { of: 'row', test: (row) => beginsId(row.id, text) };
  const sections = Object.hasOwn(groups, text) ? groups[text] : undefined;
  if (sections !== undefined) return { of: 'row', test: (row) => sections.some((id) => beginsId(row.id, id)) };
  if (text.startsWith('@')) {
    problems.push(`${text} is not known; there are ${Object.keys(groups).join(', ') || 'no groups'}.`);
    return plainText;
  }
  const [, sign, limit, unit] = /^d(<=|>=|<|>|=)(\d+(?:\.\d+)?)(ms|s)?$/.exec(text) ?? [];
  if (sign !== undefined) return { of: 'cell', test: takes(sign, Number(limit) * (unit === 's' ? 1000 : 1)) };
  const colon = text.indexOf(':');
  if (colon < 1) return plainText;
  const [key, value] = [text.slice(0, colon), text.slice(colon + 1)];
  switch (key) {
    case 's':
      return { of: 'cell', test: oneOf(value, hasGrade) };
    case 'a':
      return { of: 'agent', test: oneOf(value, (cell, name) => cell.agent.includes(name)) };
    case 'close':
      return { of: 'cell', test: oneOf(value, hasClose) };
    case 'is':
      return stateOf(value, problems) ?? plainText;
    default: {
      const agent = agentCalled(key, agents);
      if (agent === undefined) {
        problems.push(`${key}: is not known; there are s:, a:, close:, is:, d> and the agents’ names.`);
        return plainText;
      }
      const graded = oneOf(value, hasGrade);
      return { of: 'row', test: (row) => row.cells.some((cell) => cell.agent === agent && graded(cell)) };
    }
  }
}

/** The one name that is this word, else the only one that begins with it: `websock:ok` where a name has a space. */
function agentCalled(word: string, agents: readonly string[]): string | undefined {
  const names = agents.map((name) => name.toLowerCase());
  const begun = names.filter((name) => name.startsWith(word));
  return names.find((name) => name === word) ?? (begun.length === 1 ? begun[0] : undefined);
}

/** `7.1` begins 7.1 and 7.1.6, not 7.13: whole components. */
function beginsId(id: string, prefix: string): boolean {
  const bare = prefix.replace(/\.\*?$/, '');
  return id === bare || id.startsWith(`${bare}.`);
}

/** `ok,failed`: one of them; `!ok`: not that. An empty value, while somebody still types it, takes everything. */
function oneOf(value: string, has: (cell: QueryCell, one: string) => boolean): CellTest {
  const negated = value.startsWith('!');
  const values = value
    .replace(/^!/, '')
    .split(',')
    .filter((one) => one !== '');
  return values.length === 0 ? () => true : (cell) => values.some((one) => has(cell, one)) !== negated;
}

/** The beginning of a grade is enough: `s:fail`. A grade of the close is meant only where no grade begins like that. */
function gradeTest(grades: readonly string[]): (cell: QueryCell, word: string) => boolean {
  return (cell, word) => {
    const begins = (grade: string) => grade.replace(/[ -]/g, '').startsWith(word.replace(/[ -]/g, ''));
    return begins(grades.some(begins) ? cell.grade : cell.close);
  };
}

function hasClose(cell: QueryCell, code: string): boolean {
  return code.endsWith('*') ? cell.code.startsWith(code.slice(0, -1)) : cell.code === code;
}

function takes(sign: string, limit: number): CellTest {
  return ({ ms }) => {
    if (ms === null) return false;
    switch (sign) {
      case '<':
        return ms < limit;
      case '<=':
        return ms <= limit;
      case '>':
        return ms > limit;
      case '>=':
        return ms >= limit;
      default:
        return ms === limit;
    }
  };
}

function stateOf(value: string, problems: string[]): Meaning | undefined {
  const unknown = value
    .replace(/^!/, '')
    .split(',')
    .filter((one) => one !== '' && !STATES.includes(one));
  if (unknown.length > 0) {
    problems.push(`is:${unknown.join(',')} is not known; there are ${STATES.map((one) => `is:${one}`).join(', ')}.`);
    return undefined;
  }
  if (value === 'different') return { of: 'row', test: isDifferent };
  return { of: 'cell', test: oneOf(value, hasState) };
}

function hasState(cell: QueryCell, state: string): boolean {
  switch (state) {
    case 'known':
      return cell.known;
    case 'truncated':
      return cell.truncated;
    case 'slow':
      return cell.ms !== null && cell.ms >= SLOW_MS;
    case 'unexpected':
      return cell.verdict !== 'same' && cell.verdict !== 'skipped';
    default:
      return cell.verdict === state;
  }
}

/** Two agents did not do the same: another grade, another grade of the close, or another close code. */
function isDifferent({ cells }: QueryRow): boolean {
  const [first, ...others] = cells;
  return others.some((cell) => cell.grade !== first?.grade || cell.close !== first.close || cell.code !== first.code);
}
