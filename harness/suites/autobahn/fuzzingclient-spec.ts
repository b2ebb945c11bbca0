import { z } from 'zod';
import { compareCaseIds } from '../../plan/case-id.ts';
import { closestTo } from '../../support/did-you-mean.ts';
import { HarnessError } from '../../support/harness-error.ts';
import { describeSchemaIssue } from '../../support/schema-issues.ts';
import { readUserJson } from '../../support/user-json.ts';

/** The parts of an Autobahn `fuzzingclient.json` that choose cases; servers and options are chosen on our command line. */
const specSchema = z.looseObject({
  cases: z.array(z.string()).min(1),
  'exclude-cases': z.array(z.string()).default([]),
});

/**
 * Which cases a spec in Autobahn's own format may run, by Autobahn's own rules: an entry with a `*` is matched from
 * the start only, so that `2.1*` takes 2.10 and 2.11 too; an entry without one is an exact id.
 * @returns ids in numeric order, and a warning for each of the format's traps that was stepped into.
 * @throws HarnessError (2) for what is no such spec, or names a case that does not exist (on which wstest hangs).
 */
export function readSpec(
  text: string,
  path: string,
  suite: readonly string[],
): { cases: string[]; warnings: string[] } {
  const json = readUserJson(text, path, 'The spec', 'Correct the line.');
  const spec = specSchema.safeParse(json.value);
  if (!spec.success) {
    const { text: wrong, path: keys } = describeSchemaIssue(spec.error, json.value, () =>
      Object.keys(specSchema.shape),
    );
    throw new HarnessError(2, {
      what: `The spec cannot be used: ${wrong}.`,
      where: `${path}:${json.lineOf(keys)}`,
      why: 'It does not have the form of a fuzzingclient.json.',
      todo: 'It needs a list "cases" of case ids or patterns, as Autobahn has it.',
    });
  }
  const warnings: string[] = [];
  const chosen = new Set(
    spec.data.cases.flatMap((entry) => {
      const found = entries(entry, suite, warnings, () => unknownCase(entry, path, suite));
      if (found.length === 0)
        warnings.push(`${path}: "cases" names "${entry}", which matches no case: nothing is played for it.`);
      return found;
    }),
  );
  for (const entry of spec.data['exclude-cases']) {
    const found = entries(entry, suite, warnings, () => []);
    if (found.length === 0)
      warnings.push(`${path}: "exclude-cases" names "${entry}", which matches no case: nothing is excluded by it.`);
    for (const id of found) chosen.delete(id);
  }
  if (chosen.size === 0) {
    throw new HarnessError(2, {
      what: 'The spec leaves no case to play.',
      where: path,
      why: 'It chooses none, or excludes again all that it chooses.',
      todo: 'Correct "cases" or "exclude-cases".',
    });
  }
  return { cases: [...chosen].sort(compareCaseIds), warnings };
}

function entries(entry: string, suite: readonly string[], warnings: string[], unknown: () => string[]): string[] {
  if (!entry.includes('*')) return suite.includes(entry) ? [entry] : unknown();
  const [first = '', ...rest] = entry.split('*').map((part) => part.replace(/[^\w]/g, '\\$&'));
  const start = new RegExp(`^${[first, ...rest].join('.*')}`);
  const found = suite.filter((id) => start.test(id));
  const sections = entry.replace(/\.?\*.*$/, '');
  const surprising = found.filter((id) => sections !== '' && id !== sections && !id.startsWith(`${sections}.`));
  if (surprising.length > 0) {
    warnings.push(
      `The spec's "${entry}" also takes ${surprising.slice(0, 3).join(', ')}${surprising.length > 3 ? ' …' : ''}: Autobahn matches it from the start only.`,
    );
  }
  return found;
}

function unknownCase(entry: string, path: string, suite: readonly string[]): never {
  throw new HarnessError(2, {
    what: `The spec names a case that does not exist: "${entry}".`,
    where: path,
    why: 'Autobahn does not check an exact id; it stops answering when it comes to it.',
    todo: `Did you mean "${closestTo(entry, suite)}"?`,
  });
}
