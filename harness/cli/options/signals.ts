import { Interruption } from '../../support/interruption.ts';
import { abandonWorkspaces } from '../../system/workspace.ts';

/** What a signal may take to be obeyed, before we leave without ceremony: CI systems kill after 7.5 s. */
const LAST_CALL_MS = 5500;

/** One abort signal for all that goes on. The second signal, or too long a farewell, ends us at once. */
export function listenForSignals(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      const interruption = new Interruption(name);
      const leave = () => {
        abandonWorkspaces();
        process.exit(interruption.exitCode);
      };
      if (controller.signal.aborted) leave();
      controller.abort(interruption);
      setTimeout(leave, LAST_CALL_MS).unref();
    });
  }
  return controller.signal;
}
