/** Folder in the container into which wstest (Autobahn's command) writes its results. */
export const RESULTS = '/results';
/**
 * Name of the file from which wstest (Autobahn's command) reads its cases. It lies in the root folder of the container.
 */
export const SPEC = 'fuzzingclient.json';

/** A tested server, as described in the input of wstest (Autobahn's command). */
export interface SuiteServer {
  /** Address of the tested server, as seen from the container. */
  readonly url: string;
  readonly agent: string;
  readonly protocols?: readonly string[] | undefined;
  readonly origin?: string | undefined;
}

/** The input of wstest (Autobahn's command): the cases to play, and the server to test. */
interface SpecOptions extends SuiteServer {
  /**
   * Exact case ids, without wildcards. The wildcards of wstest (Autobahn's command) match too much: `2.1*` also matches
   * 2.10.
   */
  readonly cases: readonly string[];
}

/**
 * Returns the text of the file `fuzzingclient.json`, wstest's input, for one server. Throws RangeError for an id that
 * is a pattern. Throws RangeError for an empty list of cases too, because wstest never ends with an empty list.
 */
export function fuzzingClientSpec({ cases, ...server }: SpecOptions): string {
  return specForServers(cases, [server]);
}

/**
 * Returns the text of `fuzzingclient.json` for several servers. wstest plays all cases against each of them, one server
 * after the other.
 */
export function specForServers(cases: readonly string[], servers: readonly SuiteServer[]): string {
  if (cases.length === 0) throw new RangeError('no case to play: wstest never ends with an empty list of cases');
  const pattern = cases.find((id) => !/^\d+(\.\d+)+$/.test(id));
  if (pattern !== undefined) throw new RangeError(`not an exact case id: ${pattern}`);
  const entries = servers.map(({ agent, url, origin, protocols }) => ({
    agent,
    url,
    ...(origin === undefined ? {} : { origin }),
    ...(protocols === undefined || protocols.length === 0 ? {} : { protocols }),
  }));
  return `${JSON.stringify({ outdir: RESULTS, servers: entries, cases, 'exclude-cases': [] }, null, 2)}\n`;
}

/**
 * Returns the agent name (the name of the tested server) for wstest: `agent` if it is short and plain, else
 * `substitute`. The caller later puts the real name into the results. With a character outside ASCII, wstest throws
 * after the last case, writes no results, and never ends. wstest also uses the name in file names, whose length is
 * limited.
 */
export function agentForSuite(agent: string, substitute: string): string {
  return /^[A-Za-z0-9][A-Za-z0-9 ._/+-]{0,63}$/.test(agent) && !agent.endsWith(' ') ? agent : substitute;
}
