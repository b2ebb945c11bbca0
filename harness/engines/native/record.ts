import type { CaseEvent } from '../../suites/autobahn/cases/case.ts';
import { payloadBytes } from '../../suites/autobahn/cases/case.ts';
import { caseIndex } from '../../suites/autobahn/cases/index.ts';
import { payloadText } from '../../suites/autobahn/payload-text.ts';
import type { PlayedCase } from './case-play.ts';
import { type Grades, grade, type ObservedEvent } from './judge.ts';

/** The result of a played case in the form of Autobahn's result files. */
export interface CaseRecord {
  id: string;
  grades: Grades;
  /**
   * Content of the case file: Autobahn's 39 keys and `wirelogTimes`. An unsteady case (one that was played again alone,
   * with another outcome) also has `playedAgainAlone` and `unsteady`.
   */
  content: Readonly<Record<string, unknown>>;
  /** Entry of the case in `index.json`. */
  entry: Readonly<Record<string, unknown>>;
}

/**
 * Returns the name of a case file, such as `ws_case_7_1_6.json`. As in Autobahn, it starts with the name of the tested
 * server.
 */
export function reportFile(agent: string, id: string): string {
  const cleanAgent = agent
    .trim()
    .toLowerCase()
    .replace(/[^a-z0-9]/g, ' ')
    .trim()
    .replaceAll(' ', '_');
  return `${cleanAgent}_case_${id.replaceAll('.', '_')}.json`;
}

/** Grades a played case, and returns its result in the form of Autobahn's result files. */
export function recordOf(played: PlayedCase, agent: string): CaseRecord {
  const { testCase, endpoint, log, observed } = played;
  const { facts } = endpoint;
  const grades = grade({ testCase, observed, facts, ownVerdict: played.ownVerdict, sentFrames: log.txFrames });
  const { close } = testCase;
  const expectedClose = {
    closedByMe: close.closedByMe,
    closeCode: close.codes,
    requireClean: close.requireClean,
    ...(close.wrongEndpointIsFatal ? { closedByWrongEndpointIsFatal: true } : {}),
  };
  // As in Autobahn, if the opening handshake failed, only the cases 12.x and 13.x have an expected close.
  const hasExpectedClose = facts.wasOpen || testCase.criterion.by === 'compressed round-trips';
  const content = {
    id: testCase.id,
    case: caseIndex(testCase.id),
    agent,
    description: testCase.sends,
    expectation: testCase.demands,
    started: played.started.toISOString(),
    duration: played.durationMs,
    reportTime: testCase.reportTime,
    reportCompressionRatio: testCase.reportCompressionRatio,
    ...grades,
    expected: facts.wasOpen ? mapValues(testCase.allowed, (events) => events.map(allowedRow)) : {},
    received: observed.map(eventRow),
    expectedClose: hasExpectedClose ? expectedClose : {},
    closedByMe: facts.closedByMe,
    failedByMe: facts.failedByMe,
    droppedByMe: facts.droppedByMe,
    wasClean: facts.wasClean,
    wasNotCleanReason: facts.wasNotCleanReason,
    wasServerConnectionDropTimeout: facts.wasServerConnectionDropTimeout,
    wasOpenHandshakeTimeout: facts.wasOpenHandshakeTimeout,
    wasCloseHandshakeTimeout: facts.wasCloseHandshakeTimeout,
    localCloseCode: facts.localCloseCode,
    localCloseReason: testCase.reasonIsBinary
      ? (facts.localCloseReason?.toString('hex') ?? '?')
      : (facts.localCloseReason?.toString('utf8') ?? null),
    remoteCloseCode: facts.remoteCloseCode,
    remoteCloseReason: facts.remoteCloseReason,
    isServer: endpoint.role === 'server',
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
    ...(played.unsteady === null ? {} : { playedAgainAlone: true, unsteady: played.unsteady }),
  };
  const entry = {
    behavior: grades.behavior,
    behaviorClose: grades.behaviorClose,
    remoteCloseCode: facts.remoteCloseCode,
    duration: played.durationMs,
    reportfile: reportFile(agent, testCase.id),
  };
  return { id: testCase.id, grades, content, entry };
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

function allowedRow(event: CaseEvent): unknown[] {
  return event.kind === 'timeout' ? eventRow(event) : eventRow({ ...event, payload: payloadBytes(event.payload) });
}

/** Writes an event as a row of Autobahn's results: its kind, its payload as text, and whether a message is binary. */
function eventRow(event: ObservedEvent): unknown[] {
  switch (event.kind) {
    case 'message':
      return ['message', payloadText(event.payload), event.binary];
    case 'pong':
      return ['pong', payloadText(event.payload)];
    case 'timeout':
      return ['timeout', event.tag];
  }
}
