import { isDeepStrictEqual } from 'node:util';
import type { Outcome } from '../../../reports/document/report.ts';
import type { OutcomeField, Toward } from '../../plan/suite.ts';

type Compare = OutcomeField['toward'];

/**
 * Rank of each grade: a higher number is better. INFORMATIONAL and NON-STRICT have the same rank, because neither of
 * them is better than the other.
 */
const GRADE_RANK: Readonly<Record<string, number>> = {
  OK: 3,
  INFORMATIONAL: 2,
  'NON-STRICT': 2,
  UNIMPLEMENTED: 1,
  FAILED: 0,
};
/** Grades of the close, best first. */
const CLOSE_GRADES = ['OK', 'INFORMATIONAL', 'WRONG CODE', 'UNCLEAN', 'FAILED BY CLIENT', 'FAILED'];

const byRank = (difference: number): Toward => (difference > 0 ? 'better' : difference < 0 ? 'worse' : 'sideways');

const compareGrades: Compare = (expected, actual) =>
  byRank((GRADE_RANK[String(actual.behavior)] ?? 0) - (GRADE_RANK[String(expected.behavior)] ?? 0));

const compareCloseGrades: Compare = (expected, actual) =>
  byRank(CLOSE_GRADES.indexOf(String(expected.behaviorClose)) - CLOSE_GRADES.indexOf(String(actual.behaviorClose)));

/** Compares a boolean field of an outcome. @param ifTrue whether the value `true` is good or bad. */
const flag =
  (name: string, ifTrue: 'good' | 'bad'): Compare =>
  (_, actual) =>
    (actual[name] === true) === (ifTrue === 'good') ? 'better' : 'worse';

/**
 * Compares a fact (field of an outcome) with the value of a conformant server. A change away from this value is worse,
 * and a change to this value is better.
 */
const likeConformant =
  (name: string): Compare =>
  (expected, actual, conformant) => {
    if (isDeepStrictEqual(expected[name], conformant[name])) return 'worse';
    return isDeepStrictEqual(actual[name], conformant[name]) ? 'better' : 'sideways';
  };

/**
 * Compares close codes. Only a missing code counts as worse. A different code does not, because several codes may be
 * right, and the close grade already shows a wrong code.
 */
function compareCloseCodes(expected: Outcome, actual: Outcome, conformant: Outcome): Toward {
  if (actual.remoteCloseCode === null && conformant.remoteCloseCode !== null) return 'worse';
  const isNewCode = actual.remoteCloseCode === conformant.remoteCloseCode && expected.remoteCloseCode === null;
  return isNewCode ? 'better' : 'sideways';
}

/** The eleven facts (fields of an outcome) that are compared, in the order of the tables on report pages. */
export const fields: readonly OutcomeField[] = [
  {
    name: 'behavior',
    label: 'Behaviour grade',
    kind: 'grade',
    grades: [
      { word: 'OK', glyph: '✓', tone: 'ok', letter: '+', level: 'good' },
      { word: 'NON-STRICT', glyph: '≈', tone: 'nonstrict', letter: '~', level: 'tolerated' },
      { word: 'INFORMATIONAL', glyph: 'i', tone: 'info', letter: 'i', level: 'informational' },
      { word: 'UNIMPLEMENTED', glyph: '∅', tone: 'unimplemented', letter: '-', level: 'unsupported' },
      { word: 'FAILED', glyph: '✗', tone: 'failed', letter: 'X', level: 'bad' },
    ],
    toward: compareGrades,
  },
  {
    name: 'behaviorClose',
    label: 'Close grade',
    kind: 'grade',
    grades: [
      { word: 'OK', glyph: '✓', tone: 'ok', letter: '+', level: 'good' },
      { word: 'INFORMATIONAL', glyph: 'i', tone: 'info', letter: 'i', level: 'informational' },
      { word: 'WRONG CODE', glyph: '‼', tone: 'badclose', letter: 'w', level: 'bad' },
      { word: 'UNCLEAN', glyph: '‼', tone: 'badclose', letter: 'u', level: 'bad' },
      { word: 'FAILED BY CLIENT', glyph: '‼', tone: 'badclose', letter: 'c', level: 'bad' },
      { word: 'FAILED', glyph: '✗', tone: 'failed', letter: 'X', level: 'bad' },
    ],
    toward: compareCloseGrades,
  },
  { name: 'remoteCloseCode', label: 'Server’s close code', kind: 'close-code', toward: compareCloseCodes },
  {
    name: 'wasClean',
    label: 'Clean close',
    kind: 'flag',
    summary: { yes: 'clean', no: 'not clean' },
    toward: flag('wasClean', 'good'),
  },
  { name: 'closedByMe', label: 'Fuzzing client closed first', kind: 'flag', toward: likeConformant('closedByMe') },
  {
    name: 'failedByMe',
    label: 'Fuzzing client failed the connection',
    kind: 'flag',
    toward: flag('failedByMe', 'bad'),
  },
  { name: 'droppedByMe', label: 'Fuzzing client dropped TCP', kind: 'flag', toward: flag('droppedByMe', 'bad') },
  {
    name: 'wasServerConnectionDropTimeout',
    label: 'Server late in dropping TCP',
    kind: 'flag',
    toward: flag('wasServerConnectionDropTimeout', 'bad'),
  },
  {
    name: 'wasOpenHandshakeTimeout',
    label: 'Opening handshake too late',
    kind: 'flag',
    toward: flag('wasOpenHandshakeTimeout', 'bad'),
  },
  {
    name: 'wasCloseHandshakeTimeout',
    label: 'Answer to Close too late',
    kind: 'flag',
    toward: flag('wasCloseHandshakeTimeout', 'bad'),
  },
  { name: 'received', label: 'Events received', kind: 'events', toward: likeConformant('received') },
];
