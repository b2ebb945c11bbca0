import { relative } from 'node:path';
import type { CaseInfo, EngineFacts, Report } from '../../../reports/document/report.ts';
import { fitted, type Style, visible } from '../../../reports/wording/terminal-text.ts';
import { duration, plural } from '../../../reports/wording/vocabulary.ts';
import type { ServerConfig } from '../../config/config.ts';
import type { Engine } from '../../engines/engine.ts';
import { expectationsOf } from '../../expectations/expectations-of.ts';
import { withoutSkipped } from '../../expectations/judge-cases.ts';
import { today } from '../../expectations/read-expectations.ts';
import type { Suite } from '../../plan/suite.ts';
import { type Shell, styleOf } from '../options/shell.ts';
import { planText } from './list.ts';

/** What a run would do: `--dry-run --json` prints it. */
interface Foresight {
  cases: readonly CaseInfo[];
  shard?: NonNullable<Report['run']['shard']>;
  targets: readonly {
    name: string;
    agent: string;
    /** Either argv of what would be started, and where, or the address. */
    command?: readonly string[];
    cwd?: string;
    url?: string;
    path?: string;
    expectedFile?: string;
    /** Cases that its expectation file says to skip. */
    skipped: readonly string[];
  }[];
  engine: EngineFacts;
}

/**
 * `run --dry-run`: the plan as `list` prints it, who would be tested, and by which engine. Reads what a run would read,
 * so that a wrong file is found, and starts nothing.
 * @throws HarnessError (2) for a wrong expectation file, (3) when no engine could play.
 */
export async function dryRun(
  shell: Shell,
  suite: Suite,
  selection: Pick<Foresight, 'shard'> & { plan: readonly CaseInfo[] },
  servers: readonly ServerConfig[],
  engine: Engine,
  { json = false, jobs }: { json?: boolean; jobs?: number },
  signal: AbortSignal,
): Promise<void> {
  const { plan, shard } = selection;
  const ids = plan.map(({ id }) => id);
  const targets = servers.map((server) => {
    const played = new Set(withoutSkipped(ids, expectationsOf(suite, server, today())));
    return {
      name: server.name,
      agent: server.agent,
      ...(server.command === undefined
        ? { url: server.url ?? '' }
        : { command: server.command, cwd: server.cwd, path: server.path }),
      ...(server.expectedFile === undefined ? {} : { expectedFile: server.expectedFile }),
      skipped: ids.filter((id) => !played.has(id)),
    };
  });
  const facts = await engine.inspect({ signal, onMessage: () => {} });
  const foresight: Foresight = {
    cases: plan,
    ...(shard === undefined ? {} : { shard }),
    targets,
    engine: { ...facts, ...(jobs === undefined ? {} : { jobs }) },
  };
  const style = styleOf(shell, shell.stdout, undefined);
  shell.stdout.write(json ? `${JSON.stringify(foresight, null, 2)}\n` : foresightText(foresight, style));
}

function foresightText({ cases, shard, targets, engine }: Foresight, style: Style): string {
  const weight = cases.reduce((sum, { weightMs }) => sum + weightMs, 0);
  const share = shard === undefined ? '' : `, share ${shard.index} of ${shard.count}`;
  const lines = [
    `${plural(cases.length, 'case')}${share}, one after the other ${duration(weight)} with the real suite`,
    ...targets.map(({ agent, command, url, expectedFile, skipped }) => {
      const held = expectedFile === undefined ? 'conformance' : relative(process.cwd(), expectedFile);
      const left = skipped.length === 0 ? '' : `, without ${skipped.join(' ')}`;
      return `target  ${agent}: ${command === undefined ? url : `would start ${command.join(' ')}`}; held to ${held}${left}`;
    }),
    `engine  ${engine.name}: ${engine.summary}${engine.jobs === undefined ? '' : `, ${engine.jobs} at once`}`,
    'Nothing was started.',
  ];
  return `${planText(cases, style)}\n${lines.flatMap((line) => fitted(visible(line), '', '        ', style)).join('\n')}\n`;
}
