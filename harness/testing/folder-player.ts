import type { EngineFacts } from '../../reports/document/report.ts';
import type { Engine, PlayEvent, PlayOptions, Preparation } from '../engines/engine.ts';
import { playBatch } from '../run/play-batch.ts';
import type { HandshakeOptions } from '../subject/handshake-options.ts';
import { omitUndefined } from '../support/omit-undefined.ts';

/** Cases to play against a server, and the folder for their results. */
export interface FolderAssignment extends PlayOptions, HandshakeOptions {
  cases: readonly string[];
  url: string;
  agent: string;
  /** Folder for the results. It exists and is empty. */
  folder: string;
  signal: AbortSignal;
  onEvent(event: PlayEvent): void;
}

/** Wraps an engine for tests that look at result files: one call plays the cases and writes the results to a folder. */
export function folderPlayer(engine: Engine): {
  prepare(preparation: Preparation): Promise<EngineFacts>;
  play(assignment: FolderAssignment): Promise<Partial<EngineFacts>>;
} {
  return {
    prepare: async (preparation) => (await engine.prepare(preparation)).facts,
    async play({ cases, url, agent, folder, signal, onEvent, jobs, oneByOne, timeoutSeconds, ...handshake }) {
      const prepared = await engine.prepare({ signal, onMessage: onEvent });
      const options = {
        ...omitUndefined({ jobs, oneByOne, timeoutSeconds }),
      };
      const reach = { by: 'connecting' as const, url, handshake };
      return await playBatch(prepared, { ...options, cases, agent, reach, signal }, folder, onEvent);
    },
  };
}
