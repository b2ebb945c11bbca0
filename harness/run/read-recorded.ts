import { basename, join } from 'node:path';
import { slugOf } from '../../reports/document/slug.ts';
import type { ServerConfig } from '../config/config.ts';
import { expectationsOf } from '../expectations/expectations-of.ts';
import type { Suite } from '../plan/suite.ts';
import { copyResults } from '../results/copy-results.ts';
import { readResults } from '../results/read-results.ts';
import type { CollectedResults, ResultSource } from './collected-results.ts';

/**
 * Reads a result folder that an engine of this tool or Autobahn's `wstest` recorded earlier, and copies the results
 * into the report. The results of an agent (a server's name) are compared with the expectations of the configured
 * server of the same name.
 * @param only if given, the expectations of this server are used for every agent.
 */
export function readRecorded(
  suite: Suite,
  folder: string,
  servers: readonly ServerConfig[],
  only: ServerConfig | undefined,
  today: string,
): ResultSource {
  return async ({ cases, staged }) => {
    const read = readResults(suite, folder, { cases, extraIsFault: false });
    const collected: CollectedResults = {
      agents: [],
      problems: [],
      engine: { name: 'recorded', summary: `read from the folder "${basename(folder)}"; nothing was played` },
    };
    for (const { agent, results } of read.agents) {
      const configured = only ?? servers.find((server) => server.agent === agent || server.name === agent);
      const server: ServerConfig = configured
        ? { ...configured, agent }
        : { name: agent, agent, path: '/', cwd: folder, env: {} };
      const expectations = expectationsOf(suite, server, today);
      const slug = slugOf(agent);
      copyResults(agent, folder, join(staged, 'results', slug), results);
      collected.agents.push({ server, slug, url: server.url ?? '', expectations, results });
      const skipped = new Set(cases.filter((id) => expectations.get(id)?.skip));
      for (const problem of read.problems)
        if (problem.agent === agent && !(problem.case !== undefined && skipped.has(problem.case)))
          collected.problems.push(problem);
    }
    const agents = new Set(read.agents.map(({ agent }) => agent));
    collected.problems.push(...read.problems.filter(({ agent }) => agent === undefined || !agents.has(agent)));
    return collected;
  };
}
