import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** Labels of every container that this tool creates. Only containers with these labels are ever removed. */
export const LABEL = {
  run: 'ws-conformance.run',
  pid: 'ws-conformance.owner.pid',
  started: 'ws-conformance.owner.started',
  host: 'ws-conformance.owner.host',
} as const;

/** Returns the labels of the containers that this process creates for one run. */
export function ownLabels(run: string): Record<string, string> {
  return {
    [LABEL.run]: run,
    [LABEL.pid]: String(process.pid),
    [LABEL.started]: startOf(process.pid),
    [LABEL.host]: hostname(),
  };
}

/**
 * Returns the start time of a process: clock ticks since boot on Linux (field 22 of `/proc/PID/stat`), an empty string
 * elsewhere. It is only used to compare processes: the system gives the pid of an ended process to a new process, but
 * the start time then differs.
 */
export function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the name of the program in parentheses. The name can itself contain spaces and parentheses,
    // so the fields after it are counted from the last closing parenthesis.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
