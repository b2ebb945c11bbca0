import { resolve, sep } from 'node:path';
import type { Command } from 'commander';
import { HarnessError } from '../../support/harness-error.ts';
import { followLinks } from '../../system/report-folder.ts';
import type { Shell } from '../options/shell.ts';
import type { RunFlags } from './run-options.ts';

/** Pairs of options of `run` that exclude each other, with the reason that the error message gives. */
const CONFLICTS = [
  ['from', 'selftest', '--selftest checks an engine, and --from uses no engine.'],
  ['from', 'resume', '--from reads recorded results, and --resume runs the cases without a result.'],
  ['from', 'watch', 'Recorded results do not change when a file of the server changes.'],
  ['resume', 'watch', '--resume completes an earlier run, and --watch starts a new run after each change.'],
  ['dryRun', 'from', '--dry-run shows which cases would run, and --from runs no case.'],
  ['dryRun', 'resume', '--dry-run cannot show which cases are left of the earlier run. The earlier report shows them.'],
  ['dryRun', 'watch', '--dry-run starts nothing, so there is nothing to start again.'],
  ['json', 'watch', '--json prints one document to stdout, and --watch would print one document for each run.'],
] as const;

/**
 * Checks that no two options of `run` exclude each other.
 * @throws HarnessError with exit code 2 if two such options are set.
 */
export function refuseConflictingOptions(flags: RunFlags): void {
  const conflict = CONFLICTS.find(([first, second]) => flags[first] && flags[second]);
  if (conflict === undefined) return;
  const [first, second, why] = conflict;
  throw new HarnessError(2, {
    what: `--${first.replace('dryRun', 'dry-run')} and --${second} cannot be used together.`,
    why,
    todo: 'Leave out one of the two options.',
  });
}

/**
 * Refuses options about the server and the run together with `--from`. `--from` runs no case, so these options would
 * have no effect.
 * @throws HarnessError with exit code 2 if such an option is on the command line together with `--from`.
 */
export function refuseOptionsWithoutEffect({ command }: Shell, verb: Command): void {
  if (verb.getOptionValue('from') === undefined) return;
  const options = ['url', 'command', 'trace', 'retries'].filter((name) => verb.getOptionValueSource(name) === 'cli');
  const withoutEffect = [
    ...options.map((name) => `--${name}`),
    ...(command === undefined ? [] : ['a command after "--"']),
  ];
  if (withoutEffect.length === 0) return;
  throw new HarnessError(2, {
    what: `--from and ${withoutEffect.join(' and ')} cannot be used together.`,
    why: '--from reads recorded results and runs no case.',
    todo: 'Leave out one of the two.',
  });
}

/**
 * Checks that the recorded results of `--from` are not in the report folder. A new report replaces the whole folder and
 * would delete the results.
 * @throws HarnessError with exit code 2 if the recorded results are in the report folder.
 */
export function refuseResultsInReportFolder(from: string, out: string): void {
  const [results, report] = [followLinks(from), followLinks(out)];
  if (results !== report && !results.startsWith(report + sep)) return;
  throw new HarnessError(2, {
    what: 'The recorded results are in the folder that the new report would replace.',
    where: resolve(from),
    why: 'A new report replaces its folder as a whole, so the recorded results would be deleted.',
    todo: 'Name another folder for the report with --out.',
  });
}
