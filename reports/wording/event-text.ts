import type { ReceivedEvent } from '../document/recorded-case.ts';
import { escapeInvisibleLine } from './escape-invisible.ts';

/**
 * Describes a received event in words on one line, for example `text message “Hello”`, `pong “”` or `timeout A`. The
 * payload is cut after `most` characters.
 */
export function eventText(event: ReceivedEvent, most = 40): string {
  switch (event.kind) {
    case 'message':
      return `${event.binary ? 'binary' : 'text'} message ${quoted(event.payload, most)}`;
    case 'pong':
      return `pong ${quoted(event.payload, most)}`;
    case 'timeout':
      return `timeout ${escapeInvisibleLine(event.tag)}`;
  }
}

/**
 * Finds the first event in which two lists of events differ, and returns its index. If one list is the beginning of the
 * other list, returns the length of the shorter list.
 */
export function firstApart(actual: readonly ReceivedEvent[], expected: readonly ReceivedEvent[]): number {
  const both = Math.min(actual.length, expected.length);
  for (let i = 0; i < both; i++) {
    const [a, b] = [actual[i], expected[i]];
    if (a === undefined || b === undefined || eventText(a, Infinity) !== eventText(b, Infinity)) return i;
  }
  return both;
}

function quoted(payload: string, most: number): string {
  const line = escapeInvisibleLine(payload);
  const characters = Array.from(line.slice(0, most * 2 + 2));
  return `“${line.length > most && characters.length > most ? `${characters.slice(0, most).join('')}…` : line}”`;
}
