import type { RecordedCase } from '../../reports/document/recorded-case.ts';
import type { CaseInfo, Difference, Outcome } from '../../reports/document/report.ts';
import type { OutcomeField as OutcomeFieldFacts, SuiteFacts } from '../../reports/document/suite-facts.ts';
import type { Against } from '../../reports/wording/sentence.ts';
import { cover } from './case-patterns.ts';
import type { CaseGroups } from './match-cases.ts';

/** What a suite tests: a server that the engine connects to, or a client that connects to the engine. */
export type SubjectKind = SuiteFacts['subject'];

/** Whether a value that is not the expected one is worse, better, or neither. */
export type Toward = Difference['toward'];

/** One comparable fact of an outcome. The schema, the comparison, the labels and the tables of a report follow from this row. */
export interface OutcomeField extends OutcomeFieldFacts {
  /** Called only if `expected` and `actual` differ in this field. `conformant` is the outcome of a faultless subject. */
  toward(expected: Outcome, actual: Outcome, conformant: Outcome): Toward;
}

/** A case file and its index entry, checked and made comparable. */
export interface ReadCase {
  outcome: Outcome;
  /** When the case began: ISO 8601, UTC. */
  started: string;
  durationMs: number | null;
  /** Whether the file holds a part of a payload or wire log only. */
  isTruncated: boolean;
  /** The whole recorded case, for pages that show frames and handshakes; only Autobahn's format has one. */
  detail?: RecordedCase;
  /** Facts that contradict each other, as sentences without a full stop: the result is damaged or forged. */
  contradictions: readonly string[];
}

/** A case in words, for `explain`. */
export interface Explanation {
  title: string;
  /** Category and RFC sections. */
  subtitle: string;
  sections: readonly { title: string; paragraphs: readonly string[] }[];
}

/** A server that is wrong on purpose, and what the suite must say about it. */
export interface SelfTest {
  /** Program that starts the server: path below the package, without ending. */
  server: string;
  cases: readonly string[];
  /** The cases that must fail; all others must pass. */
  mustFail: readonly string[];
}

/**
 * A test suite as a value: its cases, the facts of an outcome, and how its results are read. The stages of a run know
 * suites only through this interface. A new suite is a folder and one line in the registry.
 */
export interface Suite {
  /** Short name for `--suite` and report.json. */
  id: string;
  title: string;
  version: string;
  subject: SubjectKind;
  /** All cases, in the order of `compareCaseIds`. */
  cases: readonly CaseInfo[];
  groups: CaseGroups;
  /** The facts of an outcome, most important first. */
  fields: readonly OutcomeField[];
  /** The outcome of a subject without fault. @throws RangeError for an id that the suite does not have. */
  conformant(id: string): Outcome;
  /**
   * Checks and types the parsed JSON of a case file and of its index entry.
   * @throws Error (or ZodError) if the JSON does not have the form of this suite's results.
   */
  readCase(file: unknown, entry: unknown, about: { id: string; agent: string }): ReadCase;
  /** How an outcome differs from the expected one, in one sentence with a full stop. */
  describe(
    actual: Outcome | null,
    expected: Outcome | null,
    differences: readonly Difference[],
    against?: Against,
  ): string;
  /** @throws RangeError for an id that the suite does not have. */
  explain(id: string): Explanation;
  /** For `--selftest` and `doctor`; a suite without one cannot be self-tested. */
  selfTest?: SelfTest;
}

/** What report.json says about a suite. */
export function suiteFacts({ id, title, version, subject, cases, groups, fields }: Suite): SuiteFacts {
  const ids = cases.map((info) => info.id);
  const sections = Object.entries(groups).map(([name, has]) => [name, cover(ids.filter(has), ids)] as const);
  return {
    id,
    title,
    version,
    cases: cases.length,
    subject,
    ...(sections.length === 0 ? {} : { groups: Object.fromEntries(sections) }),
    fields: fields.map(({ toward: _, ...facts }) => facts),
  };
}

/** The ids of all cases, in the suite's order. */
export function caseIds({ cases }: Suite): string[] {
  return cases.map(({ id }) => id);
}
