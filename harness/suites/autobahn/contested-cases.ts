import { matchCases } from '../../plan/match-cases.ts';
import { suiteIds } from './catalogue.ts';

/**
 * Notes about disputed cases: cases about which experts disagree, or which the suite judges in an unusual way. Each
 * entry is a pattern of case ids and a note.
 */
const NOTES: readonly (readonly [pattern: string, note: string])[] = [
  [
    '5.18',
    'The second frame starts a new message inside a fragmented message, which RFC 6455 5.4 forbids. Some readers expect a failure before the second frame is complete.',
  ],
  [
    '6.4.*',
    'The RFC demands valid UTF-8 in a message, and a server may check the message when it is complete. To fail at the first invalid byte is stricter than the RFC. The suite gives NON-STRICT if the server checks the complete message.',
  ],
  [
    '7.1.6',
    'The suite always gives INFORMATIONAL, so the grade has no meaning. We compare the facts: the server must answer the Close frame, and the connection must end cleanly.',
  ],
  [
    '7.7.8',
    'Only clients send close code 1010 (RFC 6455 7.4.1). In this case the suite is the client, so a server must take the code.',
  ],
  [
    '7.9.3',
    'Close code 1004 is reserved without a meaning (RFC 6455 7.4.1). A server that takes the code breaks no written rule, but the suite demands that the server refuses the code.',
  ],
  ['7.9.*', 'These close codes must not be sent. The RFC does not say which close code answers them; 1002 is usual.'],
  [
    '7.13.*',
    'Close codes from 5000 on are in no range of RFC 6455 7.4.2. The suite always gives INFORMATIONAL. We compare the facts.',
  ],
  [
    '9.*',
    'The RFC allows any limit: a server may refuse long messages with 1009 (RFC 6455 7.4.1). The suite demands an echo of up to 16 MiB.',
  ],
  ['12.4.*', 'Older versions of the suite split characters in this case, and sent text that was not UTF-8.'],
  ['12.5.*', 'Older versions of the suite split characters in this case, and sent text that was not UTF-8.'],
  [
    '13.*',
    'A server may decline every offered parameter (RFC 7692 5.1). A server that declines the extension gets UNIMPLEMENTED, which is no fault.',
  ],
];

/** Returns the notes about a case that experts dispute. Most cases have no notes. */
export function disputeNotes(id: string): string[] {
  return NOTES.filter(([pattern]) => matchCases(suiteIds, pattern).includes(id)).map(([, note]) => note);
}
