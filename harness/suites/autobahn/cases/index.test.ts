import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { digest, expectationLines, scriptLines } from './describe.ts';
import { caseById, caseIndex, cases, families } from './index.ts';

const digests = JSON.parse(
  readFileSync(new URL('../../../../fixtures/spec/digests.json', import.meta.url), 'utf8'),
) as Record<string, readonly [script: string, expectation: string]>;

const components = (id: string): number[] => id.split('.').map(Number);

/** Compares two case ids number by number: 2.9 comes before 2.10. */
function compareIds(a: string, b: string): number {
  const [left, right] = [components(a), components(b)];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? -1) - (right[i] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}

describe('the cases', () => {
  it('are the 517 cases of the suite, each once, in numeric order', () => {
    const ids = cases.map(({ id }) => id);
    expect(ids).toHaveLength(517);
    expect(ids).toEqual(Object.keys(digests));
    expect(ids).toEqual([...ids].sort(compareIds));
    expect(new Set(ids).size).toBe(517);
  });

  it.each(families.map((family) => [family.category, family] as const))(
    'of category %s send and demand what the cases of the suite send and demand',
    (_, family) => {
      const actual = family.cases.map((testCase) => [
        testCase.id,
        digest(scriptLines(testCase)),
        digest(expectationLines(testCase)),
      ]);
      const expected = family.cases.map(({ id }) => [id, ...(digests[id] ?? [])]);
      expect(actual).toEqual(expected);
    },
  );

  it('are found by their id, and have index numbers from 1', () => {
    expect(caseById('6.12.8')?.script).toHaveLength(2);
    expect(caseById('8.1')).toBeUndefined();
    expect(caseIndex('1.1.1')).toBe(1);
    expect(caseIndex('13.7.18')).toBe(517);
    expect(caseIndex('13.7.19')).toBe(0);
  });

  it.each(cases.map((testCase) => [testCase.id, testCase] as const))('%s is described in sentences', (_, testCase) => {
    expect(testCase.title).toMatch(/^\S.{3,110}$/u);
    for (const sentence of [testCase.sends, testCase.demands]) {
      expect(sentence).toMatch(/^[A-Z\d].*[.!?]$/su);
      expect(sentence).not.toMatch(/undefined|\0| {2}/);
    }
    expect(testCase.rfc.length).toBeGreaterThan(0);
    for (const section of testCase.rfc) expect(section).toMatch(/^RFC (?:6455|7692|3629) \d+(?:\.\d+)*$/);
  });

  it('have titles that differ within a subcategory', () => {
    for (const family of families) {
      const seen = new Map<string, string>();
      for (const { id, title } of family.cases) {
        const key = `${id.split('.').slice(0, 2).join('.')} ${title}`;
        expect(seen.get(key), `${id} and ${seen.get(key)} are both "${title}"`).toBeUndefined();
        seen.set(key, id);
      }
    }
  });

  it('belong to a subcategory with a title if their id has three components', () => {
    for (const family of families) {
      for (const { id } of family.cases) {
        const [category, sub, rest] = id.split('.');
        expect(category).toBe(family.category);
        if (rest !== undefined) expect(family.subcategories[`${category}.${sub}`], id).toMatch(/\S/);
      }
    }
  });
});
