/**
 * The search of the index page. The functions run in two places: in their tests, and as a script in the page. So the
 * file imports nothing and uses no document.
 *
 * A query consists of words separated by spaces. A row is shown if all words match. Some words are about the case: an
 * id or its beginning, a group such as `@deflate`, text, `is:different`. The other words are about one agent's cell and
 * must match the same cell: `s:` grade, `close:` close code, `is:` verdict, `d>` milliseconds. `a:` chooses the agents
 * whose cells count. `!` or `-` before a word negates the word: no cell may match. `s:!ok` is different: some cell has
 * another grade than OK.
 */

/**
 * The result of one agent in one case, for the search. Words are in lower case. `ms` is null if no duration was
 * measured.
 */
export interface QueryCell {
  agent: string;
  /** Main grade of the cell: `ok`, `non-strict`, `missing` and so on. */
  grade: string;
  /** Close grade of the cell: `ok`, `wrong code` and so on; empty without a result. */
  close: string;
  /** Close code of the cell as text; `none` if no close code was sent. */
  code: string;
  verdict: string;
  /** Whether the cell is a known deviation: the expectation file gives a reason for the outcome. */
  known: boolean;
  /** Whether a payload or the wire log of the case was cut. */
  truncated: boolean;
  ms: number | null;
}

/** One case with the cells of all agents. `text` is the whole text of the row, in lower case. */
export interface QueryRow {
  id: string;
  text: string;
  cells: readonly QueryCell[];
}

/** A parsed query. `problems` describes the words that were not understood; such words are searched as text. */
export interface Query {
  matches(row: QueryRow): boolean;
  problems: readonly string[];
}

/** Cases that took at least this many milliseconds match `is:slow`. */
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

/** The names and words of a report that a query can contain. */
export interface QueryWords {
  /** Names of all agents: a word such as `ours:ok` starts with one of them. */
  agents: readonly string[];
  /** Main grades of the report in lower case, with `missing` and `skipped`. */
  grades: readonly string[];
  /** Groups of cases by name, for example `@core`: the ids of their sections and cases. */
  groups: Readonly<Record<string, readonly string[]>>;
}

/** Parses a query. Never throws. */
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

/**
 * Splits a query into words at white space. Text in double quotes stays together, and a missing closing quote is added
 * at the end.
 */
export function tokenizeQuery(query: string): Word[] {
  return [...query.matchAll(/([!-]?)(?:"([^"]*)"?|((?:[^\s"]|"[^"]*"?)+))/g)].flatMap(
    ([, sign = '', quoted, plain = '']) => {
      // A sign without a word is searched as text.
      const text = (quoted ?? plain.replaceAll('"', '')).toLowerCase();
      return text === '' ? [] : [{ text, negated: sign !== '', quoted: quoted !== undefined }];
    },
  );
}

/** Adds a word to a query, or removes the word if the query contains it. A click on a counter does this. */
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

/**
 * The agent with this name, or the only agent whose name starts with the word. `websock:ok` finds a name with a space.
 */
function agentCalled(word: string, agents: readonly string[]): string | undefined {
  const names = agents.map((name) => name.toLowerCase());
  const begun = names.filter((name) => name.startsWith(word));
  return names.find((name) => name === word) ?? (begun.length === 1 ? begun[0] : undefined);
}

/** Whether a case id starts with a prefix of whole parts: `7.1` matches 7.1 and 7.1.6, but not 7.13. */
function beginsId(id: string, prefix: string): boolean {
  const bare = prefix.replace(/\.\*?$/, '');
  return id === bare || id.startsWith(`${bare}.`);
}

/**
 * Whether a cell has one of several values: `ok,failed` means either, `!ok` means another value. An empty value, which
 * occurs while somebody is typing, matches every cell.
 */
function oneOf(value: string, has: (cell: QueryCell, one: string) => boolean): CellTest {
  const negated = value.startsWith('!');
  const values = value
    .replace(/^!/, '')
    .split(',')
    .filter((one) => one !== '');
  return values.length === 0 ? () => true : (cell) => values.some((one) => has(cell, one)) !== negated;
}

/**
 * Tests whether the grade of a cell starts with a word, for example `s:fail`. If no main grade starts with the word,
 * the close grade is tested.
 */
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

/** Whether the agents differ in a case: in the main grade, the close grade or the close code. */
function isDifferent({ cells }: QueryRow): boolean {
  const [first, ...others] = cells;
  return others.some((cell) => cell.grade !== first?.grade || cell.close !== first.close || cell.code !== first.code);
}
