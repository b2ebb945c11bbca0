import { z } from 'zod';

/**
 * The description of a suite in a report: its name, and every field of its outcomes with words, glyphs and colours.
 * Pages and formats follow these descriptions, so a suite with other fields needs no change in `reports/`.
 */

/** Names of the colour pairs that the style sheets define for grades. */
export const GRADE_TONES = ['ok', 'nonstrict', 'info', 'unimplemented', 'failed', 'badclose', 'missing'] as const;

/** How good a grade is. Sentences call a case good if all its grades are `good` or `informational`. */
const LEVELS = ['good', 'tolerated', 'informational', 'unsupported', 'bad'] as const;

/** One value of a field of kind `grade`, and how pages show the value. */
const gradeSchema = z.object({
  /** Value of the grade in an outcome, for example `NON-STRICT`. */
  word: z.string(),
  glyph: z.string(),
  tone: z.enum(GRADE_TONES),
  /** One character that stands for the grade in a history file. `?` and `.` are reserved: missing and not planned. */
  letter: z.string().regex(/^[^.?\s]$/),
  level: z.enum(LEVELS),
});
/** The description of a grade. */
export type GradeFacts = z.infer<typeof gradeSchema>;

/**
 * One field of an outcome: a row in the tables of a page, and a possible difference. The kind decides how values are
 * written: `grade` (one of `grades`), `close-code` (integer or null), `flag` (boolean), `events` (list of received
 * events), `text` (string or null), `json` (any JSON value).
 */
export const outcomeFieldSchema = z.object({
  /** Name of the field: its key in an outcome, for example `behaviorClose`. */
  name: z.string(),
  /** Name of the field on pages, for example `Close grade`. */
  label: z.string(),
  kind: z.enum(['grade', 'close-code', 'flag', 'events', 'text', 'json']),
  /** The grades of a field of kind `grade`, best first; absent for fields of other kinds. */
  grades: z.array(gradeSchema).min(1).optional(),
  /** Words for true and false of a field of kind `flag` in one-line summaries. A flag without words is not in summaries. */
  summary: z.object({ yes: z.string(), no: z.string() }).optional(),
});
/** The description of a field of outcomes. */
export type OutcomeField = z.infer<typeof outcomeFieldSchema>;

/** The description of a suite. */
export const suiteFactsSchema = z.object({
  /** Short name of the suite, for example `autobahn`. Cases name their suite by it; it is unique in a report. */
  id: z.string(),
  title: z.string(),
  version: z.string(),
  /** Number of cases in the whole suite, whether planned or not. */
  cases: z.number().int(),
  /** Whether the suite tests servers or clients. */
  subject: z.enum(['server', 'client']),
  /** Named groups of cases, for example `@core`, each as the ids of its sections and cases. */
  groups: z.record(z.string(), z.array(z.string())).optional(),
  /** In the order of the tables on pages. The first field of a kind is the one that summaries show: see `keyFields`. */
  fields: z.array(outcomeFieldSchema),
});
/** The description of a suite in a report. */
export type SuiteFacts = z.infer<typeof suiteFactsSchema>;

/** What one case did, made comparable. The keys are the names of the fields that its suite describes. */
export type Outcome = Readonly<Record<string, unknown>>;

/** The fields that summaries show. A field is undefined if the suite has none of its kind. */
export interface KeyFields {
  /** First field of kind `grade`: cells, counts and the search word `s:` show this grade. */
  grade: OutcomeField | undefined;
  /** Second field of kind `grade`: shown after the word “close”. */
  closeGrade: OutcomeField | undefined;
  /** First field of kind `close-code`: searched with `close:`. */
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

/** The description of an outcome's grade in one field; undefined if the field or the value is not described. */
export function gradeFacts(field: OutcomeField | undefined, outcome: Outcome | null): GradeFacts | undefined {
  if (field === undefined || outcome === null) return undefined;
  return field.grades?.find(({ word }) => word === outcome[field.name]);
}

/**
 * The suite that a case belongs to. A case without a suite id, or with an unknown id, belongs to the first suite.
 * @throws Error if the list of suites is empty, which the schema of the report rules out.
 */
export function suiteOfCase(suites: readonly SuiteFacts[], info: { suite?: string | undefined } = {}): SuiteFacts {
  const [first] = suites;
  if (first === undefined) throw new Error('The report names no suite, so its outcomes cannot be shown.');
  return info.suite === undefined ? first : (suites.find(({ id }) => id === info.suite) ?? first);
}

/** The titles and versions of suites, for example `Autobahn|Testsuite 25.10.1`, separated by commas. */
export function suiteNames(suites: readonly SuiteFacts[]): string {
  return suites.map(({ title, version }) => `${title} ${version}`).join(', ');
}

const event = z.union([
  z.object({ kind: z.literal('message'), payload: z.string(), binary: z.boolean() }),
  z.object({ kind: z.literal('pong'), payload: z.string() }),
  z.object({ kind: z.literal('timeout'), tag: z.string() }),
]);

const outcomeSchemas = new WeakMap<SuiteFacts, z.ZodType<Outcome>>();

/** Makes the schema for outcomes of one suite: every field is present and has a value of the field's kind. */
export function outcomeSchemaOf(suite: SuiteFacts): z.ZodType<Outcome> {
  const known = outcomeSchemas.get(suite);
  if (known !== undefined) return known;
  const schema = z.object(Object.fromEntries(suite.fields.map((field) => [field.name, fieldValueSchema(field)])));
  outcomeSchemas.set(suite, schema);
  return schema;
}

/** A schema for the values of one field. */
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
