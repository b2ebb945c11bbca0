import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/**
 * What Linux tells of processes under /proc. Elsewhere every answer is empty, and the checks built on it say nothing.
 */

export interface ProcessFacts {
  pid: number;
  group: number;
  /** Clock ticks since boot: with the pid, the identity of a process, since pids are used again. */
  started: number;
}

/** One process, or undefined when there is none (a zombie counts as none). */
export function processFacts(pid: number): ProcessFacts | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name stands in brackets and may hold anything, brackets too: count from the last one.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    return { pid, group: Number(fields[2]), started: Number(fields[19]) };
  } catch {
    return undefined;
  }
}

/** Every living process of a process group. */
export function groupMembers(group: number): ProcessFacts[] {
  return allPids()
    .map(processFacts)
    .filter((facts) => facts !== undefined)
    .filter((facts) => facts.group === group);
}

/** A process with the sockets by which it listens on a port, each by its inode. */
export interface Listener extends ProcessFacts {
  sockets: readonly string[];
}

/**
 * The processes that listen on a TCP port and that we may look into; empty where that cannot be told. Where any of the
 * `likely` ones listens, only those are looked at: to open the books of every process takes longer than most cases, and
 * so does each table of sockets, through which the kernel goes from end to end (4 ms for an empty one).
 */
export function listenersOn(port: number, likely: readonly number[] = []): Listener[] {
  const sockets = new Set<string>();
  for (const table of ['tcp', 'tcp6']) {
    for (const socket of listeningSockets(table, port)) sockets.add(socket);
    const expected = holdersOf(sockets, likely);
    if (expected.length > 0) return expected;
  }
  return holdersOf(sockets, allPids());
}

/** Whether a listener lives and holds a socket by which it listened. No table is read for that. */
export function stillListens({ pid, started, sockets }: Listener): boolean {
  return holdersOf(new Set(sockets), [pid]).some((now) => now.started === started);
}

/** Those of some processes that hold one of the sockets. */
function holdersOf(sockets: ReadonlySet<string>, pids: readonly number[]): Listener[] {
  if (sockets.size === 0) return [];
  return pids.flatMap((pid) => {
    const held = openSockets(pid).filter((socket) => sockets.has(socket));
    const facts = held.length === 0 ? undefined : processFacts(pid);
    return facts === undefined ? [] : [{ ...facts, sockets: held }];
  });
}

export function allPids(): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

/** Inodes of the sockets in state LISTEN (0A) on a port. */
function listeningSockets(table: string, port: number): string[] {
  try {
    // There may be thousands of lines, of connections that ended a minute ago.
    const end = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
    return readFileSync(`/proc/net/${table}`, 'latin1')
      .split('\n')
      .filter((line) => line.includes(end))
      .map((line) => line.trim().split(/\s+/))
      .filter(([, local, , state]) => state === '0A' && local?.endsWith(end))
      .map((fields) => fields[9] ?? '');
  } catch {
    return [];
  }
}

function openSockets(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
        return inode === undefined ? [] : [inode];
      } catch {
        return [];
      }
    });
  } catch {
    return [];
  }
}
