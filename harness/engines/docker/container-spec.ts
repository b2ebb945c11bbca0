/** Folder in the container into which wstest writes its results. */
export const RESULTS = '/results';
/** File in the root folder of the container from which wstest reads its cases. */
export const SPEC = 'fuzzingclient.json';

/** What wstest plays, and against which server. */
interface SpecOptions {
  /** Exact ids. wstest's wildcards are not used, because they match too much (`2.1*` matches 2.10). */
  readonly cases: readonly string[];
  /** Address of the tested server, as seen from the container. */
  readonly url: string;
  readonly agent: string;
  readonly protocols?: readonly string[] | undefined;
  readonly origin?: string | undefined;
}

/**
 * Returns the text of wstest's `fuzzingclient.json`. Throws RangeError for an id that is a pattern, and for an empty list
 * of cases, with which wstest never ends.
 */
export function fuzzingClientSpec(options: SpecOptions): string {
  if (options.cases.length === 0)
    throw new RangeError('no case to play: wstest never ends with an empty list of cases');
  const pattern = options.cases.find((id) => !/^\d+(\.\d+)+$/.test(id));
  if (pattern !== undefined) throw new RangeError(`not an exact case id: ${pattern}`);
  const server = {
    agent: options.agent,
    url: options.url,
    ...(options.origin === undefined ? {} : { origin: options.origin }),
    ...(options.protocols === undefined || options.protocols.length === 0 ? {} : { protocols: options.protocols }),
  };
  return `${JSON.stringify({ outdir: RESULTS, servers: [server], cases: options.cases, 'exclude-cases': [] }, null, 2)}\n`;
}

/**
 * Returns the agent name that wstest can use: `agent` if it is short and plain, else `substitute`, which is replaced by
 * the agent in the results. With a character outside ASCII, wstest throws after the last case, writes no results, and
 * never ends. It also uses the name in file names, whose length is limited.
 */
export function agentForSuite(agent: string, substitute: string): string {
  return /^[A-Za-z0-9][A-Za-z0-9 ._/+-]{0,63}$/.test(agent) && !agent.endsWith(' ') ? agent : substitute;
}
