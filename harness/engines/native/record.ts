import type { CaseEvent } from '../../suites/autobahn/cases/case.ts';
import { payloadOctets } from '../../suites/autobahn/cases/case.ts';
import { caseIndex } from '../../suites/autobahn/cases/index.ts';
import { payloadText } from '../../suites/autobahn/payload-text.ts';
import type { PlayedCase } from './case-play.ts';
import { type Grading, grade, type SeenEvent } from './judge.ts';

/** What a case file and `index.json` are made of. */
export interface CaseRecord {
  id: string;
  grading: Grading;
  /** The content of the case file: Autobahn's 39 keys, and `wirelogTimes`, `playedAgainAlone` where there is a need. */
  content: Readonly<Record<string, unknown>>;
  /** The entry in `index.json`. */
  entry: Readonly<Record<string, unknown>>;
}

/** The file of a case, named as Autobahn names it: `ws_case_7_1_6.json`. */
export function reportFile(agent: string, id: string): string {
  const clean = agent
    .trim()
    .toLowerCase()
    .replace(/[^a-z0-9]/g, ' ')
    .trim()
    .replaceAll(' ', '_');
  return `${clean}_case_${id.replaceAll('.', '_')}.json`;
}

/** A played case as it will stand in the results folder. */
export function recordOf(played: PlayedCase, agent: string): CaseRecord {
  const { one, endpoint, log, seen } = played;
  const facts = endpoint.facts;
  const grading = grade({ one, seen, ends: facts, ownVerdict: played.ownVerdict, sentFrames: log.txFrames });
  const { close } = one;
  const expectedClose = {
    closedByMe: close.closedByMe,
    closeCode: close.codes,
    requireClean: close.requireClean,
    ...(close.wrongEndpointIsFatal ? { closedByWrongEndpointIsFatal: true } : {}),
  };
  // 12.x and 13.x say before the connection is open how it should end; the others do when it is.
  const knowsClose = facts.wasOpen || one.judging.by === 'compressed round-trips';
  const content = {
    id: one.id,
    case: caseIndex(one.id),
    agent,
    description: one.sends,
    expectation: one.demands,
    started: played.started.toISOString(),
    duration: played.durationMs,
    reportTime: one.reportTime,
    reportCompressionRatio: one.reportCompressionRatio,
    ...grading,
    expected: facts.wasOpen ? mapValues(one.allowed, (events) => events.map(eventRow)) : {},
    received: seen.map(seenRow),
    expectedClose: knowsClose ? expectedClose : {},
    closedByMe: facts.closedByMe,
    failedByMe: facts.failedByMe,
    droppedByMe: facts.droppedByMe,
    wasClean: facts.wasClean,
    wasNotCleanReason: facts.wasNotCleanReason,
    wasServerConnectionDropTimeout: facts.wasServerConnectionDropTimeout,
    wasOpenHandshakeTimeout: facts.wasOpenHandshakeTimeout,
    wasCloseHandshakeTimeout: facts.wasCloseHandshakeTimeout,
    localCloseCode: facts.localCloseCode,
    localCloseReason: one.reasonIsOctets
      ? (facts.localCloseReason?.toString('hex') ?? '?')
      : (facts.localCloseReason?.toString('utf8') ?? null),
    remoteCloseCode: facts.remoteCloseCode,
    remoteCloseReason: facts.remoteCloseReason,
    isServer: false,
    createStats: true,
    createWirelog: log.on,
    rxOctetStats: log.rxOctets,
    txOctetStats: log.txOctets,
    rxFrameStats: log.rxFrames,
    txFrameStats: log.txFrames,
    httpRequest: facts.httpRequest,
    httpResponse: facts.httpResponse,
    trafficStats: played.trafficStats,
    wirelog: log.rows,
    wirelogTimes: log.times,
    ...(played.playedAgainAlone ? { playedAgainAlone: true } : {}),
  };
  const entry = {
    behavior: grading.behavior,
    behaviorClose: grading.behaviorClose,
    remoteCloseCode: facts.remoteCloseCode,
    duration: played.durationMs,
    reportfile: reportFile(agent, one.id),
  };
  return { id: one.id, grading, content, entry };
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

function eventRow(event: CaseEvent): unknown[] {
  switch (event.kind) {
    case 'message':
      return ['message', payloadText(payloadOctets(event.payload)), event.binary];
    case 'pong':
      return ['pong', payloadText(payloadOctets(event.payload))];
    case 'timeout':
      return ['timeout', event.tag];
  }
}

function seenRow(event: SeenEvent): unknown[] {
  switch (event.kind) {
    case 'message':
      return ['message', payloadText(event.octets), event.binary];
    case 'pong':
      return ['pong', payloadText(event.octets)];
    case 'timeout':
      return ['timeout', event.tag];
  }
}
