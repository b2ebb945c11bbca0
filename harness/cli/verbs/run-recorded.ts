import { resolve } from 'node:path';
import type { Report } from '../../../reports/document/report.ts';
import { type Config, type ServerConfig, serverNamed, unnamedServer } from '../../config/config.ts';
import { today } from '../../expectations/read-expectations.ts';
import type { Suite } from '../../plan/suite.ts';
import { readRecorded } from '../../run/read-recorded.ts';
import { run } from '../../run/run.ts';
import type { RunOptions } from '../../run/run-options.ts';
import { refuseResultsInReportFolder } from './run-conflicts.ts';
import type { RunFlags } from './run-options.ts';

/**
 * `run --from`: compares the recorded results in a folder or an archive with expectations, and runs no case. `--server`
 * and `--expected` choose the expectations. Without both options, the results of each agent (tested server) are
 * compared with the expectations of the configured server of the same name.
 * @throws HarnessError with exit code 2 if the results cannot be read or are in the report folder.
 */
export async function judgeRecordedResults(
  suite: Suite,
  from: string,
  config: Config,
  options: RunOptions,
  flags: RunFlags,
  signal: AbortSignal,
): Promise<Report> {
  refuseResultsInReportFolder(from, flags.out);
  const { unpackResults } = await import('../../system/unpack-archive.ts');
  const { folder, remove } = await unpackResults(from);
  try {
    const source = readRecorded(suite, folder, [...config.servers.values()], serverOf(config, flags), today());
    return await run(suite, source, options, signal);
  } finally {
    remove();
  }
}

/** The server that `--server` or `--expected` describes; undefined if neither option is set. */
function serverOf(config: Config, { server, expected }: RunFlags): ServerConfig | undefined {
  const [name] = server ?? [];
  const configured = name === undefined ? undefined : serverNamed(config, name);
  if (expected === undefined) return configured;
  return { ...(configured ?? unnamedServer('')), expectedFile: resolve(expected) };
}
