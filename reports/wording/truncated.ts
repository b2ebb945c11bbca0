import type { RecordedCase } from '../document/recorded-case.ts';

/**
 * The maximum number of wire log rows on a page. For a longer wire log, the page shows only the first and the last
 * rows.
 */
export const WIRE_ROWS_SHOWN = 400;

/** Matches the end of a payload that Autobahn's log has cut. */
const CUT = / \.\.\.$/;

/**
 * Returns whether the page of a case cannot show everything. There are three reasons: a payload was recorded only in
 * its short form, the wire log was switched off, or the wire log is too long for a page. Cut rows of raw bytes are no
 * reason: the log cuts such rows in every opening handshake, and the page shows the handshake as text.
 */
export function isTruncated({ wirelog, received, createWirelog }: RecordedCase): boolean {
  return (
    !createWirelog ||
    wirelog.length > WIRE_ROWS_SHOWN ||
    wirelog.some((row) => (row.row === 'log' ? !row.on : row.row === 'frame' && CUT.test(row.payload))) ||
    received.some((event) => event.kind !== 'timeout' && CUT.test(event.payload))
  );
}
