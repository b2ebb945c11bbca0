import { resolve } from 'node:path';
import type { Report } from '../../../reports/document/report.ts';
import { readConfig, type ServerConfig } from '../../config/config.ts';
import { parseReporter, type Reporter } from '../../config/reporter-names.ts';
import { selftest } from '../../doctor/selftest.ts';
import { today } from '../../expectations/read-expectations.ts';
import { ciOption } from '../../reporting/ci-facts.ts';
import { ProgressLine } from '../../reporting/progress.ts';
import { refuseReporters } from '../../reporting/reporters.ts';
import { playServers } from '../../run/play-servers.ts';
import type { PlaySettings } from '../../run/play-settings.ts';
import { type RegisteredSuite, suiteNamed, suiteOfReport } from '../../run/registry.ts';
import { resumeFrom } from '../../run/resume.ts';
import { run } from '../../run/run.ts';
import type { RunOptions } from '../../run/run-options.ts';
import { TOOL } from '../../support/identity.ts';
import { omitUndefined } from '../../support/omit-undefined.ts';
import { readRevision } from '../../system/git-revision.ts';
import { selectionOf, selectionOfRun } from '../options/selection.ts';
import { serversOf } from '../options/servers.ts';
import { publishedLine, type Shell, say } from '../options/shell.ts';
import { speaksUnicode } from '../options/terminal-style.ts';
import { readReport } from './last-report.ts';
import { publishReport } from './publish-report.ts';
import { engineOf } from './run-engine.ts';
import type { RunFlags } from './run-options.ts';
import { judgeRecordedResults } from './run-recorded.ts';

/**
 * One run of the command: selects the cases, runs them or reads recorded results, writes the report, and sets the exit
 * code of `shell`.
 * @param patterns the cases on the command line. With `--resume` and without cases on the command line, the cases of
 *   the earlier run are used.
 */
export async function runOnce(
  shell: Shell,
  patterns: readonly string[],
  flags: RunFlags,
  interruption: AbortSignal,
): Promise<void> {
  const reporters = reportersOf(flags);
  refuseReporters(reporters ?? []);
  const earlier = flags.resume ? readReport(flags.out, 'resume') : undefined;
  const registered =
    earlier && flags.suite === undefined
      ? suiteOfReport(shell.registry, earlier, flags.out)
      : suiteNamed(shell.registry, flags.suite);
  const { suite } = registered;
  const choosesCases = patterns.length > 0 || flags.spec !== undefined || flags.shard !== undefined;
  const { plan, shard } =
    earlier && !choosesCases ? selectionOfRun(shell, suite, earlier) : selectionOf(shell, suite, patterns, flags);
  const config = await readConfig(process.cwd(), flags.config);
  const options = {
    plan,
    out: flags.out,
    strict: flags.strict ?? false,
    checkpointSeconds: flags.checkpoint,
    command: earlier?.run.command ?? publishedLine(shell, TOOL.name),
    rerun: earlier?.run.rerun ?? flags.rerun,
    ...ciOption(shell.env),
    ...omitUndefined({ history: flags.history, reporters, shard }),
  };
  const report =
    flags.from === undefined
      ? await runServers(
          shell,
          registered,
          serversOf(config, shell.command, flags),
          options,
          flags,
          interruption,
          earlier,
        )
      : await judgeRecordedResults(suite, flags.from, config, options, flags, interruption);
  publishReport(shell, report, { ...flags, reporters }, interruption);
}

/**
 * The outputs that `--reporter` names, without duplicates; undefined if the option is not set. `html=PATH` means the
 * same as `html` if PATH is the report folder.
 */
export function reportersOf({ reporter: texts, out }: Pick<RunFlags, 'reporter' | 'out'>): Reporter[] | undefined {
  if (texts === undefined) return undefined;
  const parsed = [...new Set(texts)]
    .map((text) => parseReporter(text))
    .filter((reporter) => typeof reporter !== 'string');
  return parsed.map((reporter) =>
    reporter.name === 'html' && reporter.path !== undefined && resolve(reporter.path) === resolve(out)
      ? { name: 'html' }
      : reporter,
  );
}

/** Runs the cases against the servers, and shows the progress on stderr unless `--quiet` is set. */
async function runServers(
  shell: Shell,
  registered: RegisteredSuite,
  servers: ServerConfig[],
  options: RunOptions,
  flags: RunFlags,
  signal: AbortSignal,
  earlier?: Report,
): Promise<Report> {
  const { suite } = registered;
  const earlierRun =
    earlier === undefined
      ? undefined
      : resumeFrom(suite, earlier, flags.out, {
          servers,
          plan: options.plan.map(({ id }) => id),
          commit: (await readRevision()).commit,
        });
  const progress = flags.quiet
    ? undefined
    : new ProgressLine(shell.stderr, { unicode: speaksUnicode(shell.env), movesCursor: shell.env.TERM !== 'dumb' });
  const print = (line: string) => (progress ? progress.say(line) : say(shell, line));
  const engine = engineOf(registered, flags, servers, print);
  try {
    if (flags.selftest) {
      await selftest(suite, engine, signal);
      print('Self-test passed: the server with a known fault failed in exactly the expected cases.');
    }
    const settings: PlaySettings = {
      servers,
      playOptions: omitUndefined({ jobs: flags.jobs, timeoutSeconds: flags.timeout }),
      patienceSeconds: flags.patience,
      earlierRun,
      retries: flags.retries === 0 ? undefined : flags.retries,
      bail: flags.bail,
      strict: options.strict,
      onServer: (server, caseIds) => {
        const ids = new Set(caseIds);
        progress?.begin(
          server.agent,
          options.plan.filter(({ id }) => ids.has(id)),
        );
      },
      onEvent: (event) => progress?.update(event),
    };
    return await run(suite, playServers(suite, engine, settings, today()), options, signal);
  } finally {
    progress?.end();
  }
}
