import type { ReceivedEvent, RecordedCase } from '../document/recorded-case.ts';
import type { Difference } from '../document/report.ts';
import { eventText, firstApart } from './event-text.ts';
import { closeCode, closeCodeName } from './vocabulary.ts';

/**
 * The words of a sentence that depend on the other outcome: an outcome is compared with an expectation, or with side A
 * of a comparison.
 */
export interface Against {
  /** The words before a value, for example `expected` in `expected 1000`. */
  is: string;
  better: string;
  unlike: string;
  /** The words after a fact that did not happen, for example `which was expected`. */
  unlikeWanted: string;
  /**
   * The words after “the server dropped TCP”. They say that the fuzzing client should have dropped the TCP connection.
   */
  thereDropped: string;
  missing(event: string, nth: string): string;
  nothingMore: string;
  events: string;
}
/** The words for a comparison of an outcome with an expectation. */
export const EXPECTED: Against = {
  is: 'expected',
  better: 'Better than expected',
  unlike: 'which was not expected',
  unlikeWanted: 'which was expected',
  thereDropped: 'where the fuzzing client was expected to',
  missing: (event, nth) => `${event} was expected as the ${nth} event and never came`,
  nothingMore: 'nothing more was expected',
  events: 'the expected ones',
};
/**
 * The words for a comparison of side B with side A. Side A is not an expectation, so the words say only that side A is
 * different.
 */
export const IN_A: Against = {
  is: 'in A',
  better: 'Better in B',
  unlike: 'unlike in A',
  unlikeWanted: 'unlike in A',
  thereDropped: 'where in A the fuzzing client did',
  missing: (event, nth) => `${event}, in A the ${nth} event, never came`,
  nothingMore: 'nothing more came in A',
  events: 'those in A',
};

/** The fields of an Autobahn outcome that the sentences describe. */
type AutobahnField =
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
  | 'received';
type AutobahnFacts = Pick<RecordedCase, AutobahnField>;

/**
 * Describes in one sentence how an Autobahn outcome differs from the expected outcome. The end of the connection comes
 * first in the sentence, because a wrong end is usually the cause of the other differences. The received events come
 * next. The sentence mentions grades only if no other fact explains them. The sentence ends with a full stop and
 * contains no line break. The function never throws.
 */
export function explainDifferences(
  actual: AutobahnFacts | null,
  expected: AutobahnFacts | null,
  differences: readonly Difference[],
  against: Against = EXPECTED,
): string {
  if (actual === null) return 'There is no result for this case, so nothing is known about it.';
  if (expected === null) return `Nothing is expected of this case yet: it was graded ${grades(actual)}.`;
  if (differences.length === 0) {
    // An expected outcome can still be a known deviation from the RFC. The sentence must then not say that all is well.
    return isGood(actual)
      ? 'The server did what was expected of it.'
      : `The case was graded ${grades(actual)}, as is expected of this server.`;
  }
  const differing = new Set(differences.map((difference) => difference.at));
  if (differences.every((difference) => difference.toward === 'better')) {
    return `${against.better}: ${improvements(actual, expected, differing).join(', ')}.`;
  }
  const notRun = notRunClause(actual, differing);
  const clauses = (
    notRun === null
      ? [connectionClause(actual, expected, differing, against), eventsClause(actual, expected, differing, against)]
      : [notRun]
  ).filter((clause) => clause !== null);
  const sentence = clauses.length > 0 ? clauses.join('; ') : gradesClause(actual, expected, differing, against);
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`;
}

function isGood({ behavior, behaviorClose }: AutobahnFacts): boolean {
  return [behavior, behaviorClose].every((grade) => grade === 'OK' || grade === 'INFORMATIONAL');
}

function grades(outcome: AutobahnFacts): string {
  return `${outcome.behavior}, and its close ${outcome.behaviorClose}`;
}

/**
 * Says that the connection did not open (RFC 6455 4.1), or that the extension was not negotiated (RFC 7692 5). All
 * other differences follow from this one, so the sentence does not mention them.
 */
function notRunClause(actual: AutobahnFacts, differing: ReadonlySet<string>): string | null {
  if (differing.has('wasOpenHandshakeTimeout') && actual.wasOpenHandshakeTimeout) {
    return 'the server did not finish the opening handshake in time';
  }
  if (differing.has('behavior') && actual.behavior === 'UNIMPLEMENTED') {
    return 'the server did not negotiate permessage-deflate, so the case could not be played';
  }
  if (differing.has('droppedByMe') && handshakeRefused(actual)) {
    return 'the opening handshake failed: the fuzzing client could not take the server’s answer and dropped TCP';
  }
  return null;
}

/** Describes how the end of the connection differs. If the end was unclean, all other differences follow from it. */
function connectionClause(
  actual: AutobahnFacts,
  expected: AutobahnFacts,
  differing: ReadonlySet<string>,
  against: Against,
): string | null {
  return unclean(actual, expected, differing, against) ?? closing(actual, expected, differing, against);
}

/**
 * Returns whether the fuzzing client refused the answer of the server to the opening handshake. No fact of an outcome
 * says so directly. But only after such a refusal, the fuzzing client drops the TCP connection before either side has
 * sent a Close frame.
 */
function handshakeRefused({ droppedByMe, closedByMe, wasClean, remoteCloseCode, received }: AutobahnFacts): boolean {
  return droppedByMe && !closedByMe && !wasClean && remoteCloseCode === null && received.length === 0;
}

/**
 * Describes an unclean end (RFC 6455 7.1.4, 7.2.1): the closing handshake was incomplete, or the server kept TCP open.
 */
function unclean(
  actual: AutobahnFacts,
  expected: AutobahnFacts,
  differing: ReadonlySet<string>,
  against: Against,
): string | null {
  const became = (field: AutobahnField) => differing.has(field) && actual[field] === true;
  const cause = became('failedByMe') ? 'the server broke the protocol, and ' : '';

  if (became('wasServerConnectionDropTimeout')) {
    return `${cause}after the closing handshake the server did not drop TCP in time`;
  }
  if (became('wasCloseHandshakeTimeout')) return `${cause}the server did not answer the Close frame in time`;
  if (differing.has('wasClean') && !actual.wasClean) {
    if (actual.remoteCloseCode !== null) {
      return `${cause}the connection did not end cleanly although the server sent Close ${closeCode(actual.remoteCloseCode)}`;
    }
    if (actual.droppedByMe) {
      return actual.closedByMe
        ? `${cause}the server never answered the Close frame, and the fuzzing client had to drop TCP`
        : `${cause}the server never closed, and the fuzzing client had to drop TCP`;
    }
    return actual.closedByMe
      ? `${cause}the server never answered the Close frame: it dropped TCP without a closing handshake`
      : `${cause}the server dropped TCP without sending a Close frame${wanted(expected, against)}`;
  }
  // The server has to close the TCP connection first (RFC 6455 7.1.1).
  if (became('droppedByMe') && actual.wasClean) {
    return `${cause}after the closing handshake the server left TCP open until the fuzzing client dropped it`;
  }
  return null;
}

/**
 * Describes a complete closing handshake that differs (RFC 6455 7.1.5, 7.4): it had another close code, or the other
 * side started it.
 */
function closing(
  actual: AutobahnFacts,
  expected: AutobahnFacts,
  differing: ReadonlySet<string>,
  against: Against,
): string | null {
  const clauses: string[] = [];
  const expects = closeCode(expected.remoteCloseCode);
  if (differing.has('failedByMe') && actual.failedByMe) {
    clauses.push('the server broke the protocol, so the fuzzing client failed the connection');
  } else if (differing.has('closedByMe')) {
    clauses.push(
      actual.closedByMe
        ? 'the server did not close, as it had to, and left it to the fuzzing client'
        : 'the server closed before the fuzzing client did',
    );
  }
  if (differing.has('remoteCloseCode')) {
    clauses.push(
      actual.remoteCloseCode === null
        ? `the server sent no close code, ${against.is} ${expects}`
        : `the server’s close code was ${closeCode(actual.remoteCloseCode)}, ${against.is} ${expects}`,
    );
  }
  if (clauses.length > 0) return clauses.join(', and ');
  if (differing.has('wasClean') && actual.wasClean) return `the connection ended cleanly, ${against.unlike}`;
  if (differing.has('droppedByMe')) {
    return actual.droppedByMe
      ? 'the fuzzing client had to drop TCP, which is the server’s task'
      : `the server dropped TCP ${against.thereDropped}`;
  }
  if (differing.has('failedByMe'))
    return `the fuzzing client did not have to fail the connection, ${against.unlikeWanted}`;
  if (differing.has('wasOpenHandshakeTimeout')) return `the opening handshake now ends in time, ${against.unlike}`;
  if (differing.has('wasCloseHandshakeTimeout'))
    return `the server now answers the Close frame in time, ${against.unlike}`;
  if (differing.has('wasServerConnectionDropTimeout')) return `the server now drops TCP in time, ${against.unlike}`;
  return null;
}

function wanted({ remoteCloseCode }: AutobahnFacts, { is }: Against): string {
  return remoteCloseCode === null ? '' : ` (${is} ${remoteCloseCode}, ${closeCodeName(remoteCloseCode)})`;
}

/** Describes the first received event that differs from the expected events. */
function eventsClause(
  actual: AutobahnFacts,
  expected: AutobahnFacts,
  differing: ReadonlySet<string>,
  against: Against,
): string | null {
  if (!differing.has('received')) return null;
  const at = firstApart(actual.received, expected.received);
  const got = actual.received[at];
  const want = expected.received[at];
  if (want !== undefined && got === undefined) return against.missing(article(want), ordinal(at));
  if (got !== undefined && want === undefined)
    return `${additionalEvent(got, ordinal(at))}, and ${against.nothingMore}`;
  if (got !== undefined && want !== undefined)
    return `the ${ordinal(at)} event was ${article(got)}, ${against.is} ${article(want)}`;
  return null;
}

/**
 * Describes an additional event. Some cases wait and check whether the server closes the connection in time. In such a
 * case, a timeout event means that the connection was still open.
 */
function additionalEvent(event: ReceivedEvent, nth: string): string {
  return event.kind === 'timeout'
    ? `the connection was still open at ${eventText(event)} of the case`
    : `${article(event)} came as the ${nth} event`;
}

function article(event: ReceivedEvent): string {
  return event.kind === 'timeout' ? eventText(event) : `a ${eventText(event)}`;
}

function ordinal(index: number): string {
  const n = index + 1;
  const tens = n % 100;
  if (tens >= 11 && tens <= 13) return `${n}th`;
  return `${n}${['th', 'st', 'nd', 'rd'][n % 10] ?? 'th'}`;
}

/**
 * Names the grades that differ. The sentence uses this text only if all other facts are as expected. The grade then
 * depends on something that is not part of the outcome.
 */
function gradesClause(
  actual: AutobahnFacts,
  expected: AutobahnFacts,
  differing: ReadonlySet<string>,
  against: Against,
): string {
  const clauses: string[] = [];
  if (differing.has('behavior'))
    clauses.push(`the behaviour was graded ${actual.behavior}, ${against.is} ${expected.behavior}`);
  if (differing.has('behaviorClose')) {
    clauses.push(`the close was graded ${actual.behaviorClose}, ${against.is} ${expected.behaviorClose}`);
  }
  return clauses.length > 0
    ? clauses.join(', and ')
    : `the events differ from ${against.events} only in what is not shown`;
}

function improvements(actual: AutobahnFacts, expected: AutobahnFacts, differing: ReadonlySet<string>): string[] {
  const all: Record<AutobahnField, string> = {
    behavior: `the behaviour is graded ${actual.behavior} instead of ${expected.behavior}`,
    behaviorClose: `the close is graded ${actual.behaviorClose} instead of ${expected.behaviorClose}`,
    remoteCloseCode: `the server’s close code is ${closeCode(actual.remoteCloseCode)} instead of ${closeCode(expected.remoteCloseCode)}`,
    wasClean: 'the connection ends cleanly',
    closedByMe: actual.closedByMe
      ? 'the server leaves it to the fuzzing client to close'
      : 'the server closes by itself',
    failedByMe: 'the server no longer breaks the protocol',
    droppedByMe: actual.droppedByMe ? 'the fuzzing client drops TCP' : 'the server drops TCP',
    wasServerConnectionDropTimeout: 'the server drops TCP in time',
    wasOpenHandshakeTimeout: 'the opening handshake ends in time',
    wasCloseHandshakeTimeout: 'the server answers the Close frame in time',
    received: 'the events are the ones a strict server makes',
  };
  return Object.entries(all)
    .filter(([field]) => differing.has(field))
    .map(([, text]) => text);
}
