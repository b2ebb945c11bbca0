import { readFileSync } from 'node:fs';
import type { Facts } from './disagreements.ts';
import type { Fault } from './random/faults.ts';

/**
 * A random server on which the engines once disagreed, reduced to as few faults as possible, and what the real suite
 * recorded about it.
 */
interface MinimalServer {
  about: string;
  case: string;
  faults: Fault[];
  facts: Facts;
}

/** The random servers in the file `fixtures/random/minimal.json`. */
export const minimalServers = JSON.parse(
  readFileSync(new URL('../../fixtures/random/minimal.json', import.meta.url), 'utf8'),
) as MinimalServer[];
