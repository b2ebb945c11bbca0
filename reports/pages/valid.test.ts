import { HtmlValidate } from 'html-validate';
import { expect, it } from 'vitest';
import { samplePages } from '../testing/sample-pages.ts';

/** What html-validate recommends, and why not where we do otherwise. */
const validator = new HtmlValidate({
  root: true,
  extends: ['html-validate:recommended'],
  rules: {
    'doctype-style': ['error', { style: 'lowercase' }],
    // Names of agents are part of a title, and not ours to shorten.
    'long-title': 'off',
    // A box that scrolls has a name and a place in the order of tabs for the keyboard's sake; it is no section of the text.
    'prefer-native-element': ['error', { exclude: ['region'] }],
    // A list may have a name: that of the same case for the other agents has no heading.
    'aria-label-misuse': ['error', { allowAnyNamable: true }],
    // HTML lets a cell end where the next one begins: with 517 cases of 5 agents that spares 13 kB.
    'no-implicit-close': 'off',
    // Whoever links to a compared case writes its id, which begins with a digit; HTML allows any but spaces.
    'valid-id': ['error', { relaxed: true }],
    // The search filters as one types; there is nothing to submit.
    'wcag/h32': 'off',
  },
});

it('every page is valid HTML', async () => {
  let pages = 0;
  for (const { path, content } of samplePages()) {
    if (!path.endsWith('.html')) continue;
    pages++;
    const { results } = await validator.validateString(content, path);
    const complaints = results.flatMap(({ messages }) =>
      messages.map(({ ruleId, message, line, selector }) => `${path}:${line} ${ruleId}: ${message} ${selector ?? ''}`),
    );
    expect(complaints).toEqual([]);
  }
  expect(pages).toBeGreaterThan(30);
});

it('a page that is not valid is told', async () => {
  const broken = '<!doctype html><html lang="en"><head><title>x</title></head><body><p id="a"><p id="a"></body></html>';
  const { valid } = await validator.validateString(broken);
  expect(valid).toBe(false);
});
