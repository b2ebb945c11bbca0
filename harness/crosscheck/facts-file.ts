import { z } from 'zod';
import { compareCaseIds } from '../plan/case-id.ts';
import { suiteIds } from '../suites/autobahn/catalogue.ts';
import { AUTOBAHN_FIELDS, type AutobahnField, autobahnOutcomeSchema } from '../suites/autobahn/outcome.ts';
import { closestTo } from '../support/did-you-mean.ts';
import { HarnessError } from '../support/harness-error.ts';
import { describeSchemaIssue } from '../support/schema-issues.ts';
import { readUserJson } from '../support/user-json.ts';

/** The facts (fields of the outcome) that the real suite recorded about one case, by name. */
export type RecordedFacts = ReadonlyMap<AutobahnField, unknown>;

/**
 * Schema of a facts file (what the real suite recorded about one server): a list of fact names, and for each case a
 * list of values in the order of these names.
 */
const fileSchema = z.strictObject({
  facts: z.array(z.enum(AUTOBAHN_FIELDS)).min(1),
  cases: z.record(z.string(), z.array(z.unknown())),
});

/**
 * Reads the text of a facts file: what the real suite recorded about one server.
 * @param path of the file, for errors.
 * @returns facts by case id, in the order of the suite.
 * @throws HarnessError with exit code 2 and the line of the error: the text is not JSON, a fact or case is unknown, a
 * case has a wrong number of values, or a fact cannot have its value.
 */
export function readFactsFile(text: string, path: string): Map<string, RecordedFacts> {
  const json = readUserJson(text, path, 'The facts file', 'Correct the line.');
  const wrong = (what: string, at: readonly (string | number)[]) =>
    new HarnessError(2, {
      what: `The facts file cannot be used: ${what}.`,
      where: `${path}:${json.lineOf(at)}`,
      why: 'A facts file is {"facts": [names], "cases": {id: [values in the order of the names]}}.',
      todo: 'Correct the line.',
    });
  const parsed = fileSchema.safeParse(json.value);
  if (!parsed.success) {
    const issue = describeSchemaIssue(parsed.error, json.value, () => Object.keys(fileSchema.shape));
    throw wrong(issue.text, issue.path);
  }
  const { facts: names, cases } = parsed.data;
  const twice = names.findIndex((name, at) => names.indexOf(name) !== at);
  if (twice !== -1) throw wrong(`the fact "${names[twice]}" is named twice`, ['facts', twice]);
  const ids = Object.keys(cases).sort(compareCaseIds);
  if (ids.length === 0) throw wrong('it has no case', ['cases']);
  return new Map(
    ids.map((id) => {
      const values = cases[id] ?? [];
      if (!suiteIds.includes(id)) {
        throw wrong(`there is no case "${id}" (did you mean "${closestTo(id, suiteIds)}"?)`, ['cases', id]);
      }
      if (values.length !== names.length)
        throw wrong(`case ${id} has ${values.length} values for ${names.length} facts`, ['cases', id]);
      const facts = names.map((name, at) => {
        const value = autobahnOutcomeSchema.shape[name].safeParse(values[at]);
        if (value.success) return [name, value.data] as const;
        const issue = describeSchemaIssue(value.error, values[at], () => []);
        throw wrong(`${name} of case ${id}: ${issue.text}`, ['cases', id, at]);
      });
      return [id, new Map(facts)] as const;
    }),
  );
}
