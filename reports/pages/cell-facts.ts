import type { QueryCell } from './query.ts';

/**
 * What the index page's script has to know of its cells, in as few characters as go: one text for each agent, of one
 * word for each case in the plan's order. Most cells are like most others, and then their word is the milliseconds
 * alone. Written by the view, read in the page.
 */

export const CELL_VERDICTS = ['same', 'regressed', 'improved', 'changed', 'new', 'missing', 'flaky', 'skipped'];
export const CELL_GRADES = ['ok', 'non-strict', 'informational', 'unimplemented', 'failed', 'missing', 'skipped'];
export const CELL_CLOSES = ['ok', 'informational', 'wrong code', 'unclean', 'failed by client', 'failed', ''];

/**
 * `31`, or `1450,none,` : verdict, grade, close and whether it is known, each a digit; code; milliseconds. A `t` behind
 * it where something was cut.
 */
export function packCells(cells: readonly Omit<QueryCell, 'agent'>[]): string {
  return cells
    .map(({ verdict, grade, close, known, truncated, code, ms }) => {
      const digits = [
        CELL_VERDICTS.indexOf(verdict),
        CELL_GRADES.indexOf(grade),
        CELL_CLOSES.indexOf(close),
        known ? 1 : 0,
      ];
      const usual = digits.every((digit) => digit === 0) && code === '1000' && ms !== null;
      return `${usual ? ms : `${digits.join('')},${code},${ms ?? ''}`}${truncated ? 't' : ''}`;
    })
    .join(' ');
}

/** What `packCells` packed, for the agent of this name; in lower case, since queries are. */
export function unpackCells(packed: string, agent: string): QueryCell[] {
  return packed.split(' ').map((said) => {
    const truncated = said.endsWith('t');
    const word = truncated ? said.slice(0, -1) : said;
    const [digits = '', code, ms = ''] = word.includes(',') ? word.split(',') : ['0000', '1000', word];
    const [verdict, grade, close, known] = [...digits].map(Number);
    return {
      agent: agent.toLowerCase(),
      verdict: CELL_VERDICTS[verdict ?? 0] ?? 'same',
      grade: CELL_GRADES[grade ?? 0] ?? 'ok',
      close: CELL_CLOSES[close ?? 0] ?? 'ok',
      known: known === 1,
      truncated,
      code: code ?? 'none',
      ms: ms === '' ? null : Number(ms),
    };
  });
}
