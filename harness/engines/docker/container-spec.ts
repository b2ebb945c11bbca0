/** Where wstest leaves its reports inside the container. */
export const RESULTS = '/results';
/** Where it finds its spec. */
export const SPEC = 'fuzzingclient.json';

interface Orders {
  /** Exact ids. wstest's own wildcards are unanchored expressions (`2.1*` is also 2.10), so none is ever handed to it. */
  readonly cases: readonly string[];
  /** The target as the container reaches it. */
  readonly url: string;
  readonly agent: string;
  readonly protocols?: readonly string[] | undefined;
  readonly origin?: string | undefined;
}

/** The text of `fuzzingclient.json`. Throws on an empty selection, on which wstest would sit for ever, and on a pattern. */
export function fuzzingClientSpec(orders: Orders): string {
  if (orders.cases.length === 0) throw new RangeError('no case to play: wstest never ends on an empty selection');
  const pattern = orders.cases.find((id) => !/^\d+(\.\d+)+$/.test(id));
  if (pattern !== undefined) throw new RangeError(`not an exact case id: ${pattern}`);
  const server = {
    agent: orders.agent,
    url: orders.url,
    ...(orders.origin === undefined ? {} : { origin: orders.origin }),
    ...(orders.protocols === undefined || orders.protocols.length === 0 ? {} : { protocols: orders.protocols }),
  };
  return `${JSON.stringify({ outdir: RESULTS, servers: [server], cases: orders.cases, 'exclude-cases': [] }, null, 2)}\n`;
}

/**
 * The name wstest is told. It writes HTML with the agent in it as ASCII, and on any other character it throws after the
 * last case and then hangs with nothing written; it also makes file names of it, which have a length. So a plain short
 * name goes as it is, and any other goes as a stand-in that `archive.ts` replaces again on the way out.
 */
export function agentForSuite(agent: string, standIn: string): string {
  return /^[A-Za-z0-9][A-Za-z0-9 ._/+-]{0,63}$/.test(agent) && !agent.endsWith(' ') ? agent : standIn;
}
