import type { Command } from 'commander';
import { readConfig } from '../../config/config.ts';
import { refuseReporters } from '../../reporting/reporters.ts';
import { suiteNamed } from '../../run/registry.ts';
import { TOOL } from '../../support/identity.ts';
import { rerunWords } from '../options/rerun.ts';
import { selectionOf } from '../options/selection.ts';
import { serversOf } from '../options/servers.ts';
import { resolveSettings } from '../options/settings.ts';
import type { Shell } from '../options/shell.ts';
import { listenForSignals } from '../options/signals.ts';
import { dryRun } from './dry-run.ts';
import { printSettings } from './print-settings.ts';
import { refuseConflictingOptions, refuseOptionsWithoutEffect } from './run-conflicts.ts';
import { engineOf } from './run-engine.ts';
import { reportersOf, runOnce } from './run-once.ts';
import { addRunOptions, type RunFlags } from './run-options.ts';
import { watch } from './run-watch.ts';

/** Adds the verb `run`. A command line without a verb means `run` too. */
export function addRun(program: Command, shell: Shell): void {
  addRunOptions(program.command('run', { isDefault: true })).action(
    async (cases: string[], _: unknown, verb: Command) => {
      const { config, settings } = await resolveSettings(shell, verb);
      const caIsDefault = settings.some(({ option, source }) => option === 'ca' && source === 'file');
      const flags: RunFlags = { ...verb.opts<RunFlags>(), caIsDefault, rerun: rerunWords(shell, verb, TOOL.name) };
      if (flags.printConfig) printSettings(shell, settings, config, flags);
      else {
        refuseOptionsWithoutEffect(shell, verb);
        refuseConflictingOptions(flags);
        await runCases(shell, cases, flags);
      }
    },
  );
}

/**
 * Runs the selected cases once, or with `--watch` after each change. With `--dry-run`, only shows what would run.
 */
async function runCases(shell: Shell, patterns: readonly string[], flags: RunFlags): Promise<void> {
  const interruption = listenForSignals();
  if (flags.dryRun) await runDry(shell, patterns, flags, interruption);
  else if (flags.watch) await watch(shell, flags, () => runOnce(shell, patterns, flags, interruption), interruption);
  else await runOnce(shell, patterns, flags, interruption);
}

async function runDry(
  shell: Shell,
  patterns: readonly string[],
  flags: RunFlags,
  interruption: AbortSignal,
): Promise<void> {
  refuseReporters(reportersOf(flags) ?? []);
  const servers = serversOf(await readConfig(process.cwd(), flags.config), shell.command, flags);
  const registered = suiteNamed(shell.registry, flags.suite);
  const selection = selectionOf(shell, registered.suite, patterns, flags);
  const engine = engineOf(registered, flags, servers, () => {});
  await dryRun(shell, registered.suite, selection, servers, engine, flags, interruption);
}
