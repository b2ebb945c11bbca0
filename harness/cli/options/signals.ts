import { Interruption } from '../../support/interruption.ts';
import { abandonWorkspaces } from '../../system/workspace.ts';

/** Time in which the run may end in an orderly way after a signal. CI systems kill the process after 7.5 s. */
const GRACE_MS = 5500;

/**
 * Returns a signal that aborts with an Interruption when the process gets SIGINT, SIGTERM or SIGHUP. The run then ends
 * in an orderly way. After a second signal, or if the end takes too long, the process exits at once.
 */
export function listenForSignals(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      const interruption = new Interruption(name);
      const exitNow = () => {
        abandonWorkspaces();
        process.exit(interruption.exitCode);
      };
      if (controller.signal.aborted) exitNow();
      controller.abort(interruption);
      setTimeout(exitNow, GRACE_MS).unref();
    });
  }
  return controller.signal;
}
