import type { QueryCell } from './query.ts';

/**
 * What the index page's script has to know of its cells, in as few characters as go: one text for each agent, of one
 * word for each case in the plan's order. Most cells are like most others, and then their word is the milliseconds
 * alone. Written by the view, read in the page.
 */

export const CELL_VERDICTS = ['same', 'regressed', 'improved', 'changed', 'new', 'missing', 'flaky', 'skipped'];

/** The words of the grades that cells can have, in lower case and best first: those of the report's suites. */
export interface CellWords {
  /** Main grades, then `missing` and `skipped`. */
  grades: readonly string[];
  /** Grades of the close, then the empty word of a cell without one. */
  closes: readonly string[];
}

/** Index 0 is the character `0`; the characters behind it are neither a space nor a comma. */
const FIRST_CHARACTER = 48;
const encoded = (index: number) => String.fromCharCode(FIRST_CHARACTER + Math.max(0, index));
const decoded = (text: string, at: number) => (text.charCodeAt(at) || FIRST_CHARACTER) - FIRST_CHARACTER;

/**
 * `31`, or `1450,none,` : verdict, grade, close and whether it is known, one character each; code; milliseconds. A `t`
 * behind it where something was cut.
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

/** What `packCells` packed, for the agent of this name; in lower case, since queries are. */
export function unpackCells(packed: string, agent: string, { grades, closes }: CellWords): QueryCell[] {
  return packed.split(' ').map((said) => {
    const truncated = said.endsWith('t');
    const word = truncated ? said.slice(0, -1) : said;
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
