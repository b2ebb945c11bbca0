import { z } from 'zod';
import { matchCases } from '../plan/match-cases.ts';
import { suiteIds } from '../suites/autobahn/catalogue.ts';
import type { Disagreement } from './disagreements.ts';
import { readJson } from './fixtures.ts';

/**
 * The known deviations: facts (fields of a result) in which the embedded engine may differ from the reference (the real
 * suite), each with a reason.
 */
const deviations = z
  .array(
    z.strictObject({
      /** Names of the servers to which the deviation applies; without it, it applies to all servers. */
      servers: z.array(z.string()).optional(),
      cases: z.array(z.string()).min(1),
      /** Names of the facts (fields of a result) that may differ; without it, all facts may differ. */
      facts: z.array(z.string()).optional(),
      why: z.string().min(1),
    }),
  )
  .parse(readJson('fixtures/spec/deviations.json'));

/** Whether a disagreement (two engines recorded different values) about a server is a known deviation. */
export const isDeviation = (server: string, { id, at }: Disagreement): boolean =>
  deviations.some(
    ({ servers, facts, cases }) =>
      (servers?.includes(server) ?? true) &&
      (facts?.includes(at) ?? true) &&
      cases.some((pattern) => matchCases(suiteIds, pattern).includes(id)),
  );
