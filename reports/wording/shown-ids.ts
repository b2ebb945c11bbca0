/**
 * The cases a filtered matrix shows, as a word for an address, so that a case's page knows its neighbours among them.
 * It runs in the pages, into which `precompile.ts` puts it, so it imports nothing.
 */

/** `1.1.1-8~2.1-3~2.10`: ids that follow one another in their last part are one word. */
export function packIds(ids: readonly string[]): string {
  const runs: { head: string; from: number; to: number }[] = [];
  for (const id of ids) {
    const at = id.lastIndexOf('.') + 1;
    const [head, n] = [id.slice(0, at), Number(id.slice(at))];
    const last = runs.at(-1);
    if (last !== undefined && last.head === head && last.to + 1 === n) last.to = n;
    else runs.push({ head, from: n, to: n });
  }
  return runs.map(({ head, from, to }) => `${head}${from}${to > from ? `-${to}` : ''}`).join('~');
}

/** What `packIds` packed; nothing of what else an address may hold. */
export function unpackIds(packed: string): string[] {
  return packed.split('~').flatMap((word) => {
    const [, head = '', from, to = from] = /^((?:\d{1,3}\.)*)(\d{1,3})(?:-(\d{1,3}))?$/.exec(word) ?? [];
    if (from === undefined) return [];
    return Array.from({ length: Math.max(0, Number(to) - Number(from) + 1) }, (_, i) => `${head}${Number(from) + i}`);
  });
}
