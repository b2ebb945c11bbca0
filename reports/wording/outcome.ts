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

/** The parts of an outcome that pages and texts show, found by the description of its suite. */

/** How a grade is shown. A word that the suite does not describe is shown as it is, with a question mark. */
function faceOf(facts: GradeFacts | undefined, word: unknown): Face {
  if (facts !== undefined) return facts;
  return word === undefined ? MISSING_FACE : { glyph: '?', word: String(word), tone: 'missing' };
}

function gradeIn(field: OutcomeField | undefined, outcome: Outcome): Face {
  return faceOf(gradeFacts(field, outcome), field === undefined ? undefined : outcome[field.name]);
}

/** The main grade of an outcome. */
export function gradeFace(suite: SuiteFacts, outcome: Outcome): Face {
  return gradeIn(keyFields(suite).grade, outcome);
}

/** The grade of the close; null if the suite has no such grade. */
export function closeGradeFace(suite: SuiteFacts, outcome: Outcome): Face | null {
  const { closeGrade } = keyFields(suite);
  return closeGrade === undefined ? null : gradeIn(closeGrade, outcome);
}

/** The grade of the close if it says more than the main grade: it is not good, and it is another word. */
export function notableClose(suite: SuiteFacts, outcome: Outcome): Face | null {
  const face = closeGradeFace(suite, outcome);
  const isGood = gradeFacts(keyFields(suite).closeGrade, outcome)?.level === 'good';
  return face === null || isGood || face.word === gradeFace(suite, outcome).word ? null : face;
}

/** The close code of an outcome; null if none was sent, undefined if the suite has no such field. */
export function closeCodeOf(suite: SuiteFacts, outcome: Outcome): number | null | undefined {
  const field = keyFields(suite).closeCode;
  if (field === undefined) return undefined;
  const code = outcome[field.name];
  return typeof code === 'number' ? code : null;
}

/** Every main grade of the suites, in their order and without repetition. */
export function gradeFaces(suites: readonly SuiteFacts[]): Face[] {
  return facesIn(suites.map((suite) => keyFields(suite).grade));
}

/** Every close grade of the suites, in their order and without repetition. */
export function closeGradeFaces(suites: readonly SuiteFacts[]): Face[] {
  return facesIn(suites.map((suite) => keyFields(suite).closeGrade));
}

function facesIn(fields: readonly (OutcomeField | undefined)[]): Face[] {
  const faces = new Map<string, Face>();
  for (const grade of fields.flatMap((field) => field?.grades ?? []))
    if (!faces.has(grade.word)) faces.set(grade.word, faceOf(grade, grade.word));
  return [...faces.values()];
}

/** `OK, close OK, code 1000 (normal closure)`: the fields that summaries show. `–` if there is no outcome. */
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

/** `close 1000, clean`: the close code and the flags that have words for summaries. null if the suite has neither. */
export function endSummary(suite: SuiteFacts, outcome: Outcome): string | null {
  const code = closeCodeOf(suite, outcome);
  const flags = suite.fields.flatMap(({ name, summary }) =>
    summary === undefined ? [] : [outcome[name] === true ? summary.yes : summary.no],
  );
  const words = [...(code === undefined ? [] : [code === null ? 'no close code' : `close ${code}`]), ...flags];
  return words.length === 0 ? null : words.join(', ');
}

/**
 * The value of one field as lines of text: one line for each event, otherwise a single line.
 * @param events the number of events to list; a last line says how many more there are.
 * @param characters the number of characters to quote of each payload.
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

/** A value as JSON, cut after 200 characters. */
export function shortJson(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
