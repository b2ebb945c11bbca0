import { z } from 'zod';
import { fieldValueSchema } from '../../reports/document/suite-facts.ts';
import type { Suite } from '../plan/suite.ts';

/*
 * The format of an expectation file. The file lists how a server deviates from a server that follows the RFC, and gives
 * a reason for each deviation. Cases without a deviation are not listed: a small file makes changes easy to review.
 */

const reason = z.string().refine((text) => text.trim() !== '', { error: 'says nothing' });

/** Field name → expected value, for each fact of a case that differs from a server that follows the RFC. */
export type ExpectedFacts = Readonly<Record<string, unknown>>;

/** An entry of an expectation file: the facts that differ from a server that follows the RFC, and the reason. */
export interface Entry {
  /** Reason of the difference. Required if a grade (Autobahn's judgement) differs, and for `flaky` and `skip`. */
  why?: string | undefined;
  /** Link to an issue about the deviation. */
  issue?: string | undefined;
  /** Other outcomes that sometimes occur. Each lists the facts that differ from a server that follows the RFC. */
  flaky?: ExpectedFacts[] | undefined;
  /** Whether the case is left out of every run. */
  skip?: true | undefined;
  /** Last day on which the entry is valid: `YYYY-MM-DD`. After this day the entry is an error. */
  until?: string | undefined;
  /** Expected value of a fact. The key is the name of a field of the suite. */
  [field: string]: unknown;
}

/** The keys of an entry that are not facts of an outcome. */
const REMARKS = {
  why: reason.optional(),
  issue: z.string().optional(),
  skip: z.literal(true).optional(),
  until: z.iso.date().optional(),
};

/** The schema of an entry for one suite, and the allowed keys in the order in which `accept` writes them. */
export interface EntryFormat {
  schema: z.ZodType<Entry>;
  keys: readonly string[];
}

/** Makes the format of an entry from the fields of a suite. */
export function entryFormat({ fields }: Suite): EntryFormat {
  const facts = Object.fromEntries(fields.map((field) => [field.name, fieldValueSchema(field).optional()]));
  const { why, issue, ...others } = REMARKS;
  const flaky = z.array(z.strictObject(facts)).min(1).optional();
  const shape = { ...facts, why, issue, flaky, ...others };
  return { schema: z.strictObject(shape), keys: Object.keys(shape) };
}

/** Schema of an expectation file. The entries in `cases` are checked separately, with `entryFormat`. */
export const expectationFileSchema = z.strictObject({
  $schema: z.string().optional(),
  version: z.literal(1),
  /** The suite for which the file was made. Outcomes of another suite or version cannot be compared with the file. */
  suite: z.strictObject({ name: z.string(), version: z.string(), cases: z.number().int() }),
  server: z.string(),
  /** What is expected of a case without an entry. The only allowed value is `conformant`: as the RFC demands. */
  default: z.literal('conformant'),
  /** Case id or section pattern (`12.*`) → entry. The more specific key has priority. */
  cases: z.record(z.string(), z.unknown()),
});

/** The value of `suite` in an expectation file. */
export function suiteName({ title, version, cases }: Suite): z.infer<typeof expectationFileSchema>['suite'] {
  return { name: title, version, cases: cases.length };
}
