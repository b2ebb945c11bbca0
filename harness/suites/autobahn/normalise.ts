import type { RecordedCase } from '../../../reports/document/recorded-case.ts';
import type { AutobahnOutcome } from './outcome.ts';

/**
 * The keys of a result that are not compared with the expectation, each with the reason. All other keys are compared. A
 * test checks that every key of a result file is either compared or in this list.
 */
export const NOT_COMPARED = {
  id: 'identifies the case',
  index: 'identifies the case',
  agent: 'identifies the server',
  description: 'prose of the case, the same for every server',
  expectation: 'prose of the case, the same for every server',
  result: 'prose; follows from the grades and events',
  resultClose: 'prose; follows from the grades and flags',
  expected: 'belongs to the case, not to the server',
  expectedClose: 'belongs to the case, not to the server',
  isServer: 'the same in every run of a fuzzing client',
  started: 'clock',
  durationMs: 'clock',
  rxOctetStats: 'how TCP cut the stream',
  txOctetStats: 'belongs to the case; deflate output varies with the zlib build',
  rxFrameStats: 'how the server cuts its echo into frames is its own choice (RFC 6455 5.4)',
  txFrameStats: 'belongs to the case; deflate output varies with the zlib build',
  trafficStats: 'deflate output varies with the zlib build',
  httpRequest: 'random key, port',
  httpResponse: 'date; the rest decides whether the connection opens, which other facts show',
  wirelog: 'random masks, how TCP cut the stream',
  playedAgainAlone: 'about the engine, not about the server',
  unsteady: 'prose about another play of the case',
  createWirelog: 'follows from the grades in 9.x, 12.x and 13.x',
  reportTime: 'belongs to the case, not to the server',
  reportCompressionRatio: 'belongs to the case, not to the server',
  wasNotCleanReason: 'prose; follows from the three timeouts and wasClean',
  localCloseCode: 'sent by the suite',
  localCloseReason: 'sent by the suite',
  remoteCloseReason: 'free text of the server (RFC 6455 7.1.6)',
} as const satisfies Partial<Record<keyof RecordedCase, string>>;

/** Returns the outcome of a result: only the fields that are compared with the expectation. */
export function normalise(detail: RecordedCase): AutobahnOutcome {
  return {
    behavior: detail.behavior,
    behaviorClose: detail.behaviorClose,
    remoteCloseCode: detail.remoteCloseCode,
    wasClean: detail.wasClean,
    closedByMe: detail.closedByMe,
    failedByMe: detail.failedByMe,
    droppedByMe: detail.droppedByMe,
    wasServerConnectionDropTimeout: detail.wasServerConnectionDropTimeout,
    wasOpenHandshakeTimeout: detail.wasOpenHandshakeTimeout,
    wasCloseHandshakeTimeout: detail.wasCloseHandshakeTimeout,
    received: [...detail.received],
  };
}
