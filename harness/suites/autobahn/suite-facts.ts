import type { OutcomeField, SuiteFacts } from '../../../reports/document/suite-facts.ts';
import { SUITE } from '../../expectations/expectation-file.ts';

/** The eleven facts of an Autobahn outcome, as reports show them. */
const FIELDS: readonly OutcomeField[] = [
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
  },
  { name: 'remoteCloseCode', label: 'Server’s close code', kind: 'close-code' },
  { name: 'wasClean', label: 'Clean close', kind: 'flag', summary: { yes: 'clean', no: 'not clean' } },
  { name: 'closedByMe', label: 'Fuzzing client closed first', kind: 'flag' },
  { name: 'failedByMe', label: 'Fuzzing client failed the connection', kind: 'flag' },
  { name: 'droppedByMe', label: 'Fuzzing client dropped TCP', kind: 'flag' },
  { name: 'wasServerConnectionDropTimeout', label: 'Server late in dropping TCP', kind: 'flag' },
  { name: 'wasOpenHandshakeTimeout', label: 'Opening handshake too late', kind: 'flag' },
  { name: 'wasCloseHandshakeTimeout', label: 'Answer to Close too late', kind: 'flag' },
  { name: 'received', label: 'Events received', kind: 'events' },
];

/** Autobahn as reports describe the suite. */
export const autobahnFacts: SuiteFacts = {
  id: 'autobahn',
  title: SUITE.name,
  version: SUITE.version,
  cases: SUITE.cases,
  subject: 'server',
  fields: [...FIELDS],
};
