import type { RecordedCase } from '../../reports/document/recorded-case.ts';
import type { CaseInfo, Difference, Outcome } from '../../reports/document/report.ts';
import type { OutcomeField as OutcomeFieldFacts, SuiteFacts } from '../../reports/document/suite-facts.ts';
import type { Against } from '../../reports/wording/sentence.ts';
import { coverCases } from './case-patterns.ts';
import type { CaseGroups } from './match-cases.ts';

/** What a test suite tests: a server, to which the engine connects, or a client, which connects to the engine. */
export type SubjectKind = SuiteFacts['subject'];

/** Whether a fact that differs from its expectation is worse, better, or neither (`sideways`). */
export type Toward = Difference['toward'];

/**
 * One fact that each outcome has, for example the close code. The list of these fields determines the schema, the
 * comparison and the tables of a report.
 */
export interface OutcomeField extends OutcomeFieldFacts {
  /**
   * Says whether `actual` is better or worse than `expected`. Called only if the two differ in this field. `conformant`
   * is the outcome of a server or client that follows the RFC.
   */
  toward(expected: Outcome, actual: Outcome, conformant: Outcome): Toward;
}

/** What a suite reads from the two recorded parts of a case: its own JSON file, and its entry in `index.json`. */
export interface ReadCase {
  outcome: Outcome;
  /** Start of the case: ISO 8601, UTC. */
  started: string;
  durationMs: number | null;
  /** Whether the case file contains only a part of a payload or of the wire log. */
  isTruncated: boolean;
  /** Set if the engine saw two outcomes of the case. A part of a sentence about the outcome that does not count. */
  unsteady?: string;
  /** The whole recorded case, for pages that show frames and handshakes. Only results in Autobahn's format have it. */
  detail?: RecordedCase;
  /** Contradictions between the facts of a damaged or forged result: sentences without a full stop. */
  contradictions: readonly string[];
}

/** The text that the verb `explain` prints about a case. */
export interface Explanation {
  title: string;
  /** Category and RFC sections. */
  subtitle: string;
  sections: readonly { title: string; paragraphs: readonly string[] }[];
}

/** A faulty server, and the cases that show whether the engine finds its fault. */
export interface SelfTest {
  /** Program that starts the server: path relative to the package, without the file extension. */
  server: string;
  cases: readonly string[];
  /** The cases that must fail; all others must pass. */
  mustFail: readonly string[];
}

/**
 * A test suite: its cases, the facts of an outcome, and a reader of its results. All code outside of a suite's own
 * folder uses the suite through this interface. To add a suite, add a folder and one line in `registry.ts`.
 */
export interface Suite {
  /** Short name of the suite, for `--suite` and `report.json`. */
  id: string;
  title: string;
  version: string;
  subject: SubjectKind;
  /** All cases, in the order of `compareCaseIds`. */
  cases: readonly CaseInfo[];
  groups: CaseGroups;
  /** The facts of an outcome, most important first. */
  fields: readonly OutcomeField[];
  /**
   * The outcome of a server or client that follows the RFC.
   * @throws RangeError for an id that the suite does not have.
   */
  conformant(id: string): Outcome;
  /**
   * Checks the parsed JSON of a case file and of its index entry, and returns the facts that they contain.
   * @throws Error (or ZodError) if the JSON does not have the form of this suite's results.
   */
  readCase(file: unknown, entry: unknown, about: { id: string; agent: string }): ReadCase;
  /** Describes how an outcome differs from the expected outcome: one sentence with a full stop. */
  describe(
    actual: Outcome | null,
    expected: Outcome | null,
    differences: readonly Difference[],
    against?: Against,
  ): string;
  /** Explains a case in words. @throws RangeError for an id that the suite does not have. */
  explain(id: string): Explanation;
  /**
   * The check of `--selftest` and `doctor` that the engine finds a known fault. Absent if the suite has no such check.
   */
  selfTest?: SelfTest;
}

/** The facts about a suite that `report.json` contains. */
export function suiteFacts({ id, title, version, subject, cases, groups, fields }: Suite): SuiteFacts {
  const ids = cases.map((info) => info.id);
  const sections = Object.entries(groups).map(([name, has]) => [name, coverCases(ids.filter(has), ids)] as const);
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

/** The ids of all cases of a suite, in the order of the suite. */
export function caseIds({ cases }: Suite): string[] {
  return cases.map(({ id }) => id);
}
