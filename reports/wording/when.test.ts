import { expect, it } from 'vitest';
import { when } from './when.ts';

it('formats a time for people, and keeps the machine-readable time', () => {
  const iso = '2026-05-07T18:09:48.789Z';
  expect(when(iso)).toEqual({ datetime: iso, text: '7 May 2026, 18:09 UTC' });
  expect(when(iso, true).text).toBe('7 May 2026, 18:09:48 UTC');
  expect(when('2026-12-31T00:00:00Z', true).text).toBe('31 Dec 2026, 00:00:00 UTC');
});

it('keeps text that is not a time', () => {
  for (const words of ['', 'yesterday', '2026-13-07T18:09:48.789Z', '<b>2026-05-07T18:09:48Z</b>'])
    expect(when(words, true)).toEqual({ datetime: words, text: words });
});
