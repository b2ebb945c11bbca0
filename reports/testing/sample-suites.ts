import type { ReceivedEvent, RecordedCase } from '../document/recorded-case.ts';
import type { OutcomeField, SuiteFacts } from '../document/suite-facts.ts';

/** The suites of the sample reports: the Autobahn suite, and a small invented suite (toy suite) with other fields. */

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

/** The description of the Autobahn suite. A test of the harness checks that the harness has the same description. */
export const sampleSuite: SuiteFacts = {
  id: 'autobahn',
  title: 'Autobahn|Testsuite',
  version: '25.10.1',
  cases: 517,
  subject: 'server',
  groups: { '@core': ['1', '2', '3', '4', '5', '6', '7', '10'], '@limits': ['9'], '@deflate': ['12', '13'] },
  fields: [...FIELDS],
};

/** An outcome of an Autobahn case, with the fields that `sampleSuite` describes. */
export type SampleOutcome = Pick<
  RecordedCase,
  | 'behavior'
  | 'behaviorClose'
  | 'remoteCloseCode'
  | 'wasClean'
  | 'closedByMe'
  | 'failedByMe'
  | 'droppedByMe'
  | 'wasServerConnectionDropTimeout'
  | 'wasOpenHandshakeTimeout'
  | 'wasCloseHandshakeTimeout'
> & { received: ReceivedEvent[] };

/**
 * The description of an invented small suite that tests clients. Its outcomes have one grade and one text, but no close
 * code and no events.
 */
export const toySuite: SuiteFacts = {
  id: 'toy',
  title: 'Toy probes',
  version: '1.0',
  cases: 4,
  subject: 'client',
  groups: { '@upgrades': ['upgrade-a', 'upgrade-b'] },
  fields: [
    {
      name: 'verdictOfToy',
      label: 'Toy grade',
      kind: 'grade',
      grades: [
        { word: 'kept', glyph: '☺', tone: 'ok', letter: 'k', level: 'good' },
        { word: 'broken', glyph: '☹', tone: 'failed', letter: 'b', level: 'bad' },
      ],
    },
    { name: 'remark', label: 'Toy remark', kind: 'text' },
  ],
};
