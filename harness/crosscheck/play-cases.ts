import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { RecordedCase } from '../../reports/document/recorded-case.ts';
import type { ServerConfig } from '../config/config.ts';
import type { PreparedEngine } from '../engines/engine.ts';
import { readResults } from '../results/read-results.ts';
import { playSubject } from '../run/play-subject.ts';
import { autobahn } from '../suites/autobahn/suite.ts';
import { Workspace } from '../system/workspace.ts';

/**
 * Maximum number of seconds without a result. The real suite writes its results only at the end, and against a server that
 * never answers the handshake it waits 5 s in each of 52 cases.
 */
const PATIENCE_SECONDS = 600;

/** The records of one engine for some cases of one server. */
export interface Played {
  /** The recorded cases by id. A case without a result has no entry. */
  recorded: Map<string, RecordedCase>;
  seconds: number;
  /** Reasons why results are missing, as sentences. */
  problems: readonly string[];
}

/**
 * Starts a server, plays cases against it with one engine, and ends the server.
 * @param jobs number of cases at the same time; if absent, the engine chooses.
 */
export async function playCases(
  engine: PreparedEngine,
  server: ServerConfig,
  cases: readonly string[],
  signal: AbortSignal,
  jobs?: number,
): Promise<Played> {
  const workspace = new Workspace();
  try {
    const folder = join(workspace.folder, 'results');
    mkdirSync(folder);
    const started = performance.now();
    const options = {
      suite: autobahn,
      server,
      batches: [{ cases, folder, ...(jobs === undefined ? {} : { jobs }) }],
      log: join(workspace.folder, 'server.log'),
      patienceSeconds: PATIENCE_SECONDS,
      onEvent: () => {},
    };
    const { problems } = await playSubject(engine, options, workspace, signal);
    const seconds = (performance.now() - started) / 1000;
    return {
      recorded: readRecordedCases(folder, server, cases),
      seconds,
      problems: problems.map(({ what }) => what),
    };
  } finally {
    workspace.remove();
  }
}

/** Reads the results of a server from a folder. @returns the recorded cases by id. */
export function readRecordedCases(
  folder: string,
  { agent }: ServerConfig,
  cases: readonly string[],
): Map<string, RecordedCase> {
  const { agents } = readResults(autobahn, folder, { cases, agents: [agent], extraIsFault: true });
  return new Map(
    (agents[0]?.results ?? []).flatMap((result) =>
      result.did === 'run' && result.detail !== undefined ? [[result.id, result.detail] as const] : [],
    ),
  );
}
