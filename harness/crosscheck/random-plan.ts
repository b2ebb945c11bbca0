import { InvalidArgumentError } from 'commander';
import { Chance } from './random/chance.ts';
import { drawFaults, FAMILIES, type Family } from './random/draw.ts';
import type { Fault } from './random/faults.ts';

/** A random server: its faults, and the cases that are played against it. */
export interface RandomServer {
  /** Name of the server in results, and the path of its URL. */
  name: string;
  faults: readonly Fault[];
  cases: readonly string[];
}

/**
 * Lists of cases for each kind of fault. One list is played against one server. There are few lists, because one start
 * of the real suite plays the same list against many servers.
 */
const CASE_LISTS: Readonly<Record<Family, readonly (readonly string[])[]>> = {
  opening: [
    ['1.1.1', '7.1.3'],
    ['1.2.1', '12.1.1'],
  ],
  stream: [
    ['1.1.1', '2.2', '3.2', '5.3', '7.1.3'],
    ['1.2.1', '2.10', '3.4', '5.15', '7.3.1'],
    ['1.1.2', '4.1.3', '5.9', '6.4.1', '7.5.1'],
    ['2.5', '4.2.1', '5.6', '5.19', '7.7.1', '7.9.1'],
    ['2.7', '6.2.3', '6.6.2', '7.1.2', '7.1.5', '7.3.5'],
  ],
  compression: [
    ['12.1.1', '13.3.1'],
    ['12.2.1', '13.2.1'],
    ['12.4.1', '13.5.1'],
    ['13.3.4', '13.5.5'],
  ],
};

/**
 * The kinds of faults from which the main kind of a random server is drawn. `stream` is listed more often and thus
 * drawn more often, because most faults need an open connection.
 */
const DRAWN: readonly Family[] = [...FAMILIES, 'stream', 'stream'];

/**
 * Returns the random server (a server with faults drawn at random) of a seed. The same seed always gives the same
 * server.
 */
export function randomServer(seed: number): RandomServer {
  const chance = new Chance(seed);
  const family = chance.of(DRAWN);
  const cases = chance.of(CASE_LISTS[family]);
  return { name: `seed-${seed}`, faults: drawFaults(chance, family), cases };
}

/** Reads a whole number of the command line, from 1 to a million. */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > 1_000_000)
    throw new InvalidArgumentError('It must be a whole number from 1 to 1000000.');
  return value;
}
