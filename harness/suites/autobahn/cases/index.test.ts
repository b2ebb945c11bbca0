import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { digest, expectationLines, scriptLines } from './describe.ts';
import { caseById, caseIndex, cases, families } from './index.ts';

const digests = JSON.parse(
  readFileSync(new URL('../../../../fixtures/spec/digests.json', import.meta.url), 'utf8'),
) as Record<string, readonly [script: string, expectation: string]>;

const components = (id: string): number[] => id.split('.').map(Number);
function numerically(a: string, b: string): number {
  const [left, right] = [components(a), components(b)];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const apart = (left[i] ?? -1) - (right[i] ?? -1);
    if (apart !== 0) return apart;
  }
  return 0;
}

describe('the cases', () => {
  it('are the 517 of the suite, each once, in numeric order', () => {
    const ids = cases.map((one) => one.id);
    expect(ids).toHaveLength(517);
    expect(ids).toEqual(Object.keys(digests));
    expect(ids).toEqual([...ids].sort(numerically));
    expect(new Set(ids).size).toBe(517);
  });

  it.each(families.map((family) => [family.category, family] as const))(
    'send and demand in category %s what the suite sends and demands',
    (_, family) => {
      const here = family.cases.map((one) => [one.id, digest(scriptLines(one)), digest(expectationLines(one))]);
      const there = family.cases.map((one) => [one.id, ...(digests[one.id] ?? [])]);
      expect(here).toEqual(there);
    },
  );

  it('are found by id and numbered from 1', () => {
    expect(caseById('6.12.8')?.script).toHaveLength(2);
    expect(caseById('8.1')).toBeUndefined();
    expect(caseIndex('1.1.1')).toBe(1);
    expect(caseIndex('13.7.18')).toBe(517);
    expect(caseIndex('13.7.19')).toBe(0);
  });

  it.each(cases.map((one) => [one.id, one] as const))('%s is told in sentences', (_, one) => {
    expect(one.title).toMatch(/^\S.{3,110}$/u);
    for (const sentence of [one.sends, one.demands]) {
      expect(sentence).toMatch(/^[A-Z\d].*[.!?]$/su);
      expect(sentence).not.toMatch(/undefined|\0| {2}/);
    }
    expect(one.rfc.length).toBeGreaterThan(0);
    for (const section of one.rfc) expect(section).toMatch(/^RFC (?:6455|7692|3629) \d+(?:\.\d+)*$/);
  });

  it('have titles that tell them apart within their subcategory', () => {
    for (const family of families) {
      const seen = new Map<string, string>();
      for (const one of family.cases) {
        const place = `${one.id.split('.').slice(0, 2).join('.')} ${one.title}`;
        expect(seen.get(place), `${one.id} and ${seen.get(place)} are both "${one.title}"`).toBeUndefined();
        seen.set(place, one.id);
      }
    }
  });

  it('belong to a subcategory with a title wherever their id has three components', () => {
    for (const family of families) {
      for (const { id } of family.cases) {
        const [category, sub, rest] = id.split('.');
        expect(category).toBe(family.category);
        if (rest !== undefined) expect(family.subcategories[`${category}.${sub}`], id).toMatch(/\S/);
      }
    }
  });
});
