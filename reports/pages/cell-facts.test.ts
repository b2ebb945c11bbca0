import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CLOSE_GRADES, GRADES } from '../document/recorded-case.ts';
import { VERDICTS } from '../document/report.ts';
import { CELL_CLOSES, CELL_GRADES, CELL_VERDICTS, packCells, unpackCells } from './cell-facts.ts';

it('knows every verdict and grade there is', () => {
  expect(CELL_VERDICTS).toEqual([...VERDICTS]);
  expect(CELL_GRADES).toEqual(expect.arrayContaining(GRADES.map((grade) => grade.toLowerCase())));
  expect(CELL_CLOSES).toEqual(expect.arrayContaining(CLOSE_GRADES.map((grade) => grade.toLowerCase())));
});

it('gives back what was packed', () => {
  const cell = fc.record({
    verdict: fc.constantFrom(...CELL_VERDICTS),
    grade: fc.constantFrom(...CELL_GRADES),
    close: fc.constantFrom(...CELL_CLOSES),
    known: fc.boolean(),
    truncated: fc.boolean(),
    code: fc.constantFrom('1000', '1006', '4999', 'none'),
    ms: fc.option(fc.nat({ max: 400_000 })),
  });
  fc.assert(
    fc.property(fc.array(cell, { minLength: 1 }), (cells) => {
      expect(unpackCells(packCells(cells), 'Ours')).toEqual(cells.map((one) => ({ ...one, agent: 'ours' })));
    }),
  );
});

it('takes a few characters for a cell like most others', () => {
  const usual = { verdict: 'same', grade: 'ok', close: 'ok', known: false, truncated: false, code: '1000', ms: 31 };
  expect(packCells([usual])).toBe('31');
  expect(packCells([usual, { ...usual, truncated: true }])).toBe('31 31t');
});
