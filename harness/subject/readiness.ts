import { setTimeout as sleep } from 'node:timers/promises';
import type { Readiness } from '../config/config-schema.ts';
import type { Output } from '../system/output.ts';
import type { HandshakeOptions } from './handshake-options.ts';
import { type ProbeKind, probe } from './probe.ts';

/** Default time that a server we start has to become ready. */
export const READY_SECONDS = 30;

/** Pause between two probes of a server that is not ready. */
export const POLL_MS = 50;

const PROBE_TIMEOUT_MS = 2000;

/** The probe that a readiness setting asks for. A setting that waits for a line also has a probe, for a running server. */
export const probeKindOf = (ready: Readiness | undefined): ProbeKind =>
  typeof ready === 'string' ? ready : 'handshake';

/**
 * Resolves when a server prints that it listens: `listening ws://…`, or a line that matches the expression of `ready`.
 * Never resolves otherwise.
 * @param expectedUrl where the server should listen. A line may say another address.
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

/** The URL in the groups `url` or `port` of a line that matched; the expected URL if the expression has no such groups. */
function urlFromGroups({ url, port }: Readonly<Record<string, string>>, expectedUrl: string): string {
  if (url !== undefined && URL.canParse(url)) return connectable(url.replace(/^http/, 'ws'));
  const expected = new URL(expectedUrl);
  if (port !== undefined) expected.port = port;
  return expected.href;
}

/** Replaces the unspecified address, on which a server listens, by an address to which a client can connect. */
function connectable(url: string): string {
  return url.replace(/^(wss?:\/\/)(0\.0\.0\.0|\[::\])(?=[:/]|$)/, '$1127.0.0.1');
}

/**
 * Probes a URL again and again. Resolves with the URL when the probe succeeds; never resolves if the signal aborts.
 * @param isForeign whether another process than the started server listens there. Then the probe does not count.
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
