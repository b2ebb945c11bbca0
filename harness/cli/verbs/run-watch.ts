import { describeProblem } from '../../../reports/wording/terminal-problem.ts';
import { readConfig } from '../../config/config.ts';
import { toProblem } from '../../support/harness-error.ts';
import { FileWatch } from '../../system/watch.ts';
import { serversOf } from '../options/servers.ts';
import { type Shell, say, styleOf } from '../options/shell.ts';
import type { RunFlags } from './run-options.ts';

/**
 * `run --watch`: runs the cases now, and again after each change of a file in a server's folder. An error of a run is
 * printed and does not end the watch, because the user may be in the middle of an edit. The promise never resolves. It
 * rejects when `interruption` aborts.
 */
export async function watch(
  shell: Shell,
  flags: RunFlags,
  runOnce: () => Promise<void>,
  interruption: AbortSignal,
): Promise<void> {
  const servers = serversOf(await readConfig(process.cwd(), flags.config), shell.command, flags);
  const folders = servers.map(({ cwd }) => cwd);
  const files = await FileWatch.start(folders, flags.out);
  try {
    for (let nextRun = 2; ; nextRun++) {
      await runOnce().catch((error: unknown) => {
        // describeProblem escapes control characters itself. A second escape would show the colours as text.
        const lines = describeProblem(toProblem(error), styleOf(shell, shell.stderr, flags.color));
        shell.stderr.write(`${lines.join('\n')}\n`);
      });
      interruption.throwIfAborted();
      // A build writes files. Without this line, each run with a build would start the next run.
      if (servers.some(({ build }) => build !== undefined)) files.discardChange();
      say(shell, `Waiting for a change in ${folders.join(', ')}. Press Ctrl-C to stop.`);
      const file = await files.changed(interruption);
      say(shell, `---- ${new Date().toTimeString().slice(0, 8)} ${file} changed: run ${nextRun} ----`);
    }
  } finally {
    await files.close();
  }
}
