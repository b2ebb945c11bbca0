import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CaseInfo } from '../../../reports/document/report.ts';
import { PACKAGE_ROOT } from '../../support/package-paths.ts';
import { type Case, type CaseEvent, payloadBytes } from './cases/case.ts';
import { caseById, families } from './cases/index.ts';
import type { AutobahnOutcome } from './outcome.ts';
import { payloadText } from './payload-text.ts';

/**
 * The weight of each case by its id: the milliseconds that the real suite needed for the case against the npm package
 * `ws`. `ws` refuses four cases; these were measured against the npm package `websocket`. Weights are only used to
 * split the cases into parts of equal duration and to estimate progress.
 */
const weights = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'fixtures/spec/weights.json'), 'utf8')) as Readonly<
  Record<string, number>
>;

/** The categories about limits and compression. How long their cases take shows how fast a server is. */
const TIMED_CATEGORIES: readonly string[] = ['9', '12', '13'];

/** The 517 cases of the suite, in numeric order: id, title, category, RFC sections and weight. */
export const catalogue: readonly CaseInfo[] = families.flatMap((family) =>
  family.cases.map(({ id, title, rfc }): CaseInfo => {
    const subcategory = subcategoryOf(id);
    return {
      id,
      title,
      category: family.category,
      categoryTitle: family.title,
      subcategory,
      subcategoryTitle: subcategory === null ? null : (family.subcategories[subcategory] ?? null),
      rfc: [...rfc],
      weightMs: weights[id] ?? 1,
      ...(TIMED_CATEGORIES.includes(family.category) && { timed: true }),
    };
  }),
);

const infos = new Map(catalogue.map((info) => [info.id, info]));

/** Finds a case of the catalogue by its exact id; undefined if the suite does not have the case. */
export function caseInfo(id: string): CaseInfo | undefined {
  return infos.get(id);
}

/** Describes in sentences what a case sends, and what the server must do; undefined for an unknown id. */
export function caseSentences(id: string): { sends: string; demands: string } | undefined {
  const { sends, demands } = caseById(id) ?? {};
  return sends === undefined || demands === undefined ? undefined : { sends, demands };
}

/**
 * Returns the outcome that a conformant server (one that follows the RFC) has in a case, computed from the case data.
 * If the case allows several close codes, the outcome has the usual code: the echo of the suite's own code, or the code
 * that the RFC names.
 * @throws RangeError for an id that the suite does not have.
 */
export function conformantOutcome(id: string): AutobahnOutcome {
  const caseData = caseById(id);
  if (caseData === undefined) throw new RangeError(`The suite has no case ${JSON.stringify(id)}.`);
  const grade = caseData.finalRule === 'informational' ? 'INFORMATIONAL' : 'OK';
  return {
    behavior: grade,
    behaviorClose: grade,
    remoteCloseCode: conformantCloseCode(caseData),
    wasClean: true,
    closedByMe: caseData.close.closedByMe,
    failedByMe: false,
    droppedByMe: false,
    wasServerConnectionDropTimeout: false,
    wasOpenHandshakeTimeout: false,
    wasCloseHandshakeTimeout: false,
    received: conformantEvents(caseData).map(toRecordedEvent),
  };
}

/**
 * Returns the close code that a conformant server sends.
 * - If the server must fail the connection, this is the only code that the case allows.
 * - If the server must refuse the suite's Close frame, this is the last allowed code: 1007 for a reason that is not
 * UTF-8, else 1002.
 * - Otherwise the server echoes the code of the suite's Close frame (RFC 6455 section 5.5.1).
 */
function conformantCloseCode({ close, script }: Case): number | null {
  if (!close.closedByMe) return close.codes[0];
  if (!close.requireClean) return close.codes.at(-1) ?? null;
  const closeStep = script.find((step) => step.step === 'close');
  return closeStep === undefined ? close.codes[0] : closeStep.code;
}

/**
 * Returns the events that a conformant server causes. Informational cases such as 7.1.6 also allow fewer events, but a
 * conformant server echoes every message that arrives before the Close frame.
 */
function conformantEvents({ finalRule, allowed, script }: Case): readonly CaseEvent[] {
  if (finalRule !== 'informational') return allowed.OK ?? [];
  return script.flatMap((step): CaseEvent[] =>
    step.step === 'frame' && step.opcode === 1 ? [{ kind: 'message', payload: step.payload, binary: false }] : [],
  );
}

/** Converts an event of the case data to the form of recorded results, in which long payloads are shortened. */
function toRecordedEvent(event: CaseEvent): AutobahnOutcome['received'][number] {
  switch (event.kind) {
    case 'message':
      return { kind: 'message', payload: payloadText(payloadBytes(event.payload)), binary: event.binary };
    case 'pong':
      return { kind: 'pong', payload: payloadText(payloadBytes(event.payload)) };
    case 'timeout':
      return event;
  }
}

/** Returns the subcategory of a case: `6.12` for `6.12.8`. Returns null if the category has no subcategories. */
function subcategoryOf(id: string): string | null {
  const [category, sub, rest] = id.split('.');
  return rest === undefined ? null : `${category}.${sub}`;
}

/** All case ids of the suite, in numeric order. */
export const suiteIds: readonly string[] = catalogue.map((info) => info.id);
