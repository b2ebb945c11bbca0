import { setTimeout as sleep } from 'node:timers/promises';
import type { Readiness } from '../config/config-schema.ts';
import { HarnessError } from '../support/harness-error.ts';
import type { HandshakeOptions } from './handshake-options.ts';
import { probe } from './probe.ts';
import { POLL_MS, probeKindOf } from './readiness.ts';
import type { Target } from './target.ts';

/** A server that the user starts, not this tool. It may already run, or start soon. */
export interface Attachment {
  url: string;
  ready?: Readiness;
  /** Maximum seconds to wait until the server is ready. Without this value, the server is asked only once. */
  readySeconds?: number;
  /**
   * Subprotocols, origin and further header fields for the opening handshake with which the tool asks whether the
   * server is ready.
   */
  handshake?: HandshakeOptions;
}

const PROBE_TIMEOUT_MS = 10_000;

/**
 * Checks that a server answers, and returns it as a target (a running server with its address).
 * @throws HarnessError with exit code 3 if the server does not answer as `ready` demands.
 */
export async function attach(
  { url, ready, readySeconds = 0, handshake }: Attachment,
  signal: AbortSignal,
): Promise<Target> {
  const deadline = performance.now() + readySeconds * 1000;
  const ask = () => probe(url, PROBE_TIMEOUT_MS, probeKindOf(ready), handshake);
  let result = await ask();
  while (result !== 'open' && performance.now() < deadline) {
    await sleep(POLL_MS, undefined, { signal });
    result = await ask();
  }
  if (result !== 'open') {
    throw new HarnessError(3, {
      what: `No WebSocket server answers at ${url}.`,
      why: result.why,
      todo: 'Start the server first, check address and path, or let the tool start the server: ws-conformance -- COMMAND … {port}.',
    });
  }
  return {
    url,
    tail: () => [],
    onLine: () => {},
    exit: () => undefined,
    ended: new Promise(() => {}),
    isTheSame: () => true,
    end: async () => {},
  };
}
