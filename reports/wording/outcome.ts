import type { ReceivedEvent } from '../document/recorded-case.ts';
import {
  type GradeFacts,
  gradeFacts,
  keyFields,
  type Outcome,
  type OutcomeField,
  type SuiteFacts,
} from '../document/suite-facts.ts';
import { eventText } from './event-text.ts';
import { closeCode, count, type Face, MISSING_FACE } from './vocabulary.ts';

/**
 * These functions find the parts of an outcome that pages and texts show. The description of the suite says which parts
 * exist.
 */

/**
 * Returns the glyph, the word and the colours of a grade. A word that the suite does not describe gets a question mark
 * as its glyph.
 */
function faceOf(facts: GradeFacts | undefined, word: unknown): Face {
  if (facts !== undefined) return facts;
  return word === undefined ? MISSING_FACE : { glyph: '?', word: String(word), tone: 'missing' };
}

function gradeIn(field: OutcomeField | undefined, outcome: Outcome): Face {
  return faceOf(gradeFacts(field, outcome), field === undefined ? undefined : outcome[field.name]);
}

/** Returns the glyph, the word and the colours of an outcome's main grade. */
export function gradeFace(suite: SuiteFacts, outcome: Outcome): Face {
  return gradeIn(keyFields(suite).grade, outcome);
}

/** Returns the glyph, the word and the colours of an outcome's close grade; null if the suite has no close grade. */
export function closeGradeFace(suite: SuiteFacts, outcome: Outcome): Face | null {
  const { closeGrade } = keyFields(suite);
  return closeGrade === undefined ? null : gradeIn(closeGrade, outcome);
}

/**
 * Returns the close grade of an outcome if this grade tells the reader something new. Returns null if the close grade
 * is good or has the same word as the main grade.
 */
export function notableClose(suite: SuiteFacts, outcome: Outcome): Face | null {
  const face = closeGradeFace(suite, outcome);
  const isGood = gradeFacts(keyFields(suite).closeGrade, outcome)?.level === 'good';
  return face === null || isGood || face.word === gradeFace(suite, outcome).word ? null : face;
}

/**
 * Returns the close code of an outcome. null: no close code was sent. undefined: the suite has no field for close
 * codes.
 */
export function closeCodeOf(suite: SuiteFacts, outcome: Outcome): number | null | undefined {
  const field = keyFields(suite).closeCode;
  if (field === undefined) return undefined;
  const code = outcome[field.name];
  return typeof code === 'number' ? code : null;
}

/** Lists all main grades of several suites, in the order of the suites. Each word is listed once. */
export function gradeFaces(suites: readonly SuiteFacts[]): Face[] {
  return facesIn(suites.map((suite) => keyFields(suite).grade));
}

/** Lists all close grades of several suites, in the order of the suites. Each word is listed once. */
export function closeGradeFaces(suites: readonly SuiteFacts[]): Face[] {
  return facesIn(suites.map((suite) => keyFields(suite).closeGrade));
}

function facesIn(fields: readonly (OutcomeField | undefined)[]): Face[] {
  const faces = new Map<string, Face>();
  for (const grade of fields.flatMap((field) => field?.grades ?? []))
    if (!faces.has(grade.word)) faces.set(grade.word, faceOf(grade, grade.word));
  return [...faces.values()];
}

/**
 * Describes the main parts of an outcome in words, for example `OK, close OK, code 1000 (normal closure)`. Returns `–`
 * if there is no outcome.
 */
export function outcomeSummary(suite: SuiteFacts, outcome: Outcome | null): string {
  if (outcome === null) return '–';
  const close = closeGradeFace(suite, outcome);
  const code = closeCodeOf(suite, outcome);
  return [
    gradeFace(suite, outcome).word,
    ...(close === null ? [] : [`close ${close.word}`]),
    ...(code === undefined ? [] : [`code ${closeCode(code)}`]),
  ].join(', ');
}

/**
 * Describes how the connection of a case ended, for example `close 1000, clean`. The text contains the close code and
 * those flags for which the suite has words. Returns null if the suite has neither.
 */
export function endSummary(suite: SuiteFacts, outcome: Outcome): string | null {
  const code = closeCodeOf(suite, outcome);
  const flags = suite.fields.flatMap(({ name, summary }) =>
    summary === undefined ? [] : [outcome[name] === true ? summary.yes : summary.no],
  );
  const words = [...(code === undefined ? [] : [code === null ? 'no close code' : `close ${code}`]), ...flags];
  return words.length === 0 ? null : words.join(', ');
}

/**
 * Writes the value of one field of an outcome as lines of text. A list of events has one line for each event, and any
 * other value has a single line.
 * @param events maximum number of listed events; a last line says how many more there are.
 * @param characters maximum number of quoted characters of each payload.
 */
export function fieldLines(field: OutcomeField, outcome: Outcome, events: number, characters: number): string[] {
  const value = outcome[field.name];
  switch (field.kind) {
    case 'events':
      return eventLines(Array.isArray(value) ? value : [], events, characters);
    case 'close-code':
      return [closeCode(typeof value === 'number' ? value : null)];
    case 'flag':
      return [value === true ? 'yes' : 'no'];
    case 'grade':
    case 'text':
      return [value === null || value === undefined ? 'none' : String(value)];
    case 'json':
      return [shortJson(value)];
  }
}

function eventLines(events: readonly ReceivedEvent[], shown: number, characters: number): string[] {
  if (events.length === 0) return ['nothing'];
  const lines = events.slice(0, shown).map((event) => eventText(event, characters));
  return events.length > shown ? [...lines, `and ${count(events.length - shown)} more`] : lines;
}

/** Writes a value as JSON. The text is cut after 200 characters. */
export function shortJson(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
