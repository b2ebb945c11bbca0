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

/**
 * Compares the results of two engines that played the same case against the same server. Compared are all facts of an
 * outcome, the expectation of the case, the frames in both directions, and the order of timers. Not compared are times,
 * masks, the pieces in which TCP delivered the bytes, sentences, and the frames and figures of 12.x and 13.x, which
 * depend on the version of zlib.
 */
export function findDisagreements(reference: RecordedCase, native: RecordedCase): Disagreement[] {
  const found: Disagreement[] = [];
  const compare = (at: string, ours: unknown, theirs: unknown) => {
    if (!isDeepStrictEqual(ours, theirs)) found.push({ id: reference.id, at, reference: ours, native: theirs });
  };
  const [one, other] = [normalise(reference), normalise(native)];
  for (const at of AUTOBAHN_FIELDS) compare(at, one[at], other[at]);
  for (const at of SAME_IN_BOTH) compare(at, reference[at], native[at]);
  // The reason of a Close is compared only if the engine did not fail the connection: else it is a sentence of the engine.
  const reason = (detail: RecordedCase) =>
    detail.failedByMe ? detail.localCloseReason !== null : detail.localCloseReason;
  compare('localCloseReason', reason(reference), reason(native));
  compare('wasNotCleanReason is set', reference.wasNotCleanReason === null, native.wasNotCleanReason === null);
  compare('trafficStats are recorded', reference.trafficStats === null, native.trafficStats === null);
  if (!/^1[23]\./.test(reference.id)) {
    compare('rxFrameStats', reference.rxFrameStats, native.rxFrameStats);
    compare('txFrameStats', reference.txFrameStats, native.txFrameStats);
  }
  compare('timers', reference.wirelog.flatMap(timerRow), native.wirelog.flatMap(timerRow));
  return found;
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
