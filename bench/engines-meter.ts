import { readFileSync } from 'node:fs';

/** What one play cost. Milliseconds, all of them. */
export interface Cost {
  wallMs: number;
  /** CPU time of whoever played, user and system; null where it cannot be told (another machine's, a container's). */
  playerMs: number | null;
  /** CPU time of the server's process meanwhile; null where it is part of `playerMs`. */
  serverMs: number | null;
}

/** Linux counts CPU time for user space in hundredths of a second, whatever the kernel's own tick is. */
const MS_PER_TICK = 10;

/** CPU time of a process, and of the children it has waited for. Linux only: throws where there is no /proc. */
export function cpuOf(pid: number | 'self'): { ownMs: number; childrenMs: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The name stands in brackets and may hold anything, brackets too: count from the last one (proc_pid_stat(5)).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ms = (index: number): number => Number(fields[index]) * MS_PER_TICK;
  return { ownMs: ms(11) + ms(12), childrenMs: ms(13) + ms(14) };
}

/**
 * Plays once with the clocks running. `counts` says whose CPU time is the player's: this process's, that of the
 * children it starts and waits for, or nobody's that we can see.
 */
export async function meter(
  play: () => Promise<void>,
  { counts, server }: { counts: 'self' | 'children' | 'nobody'; server: number | null },
): Promise<Cost> {
  const look = () => ({
    at: performance.now(),
    self: cpuOf('self'),
    server: server === null ? null : cpuOf(server).ownMs,
  });
  const before = look();
  await play();
  const after = look();
  const playerMs = {
    self: after.self.ownMs - before.self.ownMs,
    children: after.self.childrenMs - before.self.childrenMs,
    nobody: null,
  }[counts];
  const serverMs = after.server === null || before.server === null ? null : after.server - before.server;
  return { wallMs: after.at - before.at, playerMs, serverMs };
}
