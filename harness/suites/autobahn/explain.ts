import { eventText } from '../../../reports/wording/event-text.ts';
import { closeCode } from '../../../reports/wording/vocabulary.ts';
import type { Explanation } from '../../plan/suite.ts';
import { caseInfo, caseSentences, conformantOutcome } from './catalogue.ts';
import { disputeNotes } from './contested-cases.ts';

/** Maximum number of expected events that an explanation lists one by one. */
const EVENTS_SHOWN = 4;

/**
 * Explains a case in words: what the suite sends, what the server must do, and the usual causes of each bad grade.
 * @throws RangeError for an id that the suite does not have.
 */
export function explain(id: string): Explanation {
  const info = caseInfo(id);
  const sentences = caseSentences(id);
  if (info === undefined || sentences === undefined)
    throw new RangeError(`The suite has no case ${JSON.stringify(id)}.`);
  const expected = conformantOutcome(id);
  const notes = disputeNotes(id);
  const events = expected.received.length === 0 ? ['nothing'] : expected.received.map((event) => eventText(event, 60));
  const more = events.length > EVENTS_SHOWN ? ` and ${events.length - EVENTS_SHOWN} more` : '';
  return {
    title: `${info.id}  ${info.title}`,
    subtitle: `${info.category} ${info.categoryTitle}${info.subcategoryTitle === null ? '' : `, ${info.subcategoryTitle}`} · ${info.rfc.join(', ')}`,
    sections: [
      { title: 'What is sent', paragraphs: [sentences.sends] },
      { title: 'What must happen', paragraphs: [sentences.demands] },
      {
        title: 'Outcome of a conformant server',
        paragraphs: [
          `${expected.behavior}, close ${expected.behaviorClose}, close code ${closeCode(expected.remoteCloseCode)}`,
          `the ${expected.closedByMe ? 'fuzzing client' : 'server'} closes first; the server drops TCP`,
          `received: ${events.slice(0, EVENTS_SHOWN).join(', ')}${more}`,
        ],
      },
      { title: 'Usual causes', paragraphs: causesOf(info.category).map(([grade, cause]) => `${grade}: ${cause}`) },
      ...(notes.length === 0 ? [] : [{ title: 'Contested', paragraphs: notes }]),
    ],
  };
}

/** Returns the usual causes of each bad grade in a category. */
function causesOf(category: string): [grade: string, cause: string][] {
  const unclean =
    'UNCLEAN: the server dropped TCP without an answer to the Close frame, or kept TCP open after the Close frames (RFC 6455 7.1.1).';
  const common: [string, string][] = [
    ['close', unclean],
    ['close', 'WRONG CODE: the close code does not fit the broken rule (RFC 6455 7.4.1).'],
    ['close', 'FAILED BY CLIENT: the server itself sent data that breaks a rule. The wire log marks the data.'],
  ];
  const own: Readonly<Record<string, [string, string][]>> = {
    '1': [
      [
        'FAILED',
        'a length of 126 or 65536 is read from the wrong bytes, or a message is echoed with the wrong opcode.',
      ],
    ],
    '2': [
      [
        'FAILED',
        'a Pong lacks the payload of the Ping, no Pong is sent during a fragmented message, or a Ping of more than 125 bytes is answered.',
      ],
    ],
    '3': [['FAILED', 'the reserved bits are not checked, or only in the first frame.']],
    '4': [['FAILED', 'frames with reserved opcodes are treated as data or ignored, and the connection does not fail.']],
    '5': [
      [
        'FAILED',
        'a control frame inside a fragmented message ends the message, or a continuation frame without a message is taken.',
      ],
    ],
    '6': [
      ['FAILED', 'UTF-8 is checked frame by frame, so that a character in two frames fails, or UTF-8 is not checked.'],
      ['NON-STRICT', 'UTF-8 is checked only when the message is complete.'],
    ],
    '7': [
      [
        'FAILED',
        'data after a Close frame is still answered, or the code and reason of a Close frame are not checked.',
      ],
    ],
    '9': [['FAILED', 'the limit is below 16 MiB, or the work grows with the square of the number of fragments.']],
    '10': [['FAILED', 'a frame is lost if its bytes arrive in small pieces.']],
    '12': [
      ['UNIMPLEMENTED', 'permessage-deflate is not negotiated.'],
      ['FAILED', 'the window is reset between messages, or is not reset when it must be (RFC 7692 7.2).'],
    ],
    '13': [
      ['UNIMPLEMENTED', 'the server declined all offered parameters.'],
      ['FAILED', 'the server does not keep to the agreed window bits or context takeover (RFC 7692 7.1).'],
    ],
  };
  return [...(own[category] ?? []), ...common];
}
