import { framing } from './1-framing.ts';
import { pings } from './2-pings.ts';
import { reservedBits } from './3-reserved-bits.ts';
import { opcodes } from './4-opcodes.ts';
import { fragmentation } from './5-fragmentation.ts';
import { utf8 } from './6-utf8.ts';
import { closingHandshake } from './7-closing.ts';
import { limits } from './9-limits.ts';
import { misc } from './10-misc.ts';
import { compressedPayloads, compressionParameters } from './12-13-compression.ts';
import type { Case, Family } from './case.ts';

/** The version of Autobahn|Testsuite from which the cases and their grades are taken. */
export const SUITE_VERSION = '25.10.1';

/** The categories of the suite in numeric order. Categories 8 and 11 do not exist. */
export const families: readonly Family[] = [
  framing,
  pings,
  reservedBits,
  opcodes,
  fragmentation,
  utf8,
  closingHandshake,
  limits,
  misc,
  compressedPayloads,
  compressionParameters,
];

/** All 517 cases in numeric order, which is also the order of Autobahn's index numbers. */
export const cases: readonly Case[] = families.flatMap((family) => family.cases);

const positions = new Map(cases.map(({ id }, i) => [id, i]));

/** Returns the case with an id; undefined for an unknown id. */
export function caseById(id: string): Case | undefined {
  const position = positions.get(id);
  return position === undefined ? undefined : cases[position];
}

/** Returns Autobahn's index number of a case, from 1 to 517; 0 for an unknown id. */
export function caseIndex(id: string): number {
  return (positions.get(id) ?? -1) + 1;
}
