import { readFileSync } from 'node:fs';

/** /proc gives CPU times in this many units per second: Linux counts hundredths of a second (`getconf CLK_TCK`). */
const TICKS_PER_SECOND = 100;

/**
 * Returns the CPU time that a process has used so far, in seconds: user and system time of all threads.
 *
 * @throws {Error} if the process does not exist or the system has no /proc.
 */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The process name is in parentheses and may itself contain spaces and parentheses, so start after the last
  // parenthesis.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Resident memory of a process (VmRSS) in bytes. */
export function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}
