import { matchCases } from '../../plan/match-cases.ts';
import { suiteIds } from './catalogue.ts';

/** Cases about whose judgement people who know the RFC disagree, or that are judged oddly. Patterns as on the command line. */
const NOTES: readonly (readonly [pattern: string, note: string])[] = [
  [
    '5.18',
    'The second frame starts a new message within a fragmented one (RFC 6455 5.4). Some read the case as asking for a failure before the second frame is whole.',
  ],
  [
    '6.4.*',
    'The RFC asks for valid UTF-8 in the message, and lets a server look when the message is whole. Failing at the first wrong octet is stricter than it asks; the suite grades the other NON-STRICT.',
  ],
  [
    '7.1.6',
    'The suite grades it INFORMATIONAL whatever happens, so its grade says nothing. We compare the facts: the Close has to be answered, and the end to be clean.',
  ],
  [
    '7.7.8',
    'Close code 1010 is for clients (RFC 6455 7.4.1), but a client is what sends it here, so a server has to take it.',
  ],
  [
    '7.9.3',
    'Close code 1004 is reserved without a meaning (RFC 6455 7.4.1). Servers that take it break no written rule; the suite wants it refused.',
  ],
  ['7.9.*', 'Codes that must not be on the wire: the RFC does not say with which code to answer, 1002 is usual.'],
  [
    '7.13.*',
    'Codes from 5000 on are in no range of RFC 6455 7.4.2. The suite grades INFORMATIONAL whatever happens; we compare the facts.',
  ],
  [
    '9.*',
    'No limit is too low by the RFC: a server may refuse long messages with 1009 (RFC 6455 7.4.1). The suite wants up to 16 MiB echoed.',
  ],
  ['12.4.*', 'Older versions of the suite cut characters in two here, and sent text that was not UTF-8.'],
  ['12.5.*', 'Older versions of the suite cut characters in two here, and sent text that was not UTF-8.'],
  [
    '13.*',
    'A server may decline every parameter it does not like (RFC 7692 5.1). Declining the extension is UNIMPLEMENTED, not wrong.',
  ],
];

/** What is contested about a case; empty for most. */
export function disputeNotes(id: string): string[] {
  return NOTES.filter(([pattern]) => matchCases(suiteIds, pattern).includes(id)).map(([, note]) => note);
}
