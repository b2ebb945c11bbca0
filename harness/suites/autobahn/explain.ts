import { eventText } from '../../../reports/wording/event-text.ts';
import { closeCode } from '../../../reports/wording/vocabulary.ts';
import type { Explanation } from '../../plan/suite.ts';
import { caseInfo, caseSentences, conformantOutcome } from './catalogue.ts';
import { disputeNotes } from './contested-cases.ts';

/** Number of expected events that are listed one by one. */
const EVENTS_SHOWN = 4;

/**
 * A case in words: what it sends, what the server must do, what is allowed, and the usual causes of each bad grade.
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
        title: 'Outcome of a faultless server',
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

/** What mostly lies behind a grade, by category. */
function causesOf(category: string): [grade: string, cause: string][] {
  const unclean =
    'UNCLEAN: the server dropped TCP without answering the Close frame, or kept TCP open behind it (RFC 6455 7.1.1).';
  const common: [string, string][] = [
    ['close', unclean],
    ['close', 'WRONG CODE: another close code than the rule that was broken asks for (RFC 6455 7.4.1).'],
    ['close', 'FAILED BY CLIENT: what the server sent broke a rule itself; the wire log marks it.'],
  ];
  const own: Readonly<Record<string, [string, string][]>> = {
    '1': [
      [
        'FAILED',
        'a length of 126 or 65536 is read from the wrong octets, or a message is echoed with the other opcode.',
      ],
    ],
    '2': [
      [
        'FAILED',
        'a Pong without the Ping’s payload, none while a message is fragmented, or a Ping of more than 125 octets that is answered.',
      ],
    ],
    '3': [['FAILED', 'the reserved bits are not looked at, or only on the first frame.']],
    '4': [['FAILED', 'reserved opcodes are taken as data, or ignored instead of failing the connection.']],
    '5': [['FAILED', 'a control frame within a message ends it, or a continuation of nothing is taken.']],
    '6': [
      ['FAILED', 'UTF-8 is judged frame by frame, so a character cut in two fails; or not at all.'],
      ['NON-STRICT', 'UTF-8 is judged when the message is whole, not as it arrives.'],
    ],
    '7': [
      ['FAILED', 'data behind a Close frame is still answered, or codes and reasons of a Close are not looked at.'],
    ],
    '9': [['FAILED', 'a limit below 16 MiB, or work that grows with the square of the fragments.']],
    '10': [['FAILED', 'a frame is lost when its octets come in small pieces.']],
    '12': [
      ['UNIMPLEMENTED', 'permessage-deflate is not negotiated.'],
      ['FAILED', 'the window is reset between messages, or not reset where it has to be (RFC 7692 7.2).'],
    ],
    '13': [
      ['UNIMPLEMENTED', 'the offered parameters were all declined.'],
      ['FAILED', 'agreed window bits or context takeover are not kept to (RFC 7692 7.1).'],
    ],
  };
  return [...(own[category] ?? []), ...common];
}
