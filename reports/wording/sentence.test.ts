import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CLOSE_GRADES, GRADES, type ReceivedEvent } from '../document/recorded-case.ts';
import type { Difference } from '../document/report.ts';
import { sampleDifferences, sampleOutcome } from '../testing/sample.ts';
import type { SampleOutcome as Outcome } from '../testing/sample-suites.ts';
import { eventText, firstApart } from './event-text.ts';
import { explainDifferences, IN_A } from './sentence.ts';

const OUTCOME_FIELDS = Object.keys(sampleOutcome()) as (keyof Outcome)[];

const explain = (actual: Partial<Outcome>, expected: Partial<Outcome> = {}, toward: Difference['toward'] = 'worse') => {
  const [a, e] = [sampleOutcome(actual), sampleOutcome(expected)];
  return explainDifferences(a, e, sampleDifferences(a, e, toward));
};
const hello: ReceivedEvent = { kind: 'message', payload: 'Hello', binary: false };
const pong: ReceivedEvent = { kind: 'pong', payload: 'x' };

describe('explainDifferences', () => {
  it.each<[string, Partial<Outcome>, Partial<Outcome>, string]>([
    [
      'a Close frame without an answer, although both grades are the expected ones (as in case 7.1.6)',
      { behavior: 'INFORMATIONAL', wasClean: false, remoteCloseCode: null },
      { behavior: 'INFORMATIONAL' },
      'The server never answered the Close frame: it dropped TCP without a closing handshake.',
    ],
    [
      'a Close frame without an answer in time',
      {
        behaviorClose: 'UNCLEAN',
        wasClean: false,
        wasCloseHandshakeTimeout: true,
        droppedByMe: true,
        remoteCloseCode: null,
      },
      {},
      'The server did not answer the Close frame in time.',
    ],
    [
      'a Close frame without an answer until the end of the case',
      { wasClean: false, droppedByMe: true, remoteCloseCode: null },
      {},
      'The server never answered the Close frame, and the fuzzing client had to drop TCP.',
    ],
    [
      'TCP kept open after the closing handshake until a timeout',
      { wasClean: false, wasServerConnectionDropTimeout: true, droppedByMe: true },
      {},
      'After the closing handshake the server did not drop TCP in time.',
    ],
    [
      'TCP kept open after the closing handshake until the end of the case',
      { behaviorClose: 'FAILED BY CLIENT', droppedByMe: true },
      {},
      'After the closing handshake the server left TCP open until the fuzzing client dropped it.',
    ],
    [
      'an upgrade that takes too long',
      {
        behavior: 'FAILED',
        wasClean: false,
        wasOpenHandshakeTimeout: true,
        droppedByMe: true,
        received: [],
        remoteCloseCode: null,
      },
      {},
      'The server did not finish the opening handshake in time.',
    ],
    [
      'a wrong upgrade response',
      {
        behavior: 'FAILED',
        wasClean: false,
        closedByMe: false,
        droppedByMe: true,
        received: [],
        remoteCloseCode: null,
      },
      {},
      'The opening handshake failed: the fuzzing client could not take the server’s answer and dropped TCP.',
    ],
    [
      'a missing permessage-deflate',
      { behavior: 'UNIMPLEMENTED', received: [] },
      {},
      'The server did not negotiate permessage-deflate, so the case could not be played.',
    ],
    [
      'TCP dropped where a Close frame was due',
      { closedByMe: false, wasClean: false, remoteCloseCode: null },
      { closedByMe: false, remoteCloseCode: 1002 },
      'The server dropped TCP without sending a Close frame (expected 1002, protocol error).',
    ],
    [
      'a wrong close code',
      { behaviorClose: 'WRONG CODE', remoteCloseCode: 1002 },
      { remoteCloseCode: 1007 },
      'The server’s close code was 1002 (protocol error), expected 1007 (invalid payload data).',
    ],
    [
      'a Close frame without a code',
      { remoteCloseCode: null },
      {},
      'The server sent no close code, expected 1000 (normal closure).',
    ],
    [
      'a server that does not close first',
      { closedByMe: true },
      { closedByMe: false },
      'The server did not close, as it had to, and left it to the fuzzing client.',
    ],
    ['closing too early', { closedByMe: false }, {}, 'The server closed before the fuzzing client did.'],
    [
      'a broken rule',
      { failedByMe: true },
      {},
      'The server broke the protocol, so the fuzzing client failed the connection.',
    ],
    [
      'a missing event',
      { received: [hello] },
      { received: [hello, pong] },
      'A pong “x” was expected as the 2nd event and never came.',
    ],
    [
      'an additional event',
      { received: [hello, pong] },
      { received: [hello] },
      'A pong “x” came as the 2nd event, and nothing more was expected.',
    ],
    [
      'a timeout event',
      { received: [hello, { kind: 'timeout', tag: 'B' }] },
      { received: [hello] },
      'The connection was still open at timeout B of the case, and nothing more was expected.',
    ],
    [
      'a different event',
      { received: [pong] },
      { received: [hello] },
      'The 1st event was a pong “x”, expected a text message “Hello”.',
    ],
    [
      'differences of the close and of the events',
      { wasClean: false, remoteCloseCode: null, received: [] },
      { received: [hello] },
      'The server never answered the Close frame: it dropped TCP without a closing handshake; a text message “Hello” was expected as the 1st event and never came.',
    ],
    ['a grade alone', { behavior: 'NON-STRICT' }, {}, 'The behaviour was graded NON-STRICT, expected OK.'],
    ['a close grade alone', { behaviorClose: 'UNCLEAN' }, {}, 'The close was graded UNCLEAN, expected OK.'],
  ])('names %s', (_, actual, expected, sentence) => {
    expect(explain(actual, expected)).toBe(sentence);
  });

  it('says what got better if nothing got worse', () => {
    expect(explain({}, { behavior: 'NON-STRICT', wasClean: false }, 'better')).toBe(
      'Better than expected: the behaviour is graded OK instead of NON-STRICT, the connection ends cleanly.',
    );
  });

  it('has a sentence for a missing result, a missing expectation and no difference', () => {
    const good = sampleOutcome();
    expect(explainDifferences(null, good, [])).toMatch(/no result/);
    expect(explainDifferences(good, null, [])).toMatch(/Nothing is expected of this case yet/);
    expect(explainDifferences(good, good, [])).toBe('The server did what was expected of it.');
    const known = { ...good, behavior: 'FAILED', behaviorClose: 'UNCLEAN' } as const;
    expect(explainDifferences(known, known, [])).toBe(
      'The case was graded FAILED, and its close UNCLEAN, as is expected of this server.',
    );
  });

  it('makes a complete sentence of every combination of differing fields, in both directions', () => {
    const good = sampleOutcome();
    const bad: Outcome = {
      behavior: 'FAILED',
      behaviorClose: 'UNCLEAN',
      remoteCloseCode: null,
      wasClean: false,
      closedByMe: false,
      failedByMe: true,
      droppedByMe: true,
      wasServerConnectionDropTimeout: true,
      wasOpenHandshakeTimeout: true,
      wasCloseHandshakeTimeout: true,
      received: [pong],
    };
    for (let bits = 1; bits < 2 ** OUTCOME_FIELDS.length; bits++) {
      const facts = Object.fromEntries(
        OUTCOME_FIELDS.filter((_, i) => bits & (1 << i)).map((field) => [field, bad[field]]),
      );
      const other = sampleOutcome(facts);
      for (const [actual, expected] of [
        [other, good],
        [good, other],
      ] as const) {
        for (const toward of ['worse', 'better', 'sideways'] as const) {
          const sentence = explainDifferences(actual, expected, sampleDifferences(actual, expected, toward));
          expect(sentence).toMatch(/^[A-Z][^\n]*[^.]\.$/);
          expect(sentence).not.toMatch(/undefined|null|true|false|only in what is not shown/);
        }
      }
    }
  });

  it('makes one line that ends with a full stop for any outcomes', () => {
    const event = fc.oneof(
      fc.record({
        kind: fc.constant('message' as const),
        payload: fc.string({ unit: 'binary' }),
        binary: fc.boolean(),
      }),
      fc.record({ kind: fc.constant('pong' as const), payload: fc.string({ unit: 'binary' }) }),
      fc.record({ kind: fc.constant('timeout' as const), tag: fc.string({ unit: 'binary' }) }),
    );
    const flag = fc.boolean();
    const outcome: fc.Arbitrary<Outcome> = fc.record({
      behavior: fc.constantFrom(...GRADES),
      behaviorClose: fc.constantFrom(...CLOSE_GRADES),
      remoteCloseCode: fc.option(fc.nat(70_000)),
      wasClean: flag,
      closedByMe: flag,
      failedByMe: flag,
      droppedByMe: flag,
      wasServerConnectionDropTimeout: flag,
      wasOpenHandshakeTimeout: flag,
      wasCloseHandshakeTimeout: flag,
      received: fc.array(event, { maxLength: 4 }),
    });
    fc.assert(
      fc.property(outcome, outcome, (actual, expected) => {
        const sentence = explainDifferences(actual, expected, sampleDifferences(actual, expected));
        expect(sentence).toMatch(/^[^\n\r\0]+\.$/);
        expect(sentence.length).toBeLessThan(700);
        // A comparison has two sides, A and B. Neither side is an expectation.
        const apart = sampleDifferences(actual, expected);
        expect(explainDifferences(actual, expected, apart, IN_A)).toMatch(
          apart.length === 0 ? /^The server did what/ : /^(?!.*(expected|wanted)).+\.$/,
        );
      }),
    );
  });
});

describe('eventText', () => {
  it('cuts a long payload between characters, and escapes line breaks', () => {
    expect(eventText({ kind: 'pong', payload: '😀'.repeat(50) }, 3)).toBe('pong “😀😀😀…”');
    expect(eventText({ kind: 'message', payload: 'a\nb\0', binary: true })).toBe('binary message “a\\nb\\x00”');
    expect(eventText({ kind: 'timeout', tag: 'A' })).toBe('timeout A');
  });
});

describe('firstApart', () => {
  it('finds the first event that differs, or the end of the shorter list', () => {
    expect(firstApart([hello, pong], [hello, hello])).toBe(1);
    expect(firstApart([hello], [hello, pong])).toBe(1);
    expect(firstApart([], [])).toBe(0);
  });
});
