const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
const UTC = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(:\d\d)?(?:\.\d+)?Z$/;

/** A moment for a page: what `<time>` wants, and what somebody reads. */
export interface Moment {
  datetime: string;
  text: string;
}

/**
 * `2026-05-07T18:09:48.789Z` as a person would say it: `7 May 2026, 18:09 UTC`; with `seconds` also those, where several
 * moments of one minute are to be told apart. What is no moment in this form stays as it is.
 */
export function when(iso: string, seconds = false): Moment {
  const [, year, month, day, hour, minute, second = ''] = UTC.exec(iso) ?? [];
  const name = MONTHS[Number(month) - 1];
  if (year === undefined || name === undefined) return { datetime: iso, text: iso };
  return { datetime: iso, text: `${Number(day)} ${name} ${year}, ${hour}:${minute}${seconds ? second : ''} UTC` };
}
