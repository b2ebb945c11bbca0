import { expect, it } from 'vitest';
import { comparisonMarkdown } from '../formats/markdown-comparison.ts';
import { filledWith, HOSTILE_STRINGS } from '../testing/hostile.ts';
import { sampleDetail, sampleOutcome } from '../testing/sample.ts';
import { alikeComparison, sampleComparison } from '../testing/sample-comparison.ts';
import { comparisonSentence } from '../wording/comparison-text.ts';
import { comparePage } from './compare-page.ts';

const details = {
  a: (_: string, id: string) => sampleDetail(id, 'a', sampleOutcome()),
  b: (_: string, id: string) => ({ ...sampleDetail(id, 'b', sampleOutcome({ droppedByMe: true })) }),
};
const pageOf = (comparison = sampleComparison) => [...comparePage([comparison], details)][0]?.content ?? '';
const page = pageOf();
/** A comparison of one agent in two runs. */
const runs = { ...sampleComparison, b: { ...sampleComparison.a, run: 'the second run' } };

it('sums up a comparison in one line, without changes that did not occur', () => {
  expect(comparisonSentence(runs)).toBe(
    '1 regressed, 1 removed, 1 changed, 1 fixed, 1 added, 6 the same, 1 without an outcome on either side',
  );
  const counts = { ...runs.counts, regressed: 0, removed: 0, changed: 0, added: 0 };
  expect(comparisonSentence({ ...runs, counts, without: 0 })).toBe('1 fixed, 6 the same');
});

it('uses other words for two agents than for two runs', () => {
  expect(comparisonSentence(sampleComparison)).toBe(
    '1 worse in B, 1 only in A, 1 different, 1 better in B, 1 only in B, 6 the same, 1 without an outcome on either side',
  );
  const words = page.slice(page.indexOf('<main')).replace(/<[^>]*>/g, '');
  expect(words).not.toMatch(/regressed|removed|changed|fixed|added|expected/i);
  expect(words).toContain('The server’s close code was 1001 (going away), in A 1000 (normal closure).');
  expect(words).toContain('Both of 7 May 2026, 18:09 UTC, run ');
  expect(pageOf(runs)).toMatch(
    /<b>A<\/b> <time[^>]*>7 May 2026, 18:09 UTC<\/time>, run 2026.*<br><b>B<\/b> .*run the second run/,
  );
});

it('shows each change with glyph and word, and links to the case on both sides', () => {
  for (const [glyph, word] of [
    ['▼', 'regressed'],
    ['−', 'removed'],
    ['±', 'changed'],
    ['▲', 'fixed'],
    ['+', 'added'],
  ])
    expect(pageOf(runs)).toContain(`<b aria-hidden="true">${glyph}</b> ${word}</span>`);
  expect(page).toContain(`href="cases/${sampleComparison.a.slug}/2.4.html"`);
  expect(page).toContain(`href="cases/${sampleComparison.b.slug}/2.4.html"`);
  expect(page.match(/<details class="compared /g)).toHaveLength(5);
});

it('counts each kind of change, and links to the page with A and B swapped', () => {
  expect(page).toMatch(/worse in B<\/span>\s*1<\/label>/);
  expect(page).not.toContain('swap A and B');
  const turned = { ...sampleComparison, a: sampleComparison.b, b: sampleComparison.a };
  const pages = [...comparePage([sampleComparison], details, 'index.html', [turned])];
  expect(pages.map(({ path }) => path)).toEqual(['compare.html', 'compare-swapped.html']);
  expect(pages[0]?.content).toContain('href="compare-swapped.html"');
  expect(pages[1]?.content).toContain('href="compare.html"');
  const heads = pages.map(({ content }) => /<h2 id="pair-0">.*<\/h2>/.exec(content)?.[0]);
  expect(new Set(heads).size).toBe(2);
});

it('folds similar cases below one line with their common facts, and keeps each case complete', () => {
  const content = pageOf(alikeComparison);
  const [summary = ''] = /<details class="alike regressed">\s*<summary>.*?<\/summary>/s.exec(content) ?? [];
  const words = summary
    .replace(/<[^>]*>/g, '')
    .replace(/\s+/g, ' ')
    .trim();
  expect(words).toBe(
    '▼ worse in B 5 cases The 1st event was a binary message “…”, in A a text message “…”. 1.1.1-1.1.2, 6.4.1-7.1.6 A ✓ OK close 1000, clean B ✓ OK close 1000, clean',
  );
  const ids = [...content.matchAll(/<details class="compared regressed" id="([^"]*)">/g)].map(([, id]) => id);
  expect(ids).toEqual(['1.1.1', '1.1.2', '6.4.1', '6.4.2', '7.1.6', '2.4']);
  expect(content.match(/<details/g)).toHaveLength(content.match(/<\/details>/g)?.length ?? 0);
  expect(content).toContain('in A a text message “Hello, 6.4.2”.');
});

it('shows wire logs for one case of each group first', () => {
  const [one] = sampleComparison.cases;
  if (one === undefined) throw new Error('there is none');
  const cases = Array.from({ length: 100 }, (_, i) => ({ ...one, id: `9.1.${i}` }));
  const last = { ...one, id: '9.9.9', sentence: 'Something else.' };
  const content = pageOf({ ...sampleComparison, plan: cases.map(({ id }) => id), cases: [...cases, last] });
  expect(content.match(/wire logs side by side/g)).toHaveLength(60);
  expect(content).toContain('aria-label="9.9.9, wire logs side by side"');
  expect(content).toContain('aria-label="9.1.0, wire logs side by side"');
});

it('marks the first difference of two wire logs', () => {
  expect(page).toContain('first difference');
  expect(page).toContain('TCP dropped by the fuzzing client');
});

it('has the same tags for any names, runs, events and wire logs', () => {
  const skeleton = (content: string) =>
    (content.match(/<[^>]*>/g) ?? []).map((tag) => tag.replace(/="[^"]*"/g, '')).join('\n');
  const named = (words: string) => {
    const recorded = filledWith(sampleDetail('2.4', 'a', sampleOutcome()), words);
    // A long hex text is folded, so its length would change the tags of the page.
    const wirelog = recorded.wirelog.map((row) =>
      row.row === 'octets' ? { ...row, hex: words.padEnd(40, '0') } : row,
    );
    const detailOf = (droppedByMe: boolean) => () => ({ ...recorded, wirelog, droppedByMe });
    const comparisons = [filledWith(sampleComparison, words), filledWith(alikeComparison, words)];
    const [page] = comparePage(comparisons, { a: detailOf(false), b: detailOf(true) });
    return page?.content ?? '';
  };
  const plain = skeleton(named('plain'));
  for (const words of HOSTILE_STRINGS) expect(skeleton(named(words)) === plain, words).toBe(true);
});

it('shows similar cases in one row of its Markdown', () => {
  const rows = comparisonMarkdown([alikeComparison])
    .split('\n')
    .filter((line) => line.startsWith('| ▼'));
  expect(rows).toEqual([
    expect.stringMatching(
      /^\| ▼ worse in B \| 5 cases<br>1\.1\.1-1\.1\.2, 6\.4\.1-7\.1\.6 \| OK, close OK, .*“…”\. \|$/,
    ),
    expect.stringContaining('| ▼ worse in B | 2.4 | OK, close OK, code 1000 (normal closure) | OK, close UNCLEAN, '),
  ]);
});

it('has a Markdown form for pull requests, in which no name is markup', () => {
  const text = comparisonMarkdown([sampleComparison]);
  expect(text).toContain(
    '| ▼ worse in B | 2.4 | OK, close OK, code 1000 (normal closure) | OK, close UNCLEAN, code none |',
  );
  expect(text).not.toContain('<img');
});
