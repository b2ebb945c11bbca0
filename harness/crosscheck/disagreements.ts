import { isDeepStrictEqual } from 'node:util';
import type { RecordedCase, WireRow } from '../../reports/document/recorded-case.ts';
import { normalise } from '../suites/autobahn/normalise.ts';
import { AUTOBAHN_FIELDS } from '../suites/autobahn/outcome.ts';

/** A fact of a case that two engines have recorded differently. `at` names the fact. */
export interface Disagreement {
  id: string;
  at: string;
  reference: unknown;
  native: unknown;
}

/** Compares the results of two engines that played the same case against the same server: all facts of `comparedFacts`. */
export function findDisagreements(reference: RecordedCase, native: RecordedCase): Disagreement[] {
  const ours = comparedFacts(native);
  return [...comparedFacts(reference)]
    .map(([at, fact]) => ({ id: reference.id, at, reference: fact, native: ours.get(at) }))
    .filter((fact) => !isDeepStrictEqual(fact.reference, fact.native));
}

/** Name of the fact whether an engine has a result of a case. */
export const HAS_RESULT = 'has a result';

/**
 * The facts of a recorded case that both engines must record alike, by name: all facts of an outcome, the expectation of
 * the case, the frames in both directions, and the order of timers. Not compared are times, masks, the pieces in which
 * TCP delivered the bytes, sentences, and the frames and figures of 12.x and 13.x, which depend on the version of zlib.
 */
export function comparedFacts(detail: RecordedCase | undefined): Map<string, unknown> {
  if (detail === undefined) return new Map([[HAS_RESULT, false]]);
  const outcome = normalise(detail);
  return new Map<string, unknown>([
    [HAS_RESULT, true],
    ...AUTOBAHN_FIELDS.map((at) => [at, outcome[at]] as const),
    ...SAME_IN_BOTH.map((at) => [at, detail[at]] as const),
    // The reason of a Close is compared only if the engine did not fail the connection: else it is a sentence of the engine.
    ['localCloseReason', detail.failedByMe ? detail.localCloseReason !== null : detail.localCloseReason],
    ['wasNotCleanReason is set', detail.wasNotCleanReason === null],
    ['trafficStats are recorded', detail.trafficStats === null],
    ...(/^1[23]\./.test(detail.id) ? [] : FRAME_COUNTS.map((at) => [at, detail[at]] as const)),
    ['timers', detail.wirelog.flatMap(timerRow)],
  ]);
}

/** Fields of a recorded case that say how many frames were received and sent. */
const FRAME_COUNTS = ['rxFrameStats', 'txFrameStats'] as const satisfies readonly (keyof RecordedCase)[];

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
