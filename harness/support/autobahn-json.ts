/** Writes JSON as Autobahn does: keys sorted, indented by three spaces, ASCII only, no line break at the end. */
export function autobahnJson(value: unknown): string {
  const text = JSON.stringify(value, (_, part: unknown) => (isRecord(part) ? withSortedKeys(part) : part), 3);
  return text.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Sorts the keys as text, as Autobahn's Python code does. JavaScript still puts keys that are whole numbers first. */
function withSortedKeys(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.keys(record)
      .sort()
      .map((key) => [key, record[key]]),
  );
}
