import { HtmlValidate } from 'html-validate';
import { expect, it } from 'vitest';
import { samplePages } from '../testing/sample-pages.ts';

/** Checks HTML with the recommended rules of html-validate. The comments inside give the reason for each exception. */
const validator = new HtmlValidate({
  root: true,
  extends: ['html-validate:recommended'],
  rules: {
    'doctype-style': ['error', { style: 'lowercase' }],
    // A title contains the name of an agent. The page must not shorten this name, so a title can be long.
    'long-title': 'off',
    // A box that scrolls has a role, a name and a tab stop for users of a keyboard, but it is not a section of the
    // text.
    'prefer-native-element': ['error', { exclude: ['region'] }],
    // The list of the same case for other agents has no heading, so the list has a name in `aria-label`.
    'aria-label-misuse': ['error', { allowAnyNamable: true }],
    // HTML allows a table cell without an end tag. Without end tags, a page with 517 cases of 5 agents is 13 kB
    // smaller.
    'no-implicit-close': 'off',
    // The id of a compared case starts with a digit, because a link contains the case id as its anchor. HTML allows
    // such ids.
    'valid-id': ['error', { relaxed: true }],
    // The search filters while the user is typing, so its form needs no submit button.
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
