import { z } from 'zod';
import { compareCaseIds } from '../../plan/case-id.ts';
import { closestTo } from '../../support/did-you-mean.ts';
import { HarnessError } from '../../support/harness-error.ts';
import { describeSchemaIssue } from '../../support/schema-issues.ts';
import { readUserJson } from '../../support/user-json.ts';

/**
 * The keys of a spec (a file in the format of Autobahn's `fuzzingclient.json`) that select cases. All other keys are
 * ignored.
 */
const specSchema = z.looseObject({
  cases: z.array(z.string()).min(1),
  'exclude-cases': z.array(z.string()).default([]),
});

/**
 * Reads which cases a spec (a file in the format of Autobahn's `fuzzingclient.json`) selects, by Autobahn's own rules.
 * An entry with a `*` matches every id that starts in the same way. `2.1*` therefore also matches 2.10 and 2.11. An
 * entry without `*` is an exact id.
 * @param path of the spec, for errors and warnings.
 * @param suite all case ids.
 * @returns ids in numeric order, and a warning for each entry with an unintended effect.
 * @throws HarnessError with exit code 2 if the text is not a spec, or if it names a case that does not exist
 * (Autobahn's command wstest would hang).
 */
export function readSpec(
  text: string,
  path: string,
  suite: readonly string[],
): { cases: string[]; warnings: string[] } {
  const json = readUserJson(text, path, 'The spec', 'Correct the line.');
  const spec = specSchema.safeParse(json.value);
  if (!spec.success) {
    const { text: issue, path: keys } = describeSchemaIssue(spec.error, json.value, () =>
      Object.keys(specSchema.shape),
    );
    throw new HarnessError(2, {
      what: `The spec cannot be used: ${issue}.`,
      where: `${path}:${json.lineOf(keys)}`,
      why: 'The spec does not have the form of a fuzzingclient.json.',
      todo: 'Add a list "cases" of case ids or patterns, as in Autobahn.',
    });
  }
  const warnings: string[] = [];
  const selected = new Set(
    spec.data.cases.flatMap((entry) => {
      const ids = matchEntry(entry, suite, warnings, () => refuseUnknownCase(entry, path, suite));
      if (ids.length === 0) warnings.push(`${path}: "cases" contains "${entry}", which matches no case.`);
      return ids;
    }),
  );
  for (const entry of spec.data['exclude-cases']) {
    const ids = matchEntry(entry, suite, warnings, () => []);
    if (ids.length === 0) warnings.push(`${path}: "exclude-cases" contains "${entry}", which matches no case.`);
    for (const id of ids) selected.delete(id);
  }
  if (selected.size === 0) {
    throw new HarnessError(2, {
      what: 'The spec leaves no case to play.',
      where: path,
      why: 'The spec selects no case, or excludes all cases that it selects.',
      todo: 'Correct "cases" or "exclude-cases".',
    });
  }
  return { cases: [...selected].sort(compareCaseIds), warnings };
}

/**
 * Finds the cases that one entry of a spec (Autobahn's `fuzzingclient.json`) matches.
 * @param warnings list to which a warning is added if a pattern also matches other sections.
 * @param onUnknown called for an exact id that the suite does not have. Its return value becomes the result.
 */
function matchEntry(entry: string, suite: readonly string[], warnings: string[], onUnknown: () => string[]): string[] {
  if (!entry.includes('*')) return suite.includes(entry) ? [entry] : onUnknown();
  const [first = '', ...rest] = entry.split('*').map((part) => part.replace(/[^\w]/g, '\\$&'));
  const start = new RegExp(`^${[first, ...rest].join('.*')}`);
  const matched = suite.filter((id) => start.test(id));
  const section = entry.replace(/\.?\*.*$/, '');
  const unintended = matched.filter((id) => section !== '' && id !== section && !id.startsWith(`${section}.`));
  if (unintended.length > 0) {
    const examples = `${unintended.slice(0, 3).join(', ')}${unintended.length > 3 ? ' …' : ''}`;
    warnings.push(`The spec's "${entry}" also matches ${examples}: Autobahn compares only the start of an id.`);
  }
  return matched;
}

/**
 * Reports a case id that the suite does not have.
 * @throws HarnessError with exit code 2, which names the most similar case id.
 */
function refuseUnknownCase(entry: string, path: string, suite: readonly string[]): never {
  throw new HarnessError(2, {
    what: `The spec names a case that does not exist: "${entry}".`,
    where: path,
    why: 'Autobahn does not check an exact id, and hangs when it reaches an unknown case.',
    todo: `Did you mean "${closestTo(entry, suite)}"?`,
  });
}
