import { describe, expect, expectTypeOf, it } from 'vitest';
import { omitUndefined } from './omit-undefined.ts';

describe('omitUndefined', () => {
  it('leaves out each property that is undefined', () => {
    const result = omitUndefined({ jobs: undefined, image: 'autobahn' });
    expect(result).toEqual({ image: 'autobahn' });
    expect(Object.keys(result)).toEqual(['image']);
  });

  it('keeps every other empty value', () => {
    const values = { text: '', count: 0, flag: false, nothing: null, list: [] };
    expect(omitUndefined(values)).toStrictEqual(values);
  });

  it('does not change the object it is given', () => {
    const values = { jobs: undefined };
    omitUndefined(values);
    expect('jobs' in values).toBe(true);
  });

  it('makes only those properties optional that can be undefined', () => {
    const values: { jobs: number | undefined; out: string; retries?: number } = { jobs: 2, out: 'report' };
    expectTypeOf(omitUndefined(values)).toExtend<{ jobs?: number; out: string; retries?: number }>();
    expectTypeOf(omitUndefined(values)).not.toExtend<{ jobs: number }>();
  });
});
