import type { CloseGrade, Grade } from '../../../reports/document/recorded-case.ts';
import type { Case, CaseEvent } from '../../suites/autobahn/cases/case.ts';
import { payloadOctets } from '../../suites/autobahn/cases/case.ts';
import type { EndpointFacts } from './endpoint-facts.ts';

/** What was seen of the server, with payloads as octets. */
export type SeenEvent =
  | { kind: 'message'; octets: Buffer; binary: boolean }
  | { kind: 'pong'; octets: Buffer }
  | { kind: 'timeout'; tag: string };

export interface Grading {
  behavior: Grade;
  behaviorClose: CloseGrade;
  /** The two grades in sentences. */
  result: string;
  resultClose: string;
}

/** Whether what was seen is what is allowed: the same events, in the same order, octet for octet, and nothing else. */
export function sameEvents(seen: readonly SeenEvent[], allowed: readonly CaseEvent[]): boolean {
  return seen.length === allowed.length && allowed.every((event, i) => sameEvent(seen[i], event));
}

function sameEvent(seen: SeenEvent | undefined, allowed: CaseEvent): boolean {
  switch (allowed.kind) {
    case 'message':
      return (
        seen?.kind === 'message' && seen.binary === allowed.binary && seen.octets.equals(payloadOctets(allowed.payload))
      );
    case 'pong':
      return seen?.kind === 'pong' && seen.octets.equals(payloadOctets(allowed.payload));
    case 'timeout':
      return seen?.kind === 'timeout' && seen.tag === allowed.tag;
  }
}

/**
 * Whether the client should now close of its own accord: everything the case allows has come. All lists are asked for
 * at once, so that a case with two different ones never gets here, and one without any always does.
 */
export function isDone(one: Case, seen: readonly SeenEvent[]): boolean {
  return Object.values(one.allowed).every((allowed) => sameEvents(seen, allowed));
}

/**
 * The grades of a case that is over. `ownVerdict` is what the case found by itself where it does not go by events.
 * The order of the questions decides: who closed, then how cleanly, then with which code, then who ended TCP.
 */
export function grade(facts: {
  one: Case;
  seen: readonly SeenEvent[];
  ends: EndpointFacts;
  ownVerdict: { behavior: Grade; result: string };
  /** Opcode → frames that we sent. */
  sentFrames: Readonly<Record<string, number>>;
}): Grading {
  const { one, seen, ends } = facts;
  const opened = ends.wasOpen;
  let { behavior, result } = opened ? byEvents(one, seen, facts.ownVerdict) : notOpened(ends);
  const { behaviorClose, resultClose } = gradeClose(one, ends);
  if (opened && one.close.wrongEndpointIsFatal && ends.closedByMe !== one.close.closedByMe) {
    behavior = 'FAILED';
    result = `The ${ends.closedByMe ? 'client' : 'server'} had to close the connection; the server should have failed it.`;
  }
  switch (one.finalRule) {
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
      if (!opened || facts.sentFrames['0'] !== 50 || facts.sentFrames['1'] !== 1) {
        behavior = 'FAILED';
        result = 'The message did not leave as one text frame and fifty continuation frames.';
      }
      break;
  }
  return { behavior, behaviorClose, result, resultClose };
}

const notOpened = (ends: EndpointFacts): { behavior: Grade; result: string } => ({
  behavior: 'FAILED',
  result: `The opening handshake failed: ${ends.wasNotCleanReason ?? 'no reason is known'}.`,
});

function byEvents(
  one: Case,
  seen: readonly SeenEvent[],
  own: { behavior: Grade; result: string },
): { behavior: Grade; result: string } {
  for (const key of ['OK', 'NON-STRICT'] as const) {
    const allowed = one.allowed[key];
    if (allowed !== undefined && sameEvents(seen, allowed))
      return {
        behavior: key,
        result:
          key === 'OK'
            ? 'What the server did is what a strict server does.'
            : 'What the server did is allowed, but not what a strict server does.',
      };
  }
  return own;
}

function gradeClose({ close }: Case, ends: EndpointFacts): { behaviorClose: CloseGrade; resultClose: string } {
  if (!ends.wasOpen) return { behaviorClose: 'FAILED', resultClose: 'The connection was never open.' };
  if (ends.closedByMe !== close.closedByMe)
    return {
      behaviorClose: 'FAILED',
      resultClose: `The ${ends.closedByMe ? 'client' : 'server'} closed the connection, or nobody did, where the ${
        close.closedByMe ? 'client' : 'server'
      } should have closed it.`,
    };
  if (close.requireClean && !ends.wasClean)
    return {
      behaviorClose: 'UNCLEAN',
      resultClose: `The closing handshake was not completed${
        ends.wasNotCleanReason === null ? '' : `: ${ends.wasNotCleanReason}`
      }.`,
    };
  if (ends.remoteCloseCode !== null && !close.codes.includes(ends.remoteCloseCode))
    return {
      behaviorClose: 'WRONG CODE',
      resultClose: `The server closed with ${ends.remoteCloseCode} where ${[...new Set(close.codes)].join(', ')} or no code is right.`,
    };
  if (ends.droppedByMe)
    return {
      behaviorClose: 'FAILED BY CLIENT',
      resultClose: 'The client had to end the TCP connection, which is the server’s part.',
    };
  return { behaviorClose: 'OK', resultClose: 'The connection was closed as it should be.' };
}
