/**
 * Packs case ids into a short text for the address of a page. A user who opens a case from the filtered index page can
 * then step to the next case of the filter. The build step puts this file into the pages as a script, so the file
 * imports nothing.
 */

/**
 * Packs case ids into a text such as `1.1.1-8~2.1-3~upgrade-a`. Ids whose last numbers are consecutive become one
 * range.
 */
export function packIds(ids: readonly string[]): string {
  const words: { head: string; from: number; to: number; word?: string }[] = [];
  for (const id of ids) {
    const [, head = '', digits] = /^((?:\d{1,3}\.)*)(\d{1,3})$/.exec(id) ?? [];
    const n = Number(digits);
    const last = words.at(-1);
    if (last?.word === undefined && last?.head === head && last.to + 1 === n) last.to = n;
    else words.push({ head, from: n, to: n, ...(digits === undefined ? { word: id } : {}) });
  }
  return words.map(({ head, from, to, word }) => word ?? `${head}${from}${to > from ? `-${to}` : ''}`).join('~');
}

/**
 * Unpacks the case ids from a text that `packIds` wrote. The function drops words that cannot be case ids, because an
 * address can contain anything.
 */
export function unpackIds(packed: string): string[] {
  return packed.split('~').flatMap((word) => {
    const [, head = '', from, to = from] = /^((?:\d{1,3}\.)*)(\d{1,3})(?:-(\d{1,3}))?$/.exec(word) ?? [];
    if (from === undefined) return /^[a-z][\w-]*(\.[\w-]+)*$/i.test(word) ? [word] : [];
    return Array.from({ length: Math.max(0, Number(to) - Number(from) + 1) }, (_, i) => `${head}${Number(from) + i}`);
  });
}
