import { setTimeout as sleep } from 'node:timers/promises';
import type { Readiness } from '../config/config-schema.ts';
import type { Output } from '../system/output.ts';
import type { HandshakeOptions } from './handshake-options.ts';
import { type ProbeKind, probe } from './probe.ts';

/** Default number of seconds that a server which this tool starts may need to become ready. */
export const READY_SECONDS = 30;

/** Milliseconds between two probes (test connections) of a server that is not ready. */
export const POLL_MS = 50;

const PROBE_TIMEOUT_MS = 2000;

/**
 * Returns the kind of probe (test connection) for the setting `ready`. A setting that names a line of output also needs
 * a kind, because a server that the tool did not start is always probed.
 */
export const probeKindOf = (ready: Readiness | undefined): ProbeKind =>
  typeof ready === 'string' ? ready : 'handshake';

/**
 * Resolves when a server prints that it listens: `listening ws://…`, or a line that matches the regular expression of
 * `ready`. Never resolves otherwise.
 * @param expectedUrl where the server should listen. The printed line may name another address.
 * @returns URL at which the server listens.
 */
export function readyLine(output: Output, expectedUrl: string, ready: Readiness | undefined): Promise<string> {
  const expression = typeof ready === 'object' ? new RegExp(ready.line) : undefined;
  return new Promise((resolve) => {
    output.onLine((line) => {
      const url = /\blistening (wss?:\/\/\S+)/.exec(line)?.[1];
      const match = expression?.exec(line);
      if (match) resolve(urlFromGroups(match.groups ?? {}, expectedUrl));
      else if (url !== undefined && URL.canParse(url)) resolve(connectable(url));
    });
  });
}

/**
 * Returns the URL from a printed line that matched the user's regular expression. The groups `url` and `port` of the
 * expression say where it is. Without such groups, returns the expected URL.
 */
function urlFromGroups({ url, port }: Readonly<Record<string, string>>, expectedUrl: string): string {
  if (url !== undefined && URL.canParse(url)) return connectable(url.replace(/^http/, 'ws'));
  const expected = new URL(expectedUrl);
  if (port !== undefined) expected.port = port;
  return expected.href;
}

/**
 * Replaces the address 0.0.0.0 or [::] by 127.0.0.1. A server can listen on these addresses, but a client needs a real
 * address.
 */
function connectable(url: string): string {
  return url.replace(/^(wss?:\/\/)(0\.0\.0\.0|\[::\])(?=[:/]|$)/, '$1127.0.0.1');
}

/**
 * Probes a URL again and again. Resolves with the URL when a probe succeeds; never resolves if the signal aborts.
 * @param isForeign whether a process other than the started server listens there. A successful probe is ignored then.
 * @param onMiss takes the reason each time the server is not ready.
 */
export async function readyProbe(
  url: string,
  { ready, handshake }: { ready?: Readiness; handshake?: HandshakeOptions },
  isForeign: () => boolean,
  signal: AbortSignal,
  onMiss: (why: string) => void,
): Promise<string> {
  while (!signal.aborted) {
    const result = await probe(url, PROBE_TIMEOUT_MS, probeKindOf(ready), handshake);
    if (result === 'open' && !isForeign()) return url;
    onMiss(result === 'open' ? 'another process answers there' : result.why);
    await sleep(POLL_MS, undefined, { signal }).catch(() => {});
  }
  return new Promise<never>(() => {});
}
