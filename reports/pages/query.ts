/**
 * The search of the index page. The functions of this file run in the page as a script, and in the tests. The file
 * therefore imports nothing and does not use the document of the page.
 *
 * A query consists of words separated by spaces. The page shows a case if all words match the case. Some words are
 * about the case: an id or its beginning, a group such as `@deflate`, text, `is:different`. Other words are about the
 * result of one agent, and one result must match all of them: `s:` grade, `close:` close code, `is:` verdict, `d>`
 * milliseconds. `a:` chooses the agents whose results count. `!` or `-` before a word negates the word: no result may
 * match the word. `s:!ok` means something else: at least one result has another grade than OK.
 */

/**
 * The result of one agent in one case, as the search needs it. Words are in lower case. `ms` is null if no duration was
 * measured.
 */
export interface QueryCell {
  agent: string;
  /** The main grade of the result: `ok`, `non-strict`, `missing` and so on. */
  grade: string;
  /** The close grade of the result: `ok`, `wrong code` and so on; the empty text if there is no result. */
  close: string;
  /** The close code of the result as text, or `none` if no close code was sent. */
  code: string;
  verdict: string;
  /** Whether the result is a known deviation: the expectation file gives a reason for the outcome. */
  known: boolean;
  /** Whether a payload or the wire log of the case was cut. */
  truncated: boolean;
  ms: number | null;
}

/** One case with the results of all agents (`cells`). `text` is the whole text of the case's row, in lower case. */
export interface QueryRow {
  id: string;
  text: string;
  cells: readonly QueryCell[];
}

/**
 * A parsed query. `problems` describes the words that the parser did not understand. The search treats such words as
 * text.
 */
export interface Query {
  matches(row: QueryRow): boolean;
  problems: readonly string[];
}

/** The minimum duration in milliseconds of the cases that match `is:slow`. */
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

/** The names and words of a report that a user can write in a query. */
export interface QueryWords {
  /** The names of all agents. A word of a query such as `ours:ok` starts with one of these names. */
  agents: readonly string[];
  /** The main grades of the report in lower case, together with `missing` and `skipped`. */
  grades: readonly string[];
  /** The groups of cases by name, for example `@core`. Each group is a list of section ids and case ids. */
  groups: Readonly<Record<string, readonly string[]>>;
}

/** Parses a query. The function never throws. */
export function parseQuery(query: string, words: QueryWords): Query {
  const problems: string[] = [];
  const parsedWords = tokenizeQuery(query).map((word) => ({ ...word, meaning: meaningOf(word, words, problems) }));
  const whose = parsedWords.flatMap(({ negated, meaning }) =>
    meaning.of === 'agent' ? [(cell: QueryCell) => meaning.test(cell) !== negated] : [],
  );
  const rows = parsedWords.flatMap(({ negated, meaning }) =>
    meaning.of === 'row' ? [(row: QueryRow) => meaning.test(row) !== negated] : [],
  );
  const wanted = parsedWords.flatMap(({ negated, meaning }) =>
    meaning.of === 'cell' && !negated ? [meaning.test] : [],
  );
  const unwanted = parsedWords.flatMap(({ negated, meaning }) =>
    meaning.of === 'cell' && negated ? [meaning.test] : [],
  );
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
 * Splits a query into words at white space. Text in double quotes stays together. If the closing quote is missing, the
 * quoted text ends at the end of the query.
 */
export function tokenizeQuery(query: string): Word[] {
  return [...query.matchAll(/([!-]?)(?:"([^"]*)"?|((?:[^\s"]|"[^"]*"?)+))/g)].flatMap(
    ([, sign = '', quoted, plain = '']) => {
      // A sign such as `!` without a word after the sign is searched as text.
      const text = (quoted ?? plain.replaceAll('"', '')).toLowerCase();
      return text === '' ? [] : [{ text, negated: sign !== '', quoted: quoted !== undefined }];
    },
  );
}

/**
 * Adds a word to a query, or removes the word if the query already contains it. A click on a count in the page calls
 * this.
 */
export function toggleWord(query: string, word: string): string {
  const words = query.match(/(?:[^\s"]|"[^"]*"?)+/g) ?? [];
  const remaining = words.filter((other) => other.toLowerCase() !== word.toLowerCase());
  return (remaining.length < words.length ? remaining : [...words, word]).join(' ');
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
      return { of: 'cell', test: anyOf(value, hasGrade) };
    case 'a':
      return { of: 'agent', test: anyOf(value, (cell, name) => cell.agent.includes(name)) };
    case 'close':
      return { of: 'cell', test: anyOf(value, hasClose) };
    case 'is':
      return stateOf(value, problems) ?? plainText;
    default: {
      const agent = agentCalled(key, agents);
      if (agent === undefined) {
        problems.push(`${key}: is not known; there are s:, a:, close:, is:, d> and the agents’ names.`);
        return plainText;
      }
      const graded = anyOf(value, hasGrade);
      return { of: 'row', test: (row) => row.cells.some((cell) => cell.agent === agent && graded(cell)) };
    }
  }
}

/**
 * Finds the agent with this name. If no agent has exactly this name, finds the only agent whose name starts with the
 * word. For example, `websock:ok` can find an agent whose name contains a space.
 */
function agentCalled(word: string, agents: readonly string[]): string | undefined {
  const names = agents.map((name) => name.toLowerCase());
  const begun = names.filter((name) => name.startsWith(word));
  return names.find((name) => name === word) ?? (begun.length === 1 ? begun[0] : undefined);
}

/**
 * Returns whether a case id starts with a prefix. Only whole parts match: `7.1` matches 7.1 and 7.1.6, but not 7.13.
 */
function beginsId(id: string, prefix: string): boolean {
  const bare = prefix.replace(/\.\*?$/, '');
  return id === bare || id.startsWith(`${bare}.`);
}

/**
 * Makes a test of a result against several values. `ok,failed` means either value, and `!ok` means another value. An
 * empty value matches every result, because a value is empty while a user is typing.
 */
function anyOf(value: string, has: (cell: QueryCell, wanted: string) => boolean): CellTest {
  const negated = value.startsWith('!');
  const values = value
    .replace(/^!/, '')
    .split(',')
    .filter((part) => part !== '');
  return values.length === 0 ? () => true : (cell) => values.some((wanted) => has(cell, wanted)) !== negated;
}

/**
 * Tests whether the grade of a result starts with a word, for example in `s:fail`. If no main grade starts with the
 * word, the function tests the close grade instead.
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
    .filter((state) => state !== '' && !STATES.includes(state));
  if (unknown.length > 0) {
    problems.push(
      `is:${unknown.join(',')} is not known; there are ${STATES.map((state) => `is:${state}`).join(', ')}.`,
    );
    return undefined;
  }
  if (value === 'different') return { of: 'row', test: isDifferent };
  return { of: 'cell', test: anyOf(value, hasState) };
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

/** Returns whether the agents differ in a case: in the main grade, the close grade or the close code. */
function isDifferent({ cells }: QueryRow): boolean {
  const [first, ...others] = cells;
  return others.some((cell) => cell.grade !== first?.grade || cell.close !== first.close || cell.code !== first.code);
}
