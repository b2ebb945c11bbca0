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

/** The version of Autobahn whose cases and verdicts these are. */
export const SUITE_VERSION = '25.10.1';

/** The suite's categories in numeric order. 8 and 11 do not exist. */
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

/** All 517 cases in numeric order, which is also the order of their index numbers. */
export const cases: readonly Case[] = families.flatMap((family) => family.cases);

const places = new Map(cases.map((one, i) => [one.id, i]));

/** The case with that id; undefined when there is none. */
export function caseById(id: string): Case | undefined {
  const place = places.get(id);
  return place === undefined ? undefined : cases[place];
}

/** 1-based place among all 517, as Autobahn numbers them; 0 when there is none. */
export function caseIndex(id: string): number {
  return (places.get(id) ?? -1) + 1;
}
