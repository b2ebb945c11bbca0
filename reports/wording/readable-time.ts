const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
const UTC = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(:\d\d)?(?:\.\d+)?Z$/;

/** A time as a page shows it. `datetime` is for the HTML attribute of `<time>`, and `text` is for people. */
export interface Moment {
  datetime: string;
  text: string;
}

/**
 * Formats a UTC time for people: `2026-05-07T18:09:48.789Z` becomes `7 May 2026, 18:09 UTC`. The argument `seconds`
 * adds the seconds, for pages with several times in one minute. The function returns a text that is not such a time
 * unchanged.
 */
export function readableTime(iso: string, seconds = false): Moment {
  const [, year, month, day, hour, minute, second = ''] = UTC.exec(iso) ?? [];
  const name = MONTHS[Number(month) - 1];
  if (year === undefined || name === undefined) return { datetime: iso, text: iso };
  return { datetime: iso, text: `${Number(day)} ${name} ${year}, ${hour}:${minute}${seconds ? second : ''} UTC` };
}
