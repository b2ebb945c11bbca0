import { describe, expect, it } from 'vitest';
import { errorMessage } from './error-message.ts';

describe('errorMessage', () => {
  it.each([
    [new TypeError('no such file'), 'no such file'],
    ['a text', 'a text'],
    [undefined, 'undefined'],
  ])('of %j is %j', (thrown, message) => {
    expect(errorMessage(thrown)).toBe(message);
  });
});
