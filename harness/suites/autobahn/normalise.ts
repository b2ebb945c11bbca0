import type { RecordedCase } from '../../../reports/document/recorded-case.ts';
import type { AutobahnOutcome } from './outcome.ts';

/**
 * What we choose not to compare, and why. Everything else of a result is compared; see `autobahnOutcomeSchema`. The test
 * beside this file holds the two lists together against the case file's keys, so that a new key must be put in one.
 */
export const NOT_COMPARED = {
  id: 'says which case it is',
  index: 'says which case it is',
  agent: 'says whose result it is',
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
  httpResponse: 'date; what matters in it decides whether the connection opens',
  wirelog: 'random masks, how TCP cut the stream',
  playedAgainAlone: 'how it was played, not how it went',
  createWirelog: 'follows from the grades in 9.x, 12.x and 13.x',
  reportTime: 'belongs to the case, not to the server',
  reportCompressionRatio: 'belongs to the case, not to the server',
  wasNotCleanReason: 'prose; the facts behind it are the three timeouts and wasClean',
  localCloseCode: 'what the suite sent',
  localCloseReason: 'what the suite sent',
  remoteCloseReason: 'free text of the server (RFC 6455 7.1.6)',
} as const satisfies Partial<Record<keyof RecordedCase, string>>;

/** A result made comparable. */
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
