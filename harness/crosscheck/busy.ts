import { type ChildProcess, spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import type { PreparedEngine } from '../engines/engine.ts';

/** Maximum lifetime of a busy process in seconds. It applies even if the crosscheck command never ends the process. */
const MOST_SECONDS = 900;

/** Program of a busy process: it computes until its time has passed or the process that started it has ended. */
const PROGRAM = `
const [seconds, parent] = process.argv.slice(1).map(Number);
const end = Date.now() + seconds * 1000;
while (Date.now() < end && process.ppid === parent) for (let i = 0; i < 1e6; i++);
`;

/**
 * Starts one busy process for each core. The busy processes end when the returned function is called, when this process
 * ends or is killed, or after 15 minutes.
 * @returns their pids, and the function that ends them.
 */
export function startBusyProcesses(): { pids: readonly number[]; end: () => Promise<void> } {
  const children = Array.from({ length: availableParallelism() }, () =>
    spawn(process.execPath, ['-e', PROGRAM, `${MOST_SECONDS}`, `${process.pid}`], { stdio: 'ignore' }),
  );
  return {
    pids: children.flatMap(({ pid }) => (pid === undefined ? [] : [pid])),
    end: async () => {
      await Promise.all(children.map(ended));
    },
  };
}

/** Kills a process. Resolves when it has ended. */
async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await exit;
}

/** Wraps an engine: while the returned engine plays cases, other processes keep all cores busy. */
export function besideBusyProcesses(engine: PreparedEngine): PreparedEngine {
  return {
    facts: engine.facts,
    recordsLive: engine.recordsLive,
    async *play(assignment) {
      const busy = startBusyProcesses();
      try {
        yield* engine.play(assignment);
      } finally {
        await busy.end();
      }
    },
  };
}
