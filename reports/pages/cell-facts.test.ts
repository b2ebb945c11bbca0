import fc from 'fast-check';
import { expect, it } from 'vitest';
import { VERDICTS } from '../document/report.ts';
import { CELL_VERDICTS, type CellWords, packCells, unpackCells } from './cell-facts.ts';

const WORDS: CellWords = {
  grades: ['ok', 'non-strict', 'informational', 'unimplemented', 'failed', 'missing', 'skipped'],
  closes: ['ok', 'informational', 'wrong code', 'unclean', 'failed by client', 'failed', ''],
};
/** More grades than there are digits. A report about several suites can have so many grades. */
const MANY: CellWords = { ...WORDS, grades: Array.from({ length: 120 }, (_, at) => `grade ${at}`) };

it('knows every verdict', () => {
  expect(CELL_VERDICTS).toEqual([...VERDICTS]);
});

it('unpacks what was packed', () => {
  const cellOf = (words: CellWords) =>
    fc.record({
      verdict: fc.constantFrom(...CELL_VERDICTS),
      grade: fc.constantFrom(...words.grades),
      close: fc.constantFrom(...words.closes),
      known: fc.boolean(),
      truncated: fc.boolean(),
      code: fc.constantFrom('1000', '1006', '4999', 'none'),
      ms: fc.option(fc.nat({ max: 400_000 })),
    });
  for (const words of [WORDS, MANY])
    fc.assert(
      fc.property(fc.array(cellOf(words), { minLength: 1 }), (cells) => {
        expect(unpackCells(packCells(cells, words), 'Ours', words)).toEqual(
          cells.map((one) => ({ ...one, agent: 'ours' })),
        );
      }),
    );
});

it('needs few characters for a common cell', () => {
  const usual = { verdict: 'same', grade: 'ok', close: 'ok', known: false, truncated: false, code: '1000', ms: 31 };
  expect(packCells([usual], WORDS)).toBe('31');
  expect(packCells([usual, { ...usual, truncated: true }], WORDS)).toBe('31 31t');
});
