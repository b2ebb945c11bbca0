import type { QueryCell } from './query.ts';

/**
 * Writes the table of the index page in as few characters as possible. A cell of the table is the result of one agent
 * in one case. Each agent has one string with a short code for each case, in the order of the plan. Most cells have the
 * same values except the duration, so the code of such a cell is only the duration in milliseconds. `packCells` writes
 * the strings when the page is made, and the script of the page reads them with `unpackCells`.
 */

/** Every verdict. The position of a verdict in this list determines the first character of a packed cell. */
export const CELL_VERDICTS = ['same', 'regressed', 'improved', 'changed', 'new', 'missing', 'flaky', 'skipped'];

/** The names of all grades that the table of a report contains, in lower case and best grade first. */
export interface CellWords {
  /** The main grades of all suites, followed by `missing` and `skipped`. */
  grades: readonly string[];
  /** The close grades of all suites, followed by the empty text for a cell without a close grade. */
  closes: readonly string[];
}

/**
 * The code of the character `0`, which stands for index 0. Index 1 is the next character, and so on. A space and a
 * comma have smaller codes, so no index is written as a space or a comma.
 */
const FIRST_CHARACTER = 48;
const encoded = (index: number) => String.fromCharCode(FIRST_CHARACTER + Math.max(0, index));
const decoded = (text: string, at: number) => (text.charCodeAt(at) || FIRST_CHARACTER) - FIRST_CHARACTER;

/**
 * Packs the cells of one agent into one string. A cell with the usual values becomes its milliseconds, for example
 * `31`. Any other cell becomes a code such as `1450,none,`: one character each for verdict, grade, close grade and
 * known deviation, then the close code and the milliseconds. A `t` at the end means that a payload or the wire log was
 * cut.
 */
export function packCells(cells: readonly Omit<QueryCell, 'agent'>[], { grades, closes }: CellWords): string {
  return cells
    .map(({ verdict, grade, close, known, truncated, code, ms }) => {
      const indexes = [CELL_VERDICTS.indexOf(verdict), grades.indexOf(grade), closes.indexOf(close), known ? 1 : 0];
      const usual = indexes.every((index) => index === 0) && code === '1000' && ms !== null;
      return `${usual ? ms : `${indexes.map(encoded).join('')},${code},${ms ?? ''}`}${truncated ? 't' : ''}`;
    })
    .join(' ');
}

/** Unpacks the string of one agent that `packCells` wrote. The agent's name becomes lower case, because queries are. */
export function unpackCells(packed: string, agent: string, { grades, closes }: CellWords): QueryCell[] {
  return packed.split(' ').map((cell) => {
    const truncated = cell.endsWith('t');
    const word = truncated ? cell.slice(0, -1) : cell;
    const [indexes = '', code, ms = ''] = word.includes(',') ? word.split(',') : ['0000', '1000', word];
    return {
      agent: agent.toLowerCase(),
      verdict: CELL_VERDICTS[decoded(indexes, 0)] ?? 'same',
      grade: grades[decoded(indexes, 1)] ?? '',
      close: closes[decoded(indexes, 2)] ?? '',
      known: decoded(indexes, 3) === 1,
      truncated,
      code: code ?? 'none',
      ms: ms === '' ? null : Number(ms),
    };
  });
}
