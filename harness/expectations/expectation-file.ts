import { z } from 'zod';
import { autobahnOutcomeSchema } from '../suites/autobahn/outcome.ts';

/**
 * The expectation file as people write it: what a server does differently from a conformant one, case by case, and
 * why. Small on purpose, so that a change of it can be reviewed. `accept.ts` is the only writer.
 */

export const SUITE = { name: 'Autobahn|Testsuite', version: '25.10.1', cases: 517 } as const;

/** The facts in which a case differs from what a conformant server does; what is not named is as a conformant server has it. */
export const factsSchema = autobahnOutcomeSchema.partial().strict();
export type ExpectedFacts = z.infer<typeof factsSchema>;

const reason = z.string().refine((text) => text.trim() !== '', { error: 'says nothing' });

export const entrySchema = z.strictObject({
  ...factsSchema.shape,
  /** Why the server does so. Required as soon as a grade is not OK, and for flaky and skip. */
  why: reason.optional(),
  issue: z.string().optional(),
  /** Other outcomes that are seen too; each holds the facts that differ from a conformant server. */
  flaky: z.array(factsSchema).min(1).optional(),
  /** The case is not played. */
  skip: z.literal(true).optional(),
  /** `YYYY-MM-DD`: from the day after, the entry is an error. */
  until: z.iso.date().optional(),
});
export type Entry = z.infer<typeof entrySchema>;

export const expectationFileSchema = z.strictObject({
  $schema: z.string().optional(),
  version: z.literal(1),
  /** The suite this was made with. With another one every verdict could differ for reasons of the suite's. */
  suite: z.strictObject({ name: z.string(), version: z.string(), cases: z.number().int() }),
  server: z.string(),
  /** What holds for every case without an entry. There is one value; it stands in the file to say so. */
  default: z.literal('conformant'),
  /** Case id or section pattern (`12.*`) → entry. The more specific one counts. */
  cases: z.record(z.string(), z.unknown()),
});
