import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** Every container we create has these; cleaning goes by them alone, never by a name or an image. */
export const LABEL = {
  run: 'ws-conformance.run',
  pid: 'ws-conformance.owner.pid',
  started: 'ws-conformance.owner.started',
  host: 'ws-conformance.owner.host',
} as const;

/** The labels of what this process creates for one run. */
export function ownLabels(run: string): Record<string, string> {
  return {
    [LABEL.run]: run,
    [LABEL.pid]: String(process.pid),
    [LABEL.started]: startOf(process.pid),
    [LABEL.host]: hostname(),
  };
}

/**
 * When a process started, as a word to compare: clock ticks since boot on Linux (field 22 of its stat), else empty. A
 * pid is given out again after a while; pid and start together are not.
 */
export function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the program's name in brackets, and may itself hold blanks and brackets.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
