import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { AgentReport } from '../../../reports/document/report.ts';
import { type Config, readConfig, type ServerConfig, unnamedServer } from '../../config/config.ts';
import { today } from '../../expectations/read-expectations.ts';
import { ciOption } from '../../reporting/ci-facts.ts';
import { mergeShards, planOfShares, refuseUnlike } from '../../run/merge.ts';
import { suiteNamed, suiteOfReport } from '../../run/registry.ts';
import { run } from '../../run/run.ts';
import { TOOL } from '../../support/identity.ts';
import { resolveSettings } from '../options/settings.ts';
import { publishedLine, type Shell } from '../options/shell.ts';
import { listenForSignals } from '../options/signals.ts';
import { readReport } from './last-report.ts';
import { tellReport } from './tell-report.ts';

interface MergeFlags {
  out: string;
  config?: string;
  expected?: string;
  history?: string;
  strict?: boolean;
  json?: boolean;
}

/** `merge`: the shares that several machines played become one run, which is judged as a whole. */
export function addMerge(program: Command, shell: Shell): void {
  program
    .command('merge')
    .description('make one run of the reports of its shares, and prove that no case is left out or twice there')
    .argument('<folders...>', 'the reports of `run --shard I/N`, all N of them')
    .option('--out <folder>', 'where the report goes', 'conformance-report')
    .option('--expected <file>', "expectation file, instead of the configured server's")
    .option('--config <file>', 'configuration, instead of the nearest conformance.config.{json,js,mjs}')
    .option('--history <file>', 'add the run to this file, and show how its cases fared over time')
    .option('--strict', 'NON-STRICT fails, even where it is expected')
    .option('--json', 'print the report as JSON, and nothing else, on stdout')
    .addHelpText('after', `\nExample:\n  ${TOOL.name} merge share-1 share-2 share-3 --out conformance-report`)
    .action(async (folders: string[], _: unknown, verb: Command) => {
      await resolveSettings(shell, verb);
      await merge(shell, folders, verb.opts<MergeFlags>());
    });
}

async function merge(shell: Shell, folders: readonly string[], flags: MergeFlags): Promise<void> {
  const interruption = listenForSignals();
  const shares = folders.map((folder) => ({ folder, report: readReport(folder, 'merge') }));
  const [first] = shares;
  const { suite } =
    first === undefined
      ? suiteNamed(shell.registry, undefined)
      : suiteOfReport(shell.registry, first.report, first.folder);
  refuseUnlike(suite, shares);
  const plan = planOfShares(suite, shares);
  const config = await readConfig(process.cwd(), flags.config);
  const options = {
    plan,
    out: flags.out,
    strict: flags.strict ?? false,
    command: publishedLine(shell, TOOL.name),
    ...ciOption(shell.env),
    ...(flags.history === undefined ? {} : { history: flags.history }),
  };
  const source = mergeShards(suite, shares, (agent) => heldTo(agent, config, flags), today());
  tellReport(shell, await run(suite, source, options, interruption), flags, interruption);
}

/** The configured server of that name, or what the share itself was held to. */
function heldTo(agent: AgentReport, config: Config, flags: MergeFlags): ServerConfig {
  const configured = [...config.servers.values()].find((one) => one.agent === agent.name);
  const file = flags.expected ?? configured?.expectedFile ?? agent.expectedFile;
  return {
    ...unnamedServer(agent.name),
    ...configured,
    ...(file === undefined ? {} : { expectedFile: resolve(file) }),
  };
}
