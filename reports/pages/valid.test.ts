import { HtmlValidate } from 'html-validate';
import { expect, it } from 'vitest';
import { samplePages } from '../testing/sample-pages.ts';

/** The recommended rules of html-validate, and the reasons for exceptions. */
const validator = new HtmlValidate({
  root: true,
  extends: ['html-validate:recommended'],
  rules: {
    'doctype-style': ['error', { style: 'lowercase' }],
    // Titles contain names of agents, which must not be shortened.
    'long-title': 'off',
    // A scrollable box has a role, a name and a tab stop, so that the keyboard can scroll it. It is not a section of
    // the text.
    'prefer-native-element': ['error', { exclude: ['region'] }],
    // The list of the same case for other agents has a name, because it has no heading.
    'aria-label-misuse': ['error', { allowAnyNamable: true }],
    // HTML allows a cell without an end tag. This saves 13 kB for 517 cases of 5 agents.
    'no-implicit-close': 'off',
    // The id of a compared case starts with a digit, so that a link can contain the case id. HTML allows such ids.
    'valid-id': ['error', { relaxed: true }],
    // The search filters during typing, so the form needs no submit button.
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

it('an invalid page is found', async () => {
  const broken = '<!doctype html><html lang="en"><head><title>x</title></head><body><p id="a"><p id="a"></body></html>';
  const { valid } = await validator.validateString(broken);
  expect(valid).toBe(false);
});
