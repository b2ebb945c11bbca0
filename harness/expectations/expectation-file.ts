import { z } from 'zod';
import { fieldValueSchema } from '../../reports/document/suite-facts.ts';
import type { Suite } from '../plan/suite.ts';

/**
 * The expectation file as people write it: what a subject does differently from a faultless one, case by case, and why.
 * The file is small, so that a change of it can be reviewed.
 */

const reason = z.string().refine((text) => text.trim() !== '', { error: 'says nothing' });

/** The facts in which a case differs from a faultless subject, by the name of the suite's field. */
export type ExpectedFacts = Readonly<Record<string, unknown>>;

/** An entry of an expectation file: the facts that differ, and what the entry says about them. */
export interface Entry {
  /** Why the subject does so. Required if a grade is not the one of a faultless subject, and for `flaky` and `skip`. */
  why?: string | undefined;
  /** Where the deviation is discussed. */
  issue?: string | undefined;
  /** Other outcomes that also occur; each names the facts that differ from a faultless subject. */
  flaky?: ExpectedFacts[] | undefined;
  /** The case is not played. */
  skip?: true | undefined;
  /** `YYYY-MM-DD`: the entry is an error from the day after. */
  until?: string | undefined;
  /** Facts, by the name of the suite's field. */
  [field: string]: unknown;
}

/** What an entry can say in addition to facts. */
const REMARKS = {
  why: reason.optional(),
  issue: z.string().optional(),
  skip: z.literal(true).optional(),
  until: z.iso.date().optional(),
};

/** The schema of an entry for one suite, and the keys an entry can have, in the order in which `accept` writes them. */
export interface EntryFormat {
  schema: z.ZodType<Entry>;
  keys: readonly string[];
}

/** The entry format that follows from the fields of a suite. */
export function entryFormat({ fields }: Suite): EntryFormat {
  const facts = Object.fromEntries(fields.map((field) => [field.name, fieldValueSchema(field).optional()]));
  const { why, issue, ...others } = REMARKS;
  const flaky = z.array(z.strictObject(facts)).min(1).optional();
  const shape = { ...facts, why, issue, flaky, ...others };
  return { schema: z.strictObject(shape), keys: Object.keys(shape) };
}

export const expectationFileSchema = z.strictObject({
  $schema: z.string().optional(),
  version: z.literal(1),
  /** The suite the file was made with. Outcomes of another suite or version cannot be compared with the file. */
  suite: z.strictObject({ name: z.string(), version: z.string(), cases: z.number().int() }),
  server: z.string(),
  /** What holds for every case without an entry. This is the only value; it is in the file for its readers. */
  default: z.literal('conformant'),
  /** Case id or section pattern (`12.*`) → entry. The more specific key wins. */
  cases: z.record(z.string(), z.unknown()),
});

/** The suite as an expectation file names it. */
export function suiteName({ title, version, cases }: Suite): z.infer<typeof expectationFileSchema>['suite'] {
  return { name: title, version, cases: cases.length };
}
