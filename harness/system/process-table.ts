import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/*
 * Reads /proc, the process table of Linux. On other systems every function here returns an empty result, and checks
 * that use such a result always succeed.
 */

/**
 * A living process. The pid alone does not identify a process, because the system uses the pid of an ended process
 * again.
 */
export interface ProcessFacts {
  pid: number;
  /** Id of its process group. */
  group: number;
  /** Start of the process, in clock ticks since boot. */
  started: number;
}

/** Reads the process table's entry of one process. @returns undefined if the process does not exist or is a zombie. */
export function processFacts(pid: number): ProcessFacts | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the program's name in parentheses. The name can itself contain parentheses, so the other
    // fields start after the last closing one.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    return { pid, group: Number(fields[2]), started: Number(fields[19]) };
  } catch {
    return undefined;
  }
}

/** All living processes of a process group. */
export function groupMembers(group: number): ProcessFacts[] {
  return allPids()
    .map(processFacts)
    .filter((facts) => facts !== undefined)
    .filter((facts) => facts.group === group);
}

/** A process that listens on a TCP port. */
export interface Listener extends ProcessFacts {
  /** Inodes of the sockets on which the process listens on that port. */
  sockets: readonly string[];
}

/**
 * Finds the processes that listen on a TCP port. Processes of other users cannot be seen, so a process may listen even
 * if the result is empty.
 * @param likely pids to look at first. If one of these processes listens, the search ends there, because it is slow:
 * reading the open files of all processes takes longer than most cases, and each table of sockets takes 4 ms even when
 * it is empty.
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

/**
 * Whether a process still lives and still listens on one of its sockets. This is fast, because no table of sockets is
 * read.
 */
export function stillListens({ pid, started, sockets }: Listener): boolean {
  return holdersOf(new Set(sockets), [pid]).some((now) => now.started === started);
}

/** Returns those of the given processes that have one of the sockets open. */
function holdersOf(sockets: ReadonlySet<string>, pids: readonly number[]): Listener[] {
  if (sockets.size === 0) return [];
  return pids.flatMap((pid) => {
    const listening = openSockets(pid).filter((socket) => sockets.has(socket));
    const facts = listening.length === 0 ? undefined : processFacts(pid);
    return facts === undefined ? [] : [{ ...facts, sockets: listening }];
  });
}

/** The pids of all processes of this machine. */
export function allPids(): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

/**
 * Returns the inodes of the sockets that listen on a port (state 0A in the table).
 * @param table `tcp` for IPv4, `tcp6` for IPv6.
 */
function listeningSockets(table: string, port: number): string[] {
  try {
    // The table also has the connections that were closed in the last minute, which can be thousands of lines. Lines
    // without the port are dropped first, because splitting every line into fields is slow.
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

/** Returns the inodes of the sockets that a process has open. */
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
