/**
 * Compares two case ids such as `2.10` part by part, for sorting. Numbers are compared by value: 2.2 comes before 2.10.
 * Words are compared by their letters. A section such as `2` comes before its cases.
 */
export function compareCaseIds(a: string, b: string): number {
  const [left, right] = [a.split('.'), b.split('.')];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = compareParts(left[i] ?? '', right[i] ?? '');
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

function compareParts(a: string, b: string): number {
  if (a === b) return 0;
  const [left, right] = [Number(a), Number(b)];
  if (!Number.isNaN(left) && !Number.isNaN(right)) return left - right;
  return a < b ? -1 : 1;
}

/** Compares two keys of an expectation file, for sorting. A key is a case id or a section pattern such as `12.*`. */
export function compareKeys(a: string, b: string): number {
  return compareCaseIds(a.replace(/\.\*/g, ''), b.replace(/\.\*/g, ''));
}

/**
 * The sections that contain a case, widest first. A section is the start of a case id: `12.1.3` is in `12` and `12.1`.
 */
export function sectionsOf(id: string): string[] {
  const parts = id.split('.');
  return parts.slice(0, -1).map((_, i) => parts.slice(0, i + 1).join('.'));
}
