import { eventText } from '../../../reports/wording/event-text.ts';
import { closeCode } from '../../../reports/wording/vocabulary.ts';
import { matchCases } from '../../plan/case-id.ts';
import { closestTo } from '../../support/did-you-mean.ts';
import { HarnessError } from '../../support/harness-error.ts';
import { wrapText } from '../../support/wrapped.ts';
import { caseInfo, caseSentences, conformantOutcome, suiteIds } from './catalogue.ts';
import { contestedNotes } from './contested-cases.ts';

/** Longer lines are tiring to read. */
const MOST_COLUMNS = 100;

/**
 * `explain CASE`: what a case sends, what must happen, what is allowed, and what mostly lies behind each verdict.
 * @param columns of the terminal that it is for.
 * @throws HarnessError (2) for an id the suite does not have, with the nearest one.
 */
export function explainCase(id: string, columns = MOST_COLUMNS): string {
  const info = caseInfo(id);
  const sentences = caseSentences(id);
  if (info === undefined || sentences === undefined) {
    const meant = matchCases(suiteIds, id);
    if (meant.length > 0) {
      throw new HarnessError(2, {
        what: `"${id}" is not one case but ${meant.length}.`,
        why: 'Each is explained for itself.',
        todo: `Name one, such as ${meant[0]}; "list ${id}" prints them all.`,
      });
    }
    throw new HarnessError(2, {
      what: `There is no case "${id}".`,
      why: `The nearest id is ${closestTo(id, suiteIds)}.`,
      todo: 'ws-conformance list prints them all.',
    });
  }
  const inLines = (text: string, first: string, rest: string) =>
    wrapText(text, first, rest, Math.min(columns, MOST_COLUMNS)).join('\n');
  const section = (title: string, text: string) => `${title}\n${inLines(text, '  ', '  ')}\n`;
  const expected = conformantOutcome(id);
  const notes = contestedNotes(id);
  const events = expected.received.length === 0 ? ['nothing'] : expected.received.map((event) => eventText(event, 60));
  return [
    inLines(`${info.id}  ${info.title}`, '', '  '),
    inLines(
      `${info.category} ${info.categoryTitle}${info.subcategoryTitle === null ? '' : `, ${info.subcategoryTitle}`} · ${info.rfc.join(', ')}`,
      '',
      '  ',
    ),
    '',
    section('What is sent', sentences.sends),
    section('What must happen', sentences.demands),
    'What a server without fault scores',
    `  ${expected.behavior}, close ${expected.behaviorClose}, close code ${closeCode(expected.remoteCloseCode)}`,
    `  the ${expected.closedByMe ? 'fuzzing client' : 'server'} closes first; the server drops TCP`,
    inLines(
      `received: ${events.slice(0, 4).join(', ')}${events.length > 4 ? ` and ${events.length - 4} more` : ''}`,
      '  ',
      '    ',
    ),
    '',
    'Usual causes',
    ...causesOf(info.category).map(([verdict, cause]) => inLines(`${verdict}: ${cause}`, '  ', '      ')),
    '',
    ...(notes.length === 0 ? [] : ['Contested', ...notes.map((note) => inLines(note, '  ', '  ')), '']),
    `Alone:  ws-conformance ${info.id}`,
    '',
  ].join('\n');
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
