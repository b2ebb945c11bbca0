import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { AgentReport } from '../../../reports/document/report.ts';
import { type Config, readConfig, type ServerConfig, unnamedServer } from '../../config/config.ts';
import { today } from '../../expectations/read-expectations.ts';
import { ciOption } from '../../reporting/ci-facts.ts';
import { mergeShards, planOfShards, requireSameRun } from '../../run/merge.ts';
import { suiteNamed, suiteOfReport } from '../../run/registry.ts';
import { run } from '../../run/run.ts';
import { TOOL } from '../../support/identity.ts';
import { omitUndefined } from '../../support/omit-undefined.ts';
import { resolveSettings } from '../options/settings.ts';
import { publishedLine, type Shell } from '../options/shell.ts';
import { listenForSignals } from '../options/signals.ts';
import { readReport } from './last-report.ts';
import { publishReport } from './publish-report.ts';

interface MergeFlags {
  out: string;
  config?: string;
  expected?: string;
  history?: string;
  strict?: boolean;
  json?: boolean;
}

/**
 * Adds the verb `merge`. It makes one report, with one decision, from the reports of all shards (parts of a run on
 * different machines).
 */
export function addMerge(program: Command, shell: Shell): void {
  program
    .command('merge')
    .description('merge the reports of all shards into one, and check that no case is missing or duplicated')
    .argument('<folders...>', 'report folders of `run --shard i/n`, one for each shard')
    .option('--out <folder>', 'folder for the merged report', 'conformance-report')
    .option('--expected <file>', 'expectation file to compare with (default: the file of the configured server)')
    .option('--config <file>', 'configuration file (default: the nearest conformance.config.{json,js,mjs})')
    .option('--history <file>', 'history file: append this run, and show each case over time in the report')
    .option('--strict', 'treat the grade NON-STRICT as a failure, even if NON-STRICT is expected')
    .option('--json', 'print only the report, as JSON, to stdout')
    .addHelpText('after', `\nExample:\n  ${TOOL.name} merge shard-1 shard-2 shard-3 --out conformance-report`)
    .action(async (folders: string[], _: unknown, verb: Command) => {
      await resolveSettings(shell, verb);
      await merge(shell, folders, verb.opts<MergeFlags>());
    });
}

async function merge(shell: Shell, folders: readonly string[], flags: MergeFlags): Promise<void> {
  const interruption = listenForSignals();
  const shards = folders.map((folder) => ({ folder, report: readReport(folder, 'merge') }));
  const [first] = shards;
  const { suite } =
    first === undefined
      ? suiteNamed(shell.registry, undefined)
      : suiteOfReport(shell.registry, first.report, first.folder);
  requireSameRun(suite, shards);
  const plan = planOfShards(suite, shards);
  const config = await readConfig(process.cwd(), flags.config);
  const options = {
    plan,
    out: flags.out,
    strict: flags.strict ?? false,
    command: publishedLine(shell, TOOL.name),
    // The command that runs one case again is the same for all shards: they differ only in --shard, which the command
    // leaves out.
    ...(first?.report.run.rerun === undefined ? {} : { rerun: first.report.run.rerun }),
    ...ciOption(shell.env),
    ...omitUndefined({ history: flags.history }),
  };
  const source = mergeShards(suite, shards, (agent) => serverOf(agent, config, flags), today());
  publishReport(shell, await run(suite, source, options, interruption), flags, interruption);
}

/**
 * Returns the server of the configuration that has the name of an agent of the report. Its expectation file is the file of
 * `--expected`; without this option the file of the configuration, and without both the file that the report names.
 */
function serverOf(agent: AgentReport, config: Config, flags: MergeFlags): ServerConfig {
  const configured = [...config.servers.values()].find((server) => server.agent === agent.name);
  const file = flags.expected ?? configured?.expectedFile ?? agent.expectedFile;
  return {
    ...unnamedServer(agent.name),
    ...configured,
    ...omitUndefined({ expectedFile: file && resolve(file) }),
  };
}
