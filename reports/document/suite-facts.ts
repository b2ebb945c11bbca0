import { z } from 'zod';

/**
 * The description of a suite in a report: its name, and the fields of its outcomes with words, glyphs and colours.
 * Pages and formats read these descriptions, so a suite with other fields needs no change in `reports/`.
 */

/** The tones of grades. A tone is a name for a pair of colours that the style sheets define. */
export const GRADE_TONES = ['ok', 'nonstrict', 'info', 'unimplemented', 'failed', 'badclose', 'missing'] as const;

/** Levels that say how good a grade is. Sentences call a case good if all its grades are `good` or `informational`. */
const LEVELS = ['good', 'tolerated', 'informational', 'unsupported', 'bad'] as const;

/** One value that a field of kind `grade` can have, and how pages show this value. */
const gradeSchema = z.object({
  /** The grade as an outcome contains it, for example `NON-STRICT`. */
  word: z.string(),
  glyph: z.string(),
  tone: z.enum(GRADE_TONES),
  /** The character that stands for the grade in a history file. `?` (missing) and `.` (not planned) cannot be used. */
  letter: z.string().regex(/^[^.?\s]$/),
  level: z.enum(LEVELS),
});
/** The description of one grade: its word, its glyph, its colours and its level. */
export type GradeFacts = z.infer<typeof gradeSchema>;

/**
 * One field of an outcome. A field is a row in the tables of a page, and outcomes can differ in a field. `kind` says
 * how values are written: `grade` (one of `grades`), `close-code` (integer or null), `flag` (boolean), `events` (list
 * of received events), `text` (string or null), `json` (any JSON value).
 */
export const outcomeFieldSchema = z.object({
  /** The name of the field, which is its key in an outcome, for example `behaviorClose`. */
  name: z.string(),
  /** The name of the field as pages show it, for example `Close grade`. */
  label: z.string(),
  kind: z.enum(['grade', 'close-code', 'flag', 'events', 'text', 'json']),
  /** The grades that a field of kind `grade` can have, best grade first. Absent for fields of other kinds. */
  grades: z.array(gradeSchema).min(1).optional(),
  /**
   * The words for true and false of a field of kind `flag` in one-line summaries. Summaries omit a flag without words.
   */
  summary: z.object({ yes: z.string(), no: z.string() }).optional(),
});
/** The description of one field of an outcome. */
export type OutcomeField = z.infer<typeof outcomeFieldSchema>;

/** The description of a suite of cases: its name, its size and the fields of its outcomes. */
export const suiteFactsSchema = z.object({
  /**
   * The short name of the suite, for example `autobahn`. The name is unique in a report. Each case refers to its suite
   * by this name.
   */
  id: z.string(),
  title: z.string(),
  version: z.string(),
  /** The number of cases in the whole suite, including the cases that the run did not plan. */
  cases: z.number().int(),
  /** Whether the suite tests servers or clients. */
  subject: z.enum(['server', 'client']),
  /** The named groups of cases, for example `@core`. Each group lists the ids of its sections and cases. */
  groups: z.record(z.string(), z.array(z.string())).optional(),
  /**
   * The fields of an outcome, in the order of the tables on pages. Summaries show the first field of a kind; see
   * `keyFields`.
   */
  fields: z.array(outcomeFieldSchema),
});
/** The description of a suite in a report. */
export type SuiteFacts = z.infer<typeof suiteFactsSchema>;

/** The outcome of one case: the facts that are compared. The keys are the field names that the suite describes. */
export type Outcome = Readonly<Record<string, unknown>>;

/** The fields that summaries show. A field is undefined if the suite has no field of the needed kind. */
export interface KeyFields {
  /** The first field of kind `grade`, the main grade. Tables and counts show it, and the search finds it with `s:`. */
  grade: OutcomeField | undefined;
  /** The second field of kind `grade`, the close grade. Summaries show this grade after the word “close”. */
  closeGrade: OutcomeField | undefined;
  /** The first field of kind `close-code`. The search of the index page finds a close code with `close:`. */
  closeCode: OutcomeField | undefined;
}

const keyFieldsOf = new WeakMap<SuiteFacts, KeyFields>();

/** Picks the fields of a suite that summaries show. */
export function keyFields(suite: SuiteFacts): KeyFields {
  const known = keyFieldsOf.get(suite);
  if (known !== undefined) return known;
  const [grade, closeGrade] = suite.fields.filter(({ kind }) => kind === 'grade');
  const fields = { grade, closeGrade, closeCode: suite.fields.find(({ kind }) => kind === 'close-code') };
  keyFieldsOf.set(suite, fields);
  return fields;
}

/**
 * Finds the description of the grade that one field of an outcome has. Returns undefined if the suite does not describe
 * it.
 */
export function gradeFacts(field: OutcomeField | undefined, outcome: Outcome | null): GradeFacts | undefined {
  if (field === undefined || outcome === null) return undefined;
  return field.grades?.find(({ word }) => word === outcome[field.name]);
}

/**
 * Finds the suite to which a case belongs. A case without a suite id, or with an unknown one, belongs to the first
 * suite.
 * @throws Error if the list of suites is empty. The schema of the report does not allow an empty list.
 */
export function suiteOfCase(suites: readonly SuiteFacts[], info: { suite?: string | undefined } = {}): SuiteFacts {
  const [first] = suites;
  if (first === undefined) throw new Error('The report names no suite, so its outcomes cannot be shown.');
  return info.suite === undefined ? first : (suites.find(({ id }) => id === info.suite) ?? first);
}

/** Writes the titles and versions of suites, separated by commas, for example `Autobahn|Testsuite 25.10.1`. */
export function suiteNames(suites: readonly SuiteFacts[]): string {
  return suites.map(({ title, version }) => `${title} ${version}`).join(', ');
}

const event = z.union([
  z.object({ kind: z.literal('message'), payload: z.string(), binary: z.boolean() }),
  z.object({ kind: z.literal('pong'), payload: z.string() }),
  z.object({ kind: z.literal('timeout'), tag: z.string() }),
]);

const outcomeSchemas = new WeakMap<SuiteFacts, z.ZodType<Outcome>>();

/** Makes the schema for the outcomes of one suite. The schema demands every field, with a value of the field's kind. */
export function outcomeSchemaOf(suite: SuiteFacts): z.ZodType<Outcome> {
  const known = outcomeSchemas.get(suite);
  if (known !== undefined) return known;
  const schema = z.object(Object.fromEntries(suite.fields.map((field) => [field.name, fieldValueSchema(field)])));
  outcomeSchemas.set(suite, schema);
  return schema;
}

/** Makes the schema for the values of one field of an outcome. */
export function fieldValueSchema({ kind, grades = [] }: OutcomeField): z.ZodType {
  switch (kind) {
    case 'grade':
      return z.enum(grades.map(({ word }) => word));
    case 'close-code':
      return z.number().int().nullable();
    case 'flag':
      return z.boolean();
    case 'events':
      return z.array(event);
    case 'text':
      return z.string().nullable();
    case 'json':
      return z.unknown();
  }
}
