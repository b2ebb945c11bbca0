import type { PreparedEngine } from '../engines/engine.ts';
import type { Workspace } from '../system/workspace.ts';
import { playClient } from './play-client.ts';
import { playServer } from './play-server.ts';
import type { SubjectRun, SubjectRunOptions } from './subject-run.ts';

/** Plays cases against one subject (the tested program): a server with `playServer`, a client with `playClient`. */
export async function playSubject(
  engine: PreparedEngine,
  options: SubjectRunOptions,
  workspace: Workspace,
  signal: AbortSignal,
): Promise<SubjectRun> {
  switch (options.suite.subject) {
    case 'server':
      return await playServer(engine, options, workspace, signal);
    case 'client':
      return await playClient(engine, options, workspace, signal);
  }
}
