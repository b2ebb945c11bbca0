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

/**
 * The processes that listen on a TCP port and that we may look into; empty where that cannot be told. Where any of the
 * `likely` ones listens, only those are looked at: to open the books of every process takes longer than most cases.
 */
export function listenersOn(port: number, likely: readonly number[] = []): ProcessFacts[] {
  const sockets = new Set(['tcp', 'tcp6'].flatMap((table) => listeningSockets(table, port)));
  if (sockets.size === 0) return [];
  const among = (pids: readonly number[]): ProcessFacts[] =>
    pids
      .filter((pid) => openSockets(pid).some((socket) => sockets.has(socket)))
      .map(processFacts)
      .filter((facts) => facts !== undefined);
  const expected = among(likely);
  return expected.length > 0 ? expected : among(allPids());
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
    return readFileSync(`/proc/net/${table}`, 'latin1')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter(([, local, , state]) => state === '0A' && Number.parseInt(local?.split(':')[1] ?? '', 16) === port)
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
