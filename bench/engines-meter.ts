import { readFileSync } from 'node:fs';

/** Time that one run of the test cases takes, in milliseconds. */
export interface Cost {
  /** Wall-clock time. */
  wallMs: number;
  /**
   * CPU time (user and system) of the player, the program that runs the test cases. Null if it cannot be measured, for
   * example in a container.
   */
  playerMs: number | null;
  /** CPU time of the tested server process during the run. Null if it is unknown; it can then be part of `playerMs`. */
  serverMs: number | null;
}

/**
 * Length of the unit in which /proc gives CPU times: a hundredth of a second, whatever the clock rate of the kernel is.
 */
const MS_PER_TICK = 10;

/** CPU time of a process and of its finished children, in milliseconds. @throws {Error} if the system has no /proc. */
export function cpuOf(pid: number | 'self'): { ownMs: number; childrenMs: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The process name is in parentheses and may itself contain parentheses, so start after the last one
  // (proc_pid_stat(5)).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ms = (index: number): number => Number(fields[index]) * MS_PER_TICK;
  return { ownMs: ms(11) + ms(12), childrenMs: ms(13) + ms(14) };
}

/**
 * Measures the wall-clock time and the CPU times of `play`, which runs the test cases once. `counts` says which CPU
 * time belongs to the player, the program that runs the cases: that of this process (`self`), that of its finished
 * children (`children`), or none that can be measured (`nobody`). `server` is the process id of the server, or null.
 */
export async function meter(
  play: () => Promise<void>,
  { counts, server }: { counts: 'self' | 'children' | 'nobody'; server: number | null },
): Promise<Cost> {
  const readClocks = () => ({
    at: performance.now(),
    self: cpuOf('self'),
    server: server === null ? null : cpuOf(server).ownMs,
  });
  const before = readClocks();
  await play();
  const after = readClocks();
  const playerMs = {
    self: after.self.ownMs - before.self.ownMs,
    children: after.self.childrenMs - before.self.childrenMs,
    nobody: null,
  }[counts];
  const serverMs = after.server === null || before.server === null ? null : after.server - before.server;
  return { wallMs: after.at - before.at, playerMs, serverMs };
}
