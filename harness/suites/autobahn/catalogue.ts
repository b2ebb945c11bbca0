import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CaseInfo } from '../../../reports/document/report.ts';
import { PACKAGE_ROOT } from '../../support/package-paths.ts';
import { type Case, type CaseEvent, payloadBytes } from './cases/case.ts';
import { caseById, families } from './cases/index.ts';
import type { AutobahnOutcome } from './outcome.ts';
import { payloadText } from './payload-text.ts';

/**
 * Milliseconds the real suite took for each case against `ws` (four that `ws` refuses: against `websocket`): a measure
 * for sharding and progress, not a promise.
 */
const weights = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'fixtures/spec/weights.json'), 'utf8')) as Readonly<
  Record<string, number>
>;

/**
 * What every case is called and about, whichever engine plays it, and what a server without fault scores in it. In
 * numeric order; 517 of them.
 */
export const catalogue: readonly CaseInfo[] = families.flatMap((family) =>
  family.cases.map((one): CaseInfo => {
    const subcategory = subcategoryOf(one.id);
    return {
      id: one.id,
      title: one.title,
      category: family.category,
      categoryTitle: family.title,
      subcategory,
      subcategoryTitle: subcategory === null ? null : (family.subcategories[subcategory] ?? null),
      rfc: [...one.rfc],
      weightMs: weights[one.id] ?? 1,
    };
  }),
);

const infos = new Map(catalogue.map((info) => [info.id, info]));

/** The catalogue's entry for an exact id; undefined when the suite has no such case. */
export function caseInfo(id: string): CaseInfo | undefined {
  return infos.get(id);
}

/** What is sent in a case and what must happen, in one sentence or more each; undefined for an unknown id. */
export function caseSentences(id: string): { sends: string; demands: string } | undefined {
  const one = caseById(id);
  return one === undefined ? undefined : { sends: one.sends, demands: one.demands };
}

/**
 * The facts the suite records for a server that does everything right and strictly: what an expectation file leaves
 * out. Where several close codes are right this is the usual one: our own code echoed, else the one the RFC names.
 * Throws RangeError for an id the suite does not have.
 */
export function conformantOutcome(id: string): AutobahnOutcome {
  const one = caseById(id);
  if (one === undefined) throw new RangeError(`${JSON.stringify(id)} is no case of the suite: look the id up first`);
  const informational = one.finalRule === 'informational';
  return {
    behavior: informational ? 'INFORMATIONAL' : 'OK',
    behaviorClose: informational ? 'INFORMATIONAL' : 'OK',
    remoteCloseCode: conformantCloseCode(one),
    wasClean: true,
    closedByMe: one.close.closedByMe,
    failedByMe: false,
    droppedByMe: false,
    wasServerConnectionDropTimeout: false,
    wasOpenHandshakeTimeout: false,
    wasCloseHandshakeTimeout: false,
    received: conformantEvents(one).map(shownEvent),
  };
}

/**
 * The code a server closes with (RFC 6455 5.5.1: "typically echoes the status code it received"). Where the server
 * fails the connection it is the one code the case allows; where it refuses our Close, the last of those allowed, which
 * is 1007 for a reason that is not text and else 1002.
 */
function conformantCloseCode({ close, script }: Case): number | null {
  if (!close.closedByMe) return close.codes[0];
  if (!close.requireClean) return close.codes.at(-1) ?? null;
  const sent = script.find((step) => step.step === 'close');
  return sent === undefined ? close.codes[0] : sent.code;
}

/** 7.1.6 allows the second text alone, but a server that echoes everything sent before the Close returns both. */
function conformantEvents(one: Case): readonly CaseEvent[] {
  if (one.finalRule !== 'informational') return one.allowed.OK ?? [];
  return one.script.flatMap((step): CaseEvent[] =>
    step.step === 'frame' && step.opcode === 1 ? [{ kind: 'message', payload: step.payload, binary: false }] : [],
  );
}

function shownEvent(event: CaseEvent): AutobahnOutcome['received'][number] {
  switch (event.kind) {
    case 'message':
      return { kind: 'message', payload: payloadText(payloadBytes(event.payload)), binary: event.binary };
    case 'pong':
      return { kind: 'pong', payload: payloadText(payloadBytes(event.payload)) };
    case 'timeout':
      return event;
  }
}

/** `6.12` of `6.12.8`; null for categories without subcategories. */
function subcategoryOf(id: string): string | null {
  const [category, sub, rest] = id.split('.');
  return rest === undefined ? null : `${category}.${sub}`;
}

/** Every id of the suite, in numeric order. */
export const suiteIds: readonly string[] = catalogue.map((info) => info.id);
