import type { RecordedCase } from '../document/recorded-case.ts';

/** Maximum number of wire log rows on a page. A page shows only the first and the last rows of a longer wire log. */
export const WIRE_ROWS_SHOWN = 400;

/** The end of a payload that Autobahn's log cut. */
const CUT = / \.\.\.$/;

/**
 * Whether the page of a case cannot show everything: a payload was recorded in its short form, the wire log was
 * switched off, or the wire log is too long for a page. Rows of raw bytes do not count: the log cuts them in every
 * handshake, and the page shows the handshake as text.
 */
export function isTruncated({ wirelog, received, createWirelog }: RecordedCase): boolean {
  return (
    !createWirelog ||
    wirelog.length > WIRE_ROWS_SHOWN ||
    wirelog.some((row) => (row.row === 'log' ? !row.on : row.row === 'frame' && CUT.test(row.payload))) ||
    received.some((event) => event.kind !== 'timeout' && CUT.test(event.payload))
  );
}
