import { isDeepStrictEqual } from 'node:util';
import type { RecordedCase, WireRow } from '../../reports/document/recorded-case.ts';
import { normalise } from '../suites/autobahn/normalise.ts';
import { AUTOBAHN_FIELDS } from '../suites/autobahn/outcome.ts';

/** One fact of one case on which two engines do not agree. */
export interface Disagreement {
  id: string;
  at: string;
  reference: unknown;
  native: unknown;
}

/**
 * Where two engines that played the same case against the same server do not agree: all that is compared of a server
 * too, what the case expected of it, the frames that went either way, and the order in which timers were armed and
 * fired. Left out are clocks, masks, how TCP cut the stream, prose, and what depends on the zlib build: the frames and
 * figures of 12.x and 13.x.
 */
export function findDisagreements(reference: RecordedCase, native: RecordedCase): Disagreement[] {
  const found: Disagreement[] = [];
  const compare = (at: string, ours: unknown, theirs: unknown) => {
    if (!isDeepStrictEqual(ours, theirs)) found.push({ id: reference.id, at, reference: ours, native: theirs });
  };
  const [one, other] = [normalise(reference), normalise(native)];
  for (const at of AUTOBAHN_FIELDS) compare(at, one[at], other[at]);
  for (const at of SAME_IN_BOTH) compare(at, reference[at], native[at]);
  // Once an engine has failed the connection, the reason it sent is its own prose.
  const reason = (detail: RecordedCase) =>
    detail.failedByMe ? detail.localCloseReason !== null : detail.localCloseReason;
  compare('localCloseReason', reason(reference), reason(native));
  compare('wasNotCleanReason is told', reference.wasNotCleanReason === null, native.wasNotCleanReason === null);
  compare('trafficStats are kept', reference.trafficStats === null, native.trafficStats === null);
  if (!/^1[23]\./.test(reference.id)) {
    compare('rxFrameStats', reference.rxFrameStats, native.rxFrameStats);
    compare('txFrameStats', reference.txFrameStats, native.txFrameStats);
  }
  compare('timers', reference.wirelog.flatMap(timerRow), native.wirelog.flatMap(timerRow));
  return found;
}

/** Keys that a case file of either engine must have alike, beside the outcome. */
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
