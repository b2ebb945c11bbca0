import { isDeepStrictEqual } from 'node:util';
import type { RecordedCase, WireRow } from '../../reports/document/recorded-case.ts';
import { normalise } from '../suites/autobahn/normalise.ts';
import { AUTOBAHN_FIELDS } from '../suites/autobahn/outcome.ts';

/**
 * A fact (field of a result) for which two engines recorded different values in the same case. `at` is the name of the
 * fact.
 */
export interface Disagreement {
  id: string;
  at: string;
  reference: unknown;
  native: unknown;
}

/** The facts (fields of a result) that are compared between two engines, by name. */
export type Facts = Readonly<Record<string, unknown>>;

/** Compares the results of two engines that played the same case against the same server. */
export function findDisagreements(reference: RecordedCase, native: RecordedCase): Disagreement[] {
  const [one, other] = [factsOf(reference), factsOf(native)];
  return differentFacts(one, other).map((at) => ({ id: reference.id, at, reference: one[at], native: other[at] }));
}

/** Returns the names of the facts (fields of a result) in which two results differ. */
export function differentFacts(one: Facts, other: Facts): string[] {
  return Object.keys(one).filter((at) => !isDeepStrictEqual(one[at], other[at]));
}

/**
 * Returns the facts of a recorded case that are compared: those of its outcome, the expectation of the case, the frames
 * in both directions, and the order of timers. Times, masks, explaining sentences, and the pieces in which TCP
 * delivered the bytes are not compared. In the cases 12.x and 13.x, frames and compression figures are not compared
 * either, because they depend on the version of zlib.
 */
export function factsOf(detail: RecordedCase): Facts {
  const outcome = normalise(detail);
  return {
    ...Object.fromEntries(AUTOBAHN_FIELDS.map((at) => [at, outcome[at]])),
    ...Object.fromEntries(SAME_IN_BOTH.map((at) => [at, detail[at]])),
    // The text in the engine's own Close frame is compared only if the engine did not fail the connection. If it did,
    // each engine has its own wording.
    localCloseReason: detail.failedByMe ? detail.localCloseReason !== null : detail.localCloseReason,
    'wasNotCleanReason is set': detail.wasNotCleanReason !== null,
    'trafficStats are recorded': detail.trafficStats !== null,
    ...(/^1[23]\./.test(detail.id) ? {} : { rxFrameStats: detail.rxFrameStats, txFrameStats: detail.txFrameStats }),
    timers: detail.wirelog.flatMap(timerRow),
  };
}

/**
 * The name of a special fact: whether an engine has a result of a case at all. The other facts are fields of the
 * result.
 */
export const HAS_RESULT = 'has a result';

/**
 * Returns the facts (fields of a result) that are compared, by name. One more fact says whether there is a result at
 * all.
 */
export function comparedFacts(detail: RecordedCase | undefined): Map<string, unknown> {
  if (detail === undefined) return new Map([[HAS_RESULT, false]]);
  return new Map<string, unknown>([[HAS_RESULT, true], ...Object.entries(factsOf(detail))]);
}

/** Fields of a recorded case, in addition to the outcome, that must be equal for both engines. */
const SAME_IN_BOTH = [
  'index',
  'isServer',
  'localCloseCode',
  'remoteCloseReason',
  'expected',
  'expectedClose',
  'createWirelog',
  'reportTime',
  'reportCompressionRatio',
] as const satisfies readonly (keyof RecordedCase)[];

function timerRow(row: WireRow): string[] {
  switch (row.row) {
    case 'timer':
      return [`${row.timer} ${row.fired ? 'fired' : `armed ${row.seconds}`}${row.tag ? ` ${row.tag}` : ''}`];
    case 'log':
      return [`log ${row.on ? 'on' : 'off'}`];
    case 'octets':
    case 'frame':
      return [];
  }
}
