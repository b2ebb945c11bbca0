import type { CloseGrade, Grade } from '../../../reports/document/recorded-case.ts';
import type { Case, CaseEvent } from '../../suites/autobahn/cases/case.ts';
import { payloadBytes } from '../../suites/autobahn/cases/case.ts';
import type { EndpointFacts } from './endpoint-facts.ts';

/** An event of a case, as it was observed while the case was played. */
export type ObservedEvent =
  | { kind: 'message'; payload: Buffer; binary: boolean }
  | { kind: 'pong'; payload: Buffer }
  | { kind: 'timeout'; tag: string };

/** The grade of a case's behavior, and the sentence that explains it. */
export interface Verdict {
  behavior: Grade;
  result: string;
}

/** The two grades of a case, each with a sentence that explains it. The names are those of Autobahn's results. */
export interface Grades {
  behavior: Grade;
  behaviorClose: CloseGrade;
  /** The sentence that explains `behavior`. */
  result: string;
  /** The sentence that explains `behaviorClose`. */
  resultClose: string;
}

/**
 * Whether the observed events are equal to a list of allowed events: the same events in the same order, with the same
 * bytes.
 */
export function sameEvents(observed: readonly ObservedEvent[], allowed: readonly CaseEvent[]): boolean {
  return observed.length === allowed.length && allowed.every((event, i) => sameEvent(observed[i], event));
}

function sameEvent(observed: ObservedEvent | undefined, allowed: CaseEvent): boolean {
  switch (allowed.kind) {
    case 'message':
      return (
        observed?.kind === 'message' &&
        observed.binary === allowed.binary &&
        observed.payload.equals(payloadBytes(allowed.payload))
      );
    case 'pong':
      return observed?.kind === 'pong' && observed.payload.equals(payloadBytes(allowed.payload));
    case 'timeout':
      return observed?.kind === 'timeout' && observed.tag === allowed.tag;
  }
}

/**
 * Whether all allowed events of a case have been observed. If so, the client may close the connection. As in Autobahn,
 * the observed events must be equal to every list of allowed events. A case with two different lists is therefore never
 * complete, and a case without a list is always complete.
 */
export function hasAllEvents(testCase: Case, observed: readonly ObservedEvent[]): boolean {
  return Object.values(testCase.allowed).every((allowed) => sameEvents(observed, allowed));
}

/** Everything that determines the two grades (behavior and close) of a played case. */
export interface Observations {
  testCase: Case;
  observed: readonly ObservedEvent[];
  facts: EndpointFacts;
  /**
   * The verdict of the case's own check. It counts if the case has no list of allowed events, or if no list matches.
   */
  ownVerdict: Verdict;
  /** Number of frames that the client sent, by opcode. */
  sentFrames: Readonly<Record<string, number>>;
}

/** Grades a case that has ended, by Autobahn's rules. */
export function grade({ testCase, observed, facts, ownVerdict, sentFrames }: Observations): Grades {
  const opened = facts.wasOpen;
  let { behavior, result } = opened ? gradeEvents(testCase, observed, ownVerdict) : handshakeFailed(facts);
  const { behaviorClose, resultClose } = gradeClose(testCase, facts);
  if (opened && testCase.close.wrongEndpointIsFatal && facts.closedByMe !== testCase.close.closedByMe) {
    behavior = 'FAILED';
    result = `The ${facts.closedByMe ? 'client' : 'server'} had to close the connection; the server should have failed it.`;
  }
  switch (testCase.finalRule) {
    case 'none':
      break;
    case 'wrong code fails':
      if (behaviorClose === 'WRONG CODE') {
        behavior = 'FAILED';
        result = resultClose;
      }
      break;
    case 'informational':
      return { behavior: 'INFORMATIONAL', behaviorClose: 'INFORMATIONAL', result, resultClose };
    case 'frame count':
      if (!opened || sentFrames['0'] !== 50 || sentFrames['1'] !== 1) {
        behavior = 'FAILED';
        result = 'The message was not sent as one text frame and fifty continuation frames.';
      }
      break;
  }
  return { behavior, behaviorClose, result, resultClose };
}

const handshakeFailed = (facts: EndpointFacts): Verdict => ({
  behavior: 'FAILED',
  result: `The opening handshake failed: ${facts.wasNotCleanReason ?? 'no reason is known'}.`,
});

function gradeEvents(testCase: Case, observed: readonly ObservedEvent[], ownVerdict: Verdict): Verdict {
  for (const key of ['OK', 'NON-STRICT'] as const) {
    const allowed = testCase.allowed[key];
    if (allowed !== undefined && sameEvents(observed, allowed))
      return {
        behavior: key,
        result:
          key === 'OK'
            ? 'The server did what a strict server does.'
            : 'What the server did is allowed, but not what a strict server does.',
      };
  }
  return ownVerdict;
}

/**
 * Grades how the connection ended. Checks in this order: who sent the first Close, whether the end was clean, the close
 * code, who ended TCP. The first fault determines the grade.
 */
function gradeClose({ close }: Case, facts: EndpointFacts): { behaviorClose: CloseGrade; resultClose: string } {
  if (!facts.wasOpen) return { behaviorClose: 'FAILED', resultClose: 'The connection was never open.' };
  if (facts.closedByMe !== close.closedByMe)
    return {
      behaviorClose: 'FAILED',
      resultClose: close.closedByMe
        ? 'The client should have closed the connection; the server closed it, or neither side did.'
        : 'The server should have closed the connection; the client had to close it.',
    };
  if (close.requireClean && !facts.wasClean)
    return {
      behaviorClose: 'UNCLEAN',
      resultClose: `The closing handshake was not completed${
        facts.wasNotCleanReason === null ? '' : `: ${facts.wasNotCleanReason}`
      }.`,
    };
  if (facts.remoteCloseCode !== null && !close.codes.includes(facts.remoteCloseCode))
    return {
      behaviorClose: 'WRONG CODE',
      resultClose: `The server closed with ${facts.remoteCloseCode}; right is ${[...new Set(close.codes)].join(', ')} or no code.`,
    };
  if (facts.droppedByMe)
    return {
      behaviorClose: 'FAILED BY CLIENT',
      resultClose: 'The client had to end the TCP connection, which is the task of the server.',
    };
  return { behaviorClose: 'OK', resultClose: 'The connection was closed as it should be.' };
}
