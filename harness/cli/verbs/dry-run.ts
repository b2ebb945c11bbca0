import { relative } from 'node:path';
import type { CaseInfo, EngineFacts, Report } from '../../../reports/document/report.ts';
import { type Style, terminalSafe, wrapForStream } from '../../../reports/wording/terminal-text.ts';
import { duration, plural } from '../../../reports/wording/vocabulary.ts';
import type { ServerConfig } from '../../config/config.ts';
import type { Engine } from '../../engines/engine.ts';
import { expectationsOf } from '../../expectations/expectations-of.ts';
import { withoutSkipped } from '../../expectations/judge-cases.ts';
import { today } from '../../expectations/read-expectations.ts';
import type { Suite } from '../../plan/suite.ts';
import { omitUndefined } from '../../support/omit-undefined.ts';
import { type Shell, styleOf } from '../options/shell.ts';
import { planText } from './list.ts';

/** What a run would do, in the format that `--dry-run --json` prints. */
interface DryRun {
  cases: readonly CaseInfo[];
  shard?: NonNullable<Report['run']['shard']>;
  targets: readonly {
    name: string;
    agent: string;
    /** Argument vector of a started server, and its working folder. A server with a `url` has neither. */
    command?: readonly string[];
    cwd?: string;
    url?: string;
    path?: string;
    expectedFile?: string;
    /** Ids of the cases that the expectation file skips. */
    skipped: readonly string[];
  }[];
  engine: EngineFacts;
}

/**
 * `run --dry-run`: prints the cases in the format of the verb `list`, the servers and the engine, and starts nothing.
 * Reads the same files as a run, to find errors in these files.
 * @throws HarnessError with exit code 2 for an error in an expectation file.
 * @throws HarnessError with exit code 3 if no engine can run the cases.
 */
export async function dryRun(
  shell: Shell,
  suite: Suite,
  selection: Pick<DryRun, 'shard'> & { plan: readonly CaseInfo[] },
  servers: readonly ServerConfig[],
  engine: Engine,
  { json = false, jobs }: { json?: boolean; jobs?: number },
  signal: AbortSignal,
): Promise<void> {
  const { plan, shard } = selection;
  const ids = plan.map(({ id }) => id);
  const targets = servers.map((server) => {
    const planned = new Set(withoutSkipped(ids, expectationsOf(suite, server, today())));
    return {
      name: server.name,
      agent: server.agent,
      ...(server.command === undefined
        ? { url: server.url ?? '' }
        : { command: server.command, cwd: server.cwd, path: server.path }),
      ...omitUndefined({ expectedFile: server.expectedFile }),
      skipped: ids.filter((id) => !planned.has(id)),
    };
  });
  const facts = await engine.inspect({ signal, onMessage: () => {} });
  const result: DryRun = {
    cases: plan,
    ...omitUndefined({ shard }),
    targets,
    engine: { ...facts, ...omitUndefined({ jobs }) },
  };
  const style = styleOf(shell, shell.stdout, undefined);
  shell.stdout.write(json ? `${JSON.stringify(result, null, 2)}\n` : dryRunText(result, style));
}

function dryRunText({ cases, shard, targets, engine }: DryRun, style: Style): string {
  const weight = cases.reduce((sum, { weightMs }) => sum + weightMs, 0);
  const part = shard === undefined ? '' : `, shard ${shard.index} of ${shard.count}`;
  const lines = [
    `${plural(cases.length, 'case')}${part}; the real suite needs ${duration(weight)}, one case after the other`,
    ...targets.map(({ agent, command, url, expectedFile, skipped }) => {
      const expectation = expectedFile === undefined ? 'a conformant server' : relative(process.cwd(), expectedFile);
      const without = skipped.length === 0 ? '' : `; skips ${skipped.join(' ')}`;
      return `server  ${agent}: ${command === undefined ? url : command.join(' ')}; compared with ${expectation}${without}`;
    }),
    `engine  ${engine.name}: ${engine.summary}${engine.jobs === undefined ? '' : `; ${engine.jobs} jobs`}`,
    'Nothing was started.',
  ];
  return `${planText(cases, style)}\n${lines.flatMap((line) => wrapForStream(terminalSafe(line), '', '        ', style)).join('\n')}\n`;
}
