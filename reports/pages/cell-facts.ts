import type { QueryCell } from './query.ts';

/**
 * Writes the cells of the table on the index page in as few characters as possible: one string for each agent, with one
 * word for each case in the order of the plan. Most cells have the same values, and the word of such a cell is only its
 * duration in milliseconds. The page is made with `packCells`, and its script in the browser calls `unpackCells`.
 */

/** Every verdict. The place in this list is the first character of a packed cell. */
export const CELL_VERDICTS = ['same', 'regressed', 'improved', 'changed', 'new', 'missing', 'flaky', 'skipped'];

/** The words for grades in the cells of a report, in lower case and best first. */
export interface CellWords {
  /** Main grades of all suites, then `missing` and `skipped`. */
  grades: readonly string[];
  /** Close grades of all suites, then the empty word for a cell without a close grade. */
  closes: readonly string[];
}

/**
 * The character code for index 0, which is `0`. No index gives a space or a comma, because the codes of both are
 * smaller.
 */
const FIRST_CHARACTER = 48;
const encoded = (index: number) => String.fromCharCode(FIRST_CHARACTER + Math.max(0, index));
const decoded = (text: string, at: number) => (text.charCodeAt(at) || FIRST_CHARACTER) - FIRST_CHARACTER;

/**
 * Packs cells to words such as `31` or `1450,none,`: one character each for verdict, grade, close grade and known
 * deviation, then the close code and the milliseconds. A `t` at the end means that a payload or wire log was cut.
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

/** Unpacks what `packCells` packed, for one agent. The agent's name is in lower case, because queries are. */
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
