import { z } from 'zod';
import { CLOSE_GRADES, GRADES } from '../../../reports/document/recorded-case.ts';

const event = z.union([
  z.object({ kind: z.literal('message'), payload: z.string(), binary: z.boolean() }),
  z.object({ kind: z.literal('pong'), payload: z.string() }),
  z.object({ kind: z.literal('timeout'), tag: z.string() }),
]);

/** Schema of an outcome: the fields of a result ("facts") that are compared with the expectation. */
export const autobahnOutcomeSchema = z.object({
  behavior: z.enum(GRADES),
  behaviorClose: z.enum(CLOSE_GRADES),
  remoteCloseCode: z.number().int().nullable(),
  wasClean: z.boolean(),
  closedByMe: z.boolean(),
  failedByMe: z.boolean(),
  droppedByMe: z.boolean(),
  wasServerConnectionDropTimeout: z.boolean(),
  wasOpenHandshakeTimeout: z.boolean(),
  wasCloseHandshakeTimeout: z.boolean(),
  received: z.array(event),
});
/** The fields of a result ("facts") that are compared with the expectation. */
export type AutobahnOutcome = z.infer<typeof autobahnOutcomeSchema>;
/** Name of a fact (field of an outcome). */
export type AutobahnField = keyof AutobahnOutcome;
/** Names of all facts (fields of an outcome), in the order of the tables on report pages. */
export const AUTOBAHN_FIELDS = Object.keys(autobahnOutcomeSchema.shape) as readonly AutobahnField[];
