/**
 * The cases a filtered matrix shows, as a word for an address, so that a case's page knows its neighbours among them.
 * It runs in the pages, into which `precompile.ts` puts it, so it imports nothing.
 */

/** `1.1.1-8~2.1-3~upgrade-a`: ids that follow one another in their last number are one word. */
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

/** What `packIds` packed. Words that are no case ids are left out: an address may hold anything. */
export function unpackIds(packed: string): string[] {
  return packed.split('~').flatMap((word) => {
    const [, head = '', from, to = from] = /^((?:\d{1,3}\.)*)(\d{1,3})(?:-(\d{1,3}))?$/.exec(word) ?? [];
    if (from === undefined) return /^[a-z][\w-]*(\.[\w-]+)*$/i.test(word) ? [word] : [];
    return Array.from({ length: Math.max(0, Number(to) - Number(from) + 1) }, (_, i) => `${head}${Number(from) + i}`);
  });
}
