import type Docker from 'dockerode';
import { z } from 'zod';
import type { CaseRecord } from '../engine.ts';
import { orAborted } from './abort.ts';
import { asReadable, messageOf } from './api.ts';
import { unpackJson } from './archive.ts';
import { RESULTS } from './container-spec.ts';
import type { SuiteRun } from './play-in-container.ts';

/**
 * The parts of `index.json` that are needed here. wstest (Autobahn's command) writes this file: one entry for each
 * case, by agent (the name of the tested server) and case id.
 */
const indexSchema = z.record(z.string(), z.record(z.string(), z.looseObject({ reportfile: z.string().optional() })));

/**
 * Two names of the same tested server. wstest (Autobahn's command) gets the name `inSuite`, because it does not accept
 * every name. In all results, `inResults` replaces that name.
 */
export interface AgentNames {
  inSuite: string;
  inResults: string;
}

/**
 * Reads the results of a container that has ended: one record for each case in the container's `index.json`.
 * @throws HarnessError with exit code 3 if the container left no index or no readable archive.
 */
export async function readContainerResults(
  container: Docker.Container,
  names: AgentNames,
  signal: AbortSignal,
  suite: SuiteRun,
): Promise<CaseRecord[]> {
  const agents = await readAllAgents(container, signal, suite, (text) => renamed(text, names));
  return agents.get(names.inResults) ?? [];
}

/**
 * Reads the results of all agents (tested servers) of a container that has ended. `change` is applied to the text of
 * each file.
 * @throws HarnessError with exit code 3 if the container left no index or no readable archive.
 */
export async function readAllAgents(
  container: Docker.Container,
  signal: AbortSignal,
  suite: SuiteRun,
  change: (text: string) => string = (text) => text,
): Promise<Map<string, CaseRecord[]>> {
  const files = new Map<string, string>();
  try {
    const archive = await orAborted(signal, container.getArchive({ path: RESULTS }));
    await unpackJson(asReadable(archive), RESULTS.slice(1), async (name, content) => {
      signal.throwIfAborted();
      files.set(name, change(content.toString('utf8')));
    });
    const index = indexSchema.parse(JSON.parse(files.get('index.json') ?? 'null'));
    return new Map(
      Object.entries(index).map(([agent, cases]) => [
        agent,
        Object.entries(cases).map(([id, entry]) => recordOf(id, entry, files)),
      ]),
    );
  } catch (error) {
    signal.throwIfAborted();
    if (files.has('index.json') || files.size === 0)
      throw suite.failure(
        'the container left no readable results',
        'run again; its last output is below',
        messageOf(error),
      );
    throw suite.failure('the container left no index.json', 'run again; its last output is below');
  }
}

function recordOf(
  id: string,
  entry: { reportfile?: string | undefined },
  files: ReadonlyMap<string, string>,
): CaseRecord {
  const file = entry.reportfile ?? '';
  const text = files.get(file);
  return { id, file, entry, ...(text === undefined ? {} : { text }) };
}

/** Returns the text of a result file in which the real name of the tested server replaces the name that wstest got. */
function renamed(text: string, { inSuite, inResults }: AgentNames): string {
  if (inSuite === inResults) return text;
  // The replacement is a function, because `$` has a special meaning in a replacement string, and the name may contain
  // `$`.
  return text.replaceAll(JSON.stringify(inSuite), () => JSON.stringify(inResults));
}
