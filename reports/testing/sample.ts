import type { DetailOf } from '../document/files.ts';
import type { ReceivedEvent, RecordedCase } from '../document/recorded-case.ts';
import type { CaseInfo, CaseVerdict, Difference, Report } from '../document/report.ts';
import { explainDifferences } from '../wording/sentence.ts';
import { type SampleOutcome as Outcome, sampleSuite } from './sample-suites.ts';

/**
 * A small sample Report for all tests of renderers. Every verdict, grade, close grade and kind of wire log row occurs
 * in the report. A known deviation has a reason. The names of the two agents would break out of HTML, XML, Markdown and
 * workflow commands without escaping. The report is invented, but its outcomes are realistic.
 */

const GOOD: Outcome = {
  behavior: 'OK',
  behaviorClose: 'OK',
  remoteCloseCode: 1000,
  wasClean: true,
  closedByMe: true,
  failedByMe: false,
  droppedByMe: false,
  wasServerConnectionDropTimeout: false,
  wasOpenHandshakeTimeout: false,
  wasCloseHandshakeTimeout: false,
  received: [{ kind: 'message', payload: 'Hello, world!', binary: false }],
};

/** Makes the outcome of a conformant server, and replaces the fields that are given in `facts`. */
export function sampleOutcome(facts: Partial<Outcome> = {}): Outcome {
  return { ...GOOD, ...facts };
}

/**
 * Lists all fields in which two outcomes differ, each with the same value of `toward` (worse, better or neither). The
 * real comparison chooses `toward` for each field.
 */
export function sampleDifferences(
  actual: Outcome,
  expected: Outcome,
  toward: Difference['toward'] = 'worse',
): Difference[] {
  return (Object.keys(GOOD) as (keyof Outcome)[])
    .filter((at) => JSON.stringify(actual[at]) !== JSON.stringify(expected[at]))
    .map((at) => ({ at, expected: expected[at], actual: actual[at], toward }));
}

const CASES: readonly CaseInfo[] = (
  [
    ['1.1.1', 'Text, 0 octets', 'Framing', 'Text messages', ['RFC 6455 5.6']],
    ['1.1.2', 'Text, 125 octets', 'Framing', 'Text messages', ['RFC 6455 5.6']],
    ['2.4', 'Ping with a binary payload', 'Pings and pongs', null, ['RFC 6455 5.5.2', 'RFC 6455 5.5.3']],
    ['6.4.1', 'Invalid UTF-8 in the second of three fragments', 'UTF-8 handling', 'Fail fast', ['RFC 6455 8.1']],
    ['6.4.2', 'Invalid UTF-8, cut within a code point', 'UTF-8 handling', 'Fail fast', ['RFC 6455 8.1']],
    ['7.1.6', '256 KiB, a text, a Close, then a Ping', 'Close handling', 'Basic', ['RFC 6455 5.5.1', 'RFC 6455 7.1.1']],
    ['7.5.1', 'Close reason that is not UTF-8', 'Close handling', 'Payload', ['RFC 6455 7.1.6']],
    ['7.13.1', 'Close with code 5000', 'Close handling', 'Codes of no one', ['RFC 6455 7.4.2']],
    ['9.1.1', 'Text, 64 KiB', 'Limits', 'Text messages', ['RFC 6455 5.6']],
    ['12.1.1', '1 000 messages of 16 octets', 'permessage-deflate', 'Text', ['RFC 7692 7']],
    ['12.1.2', '1 000 messages of 64 octets', 'permessage-deflate', 'Text', ['RFC 7692 7']],
  ] as const
).map(([id, title, categoryTitle, subcategoryTitle, rfc]) => ({
  id,
  title,
  category: id.split('.')[0] ?? id,
  categoryTitle,
  subcategory: subcategoryTitle === null ? null : id.split('.').slice(0, 2).join('.'),
  subcategoryTitle,
  rfc: [...rfc],
  weightMs: 10,
  ...(/^(9|12|13)\./.test(id) && { timed: true as const }),
}));

const UTF8 = sampleOutcome({ closedByMe: false, remoteCloseCode: 1007, received: [{ kind: 'timeout', tag: 'A' }] });
const LATE: ReceivedEvent[] = [
  { kind: 'timeout', tag: 'A' },
  { kind: 'timeout', tag: 'B' },
];
const INFORMATIONAL = sampleOutcome({ behavior: 'INFORMATIONAL', behaviorClose: 'INFORMATIONAL' });
const NEVER_ANSWERED = { ...INFORMATIONAL, wasClean: false, remoteCloseCode: null };

function held(
  id: string,
  verdict: CaseVerdict['verdict'],
  actual: Outcome | null,
  expected: Outcome | null,
  more: Partial<CaseVerdict> & { toward?: Difference['toward'] } = {},
): CaseVerdict {
  const { toward = 'worse', ...rest } = more;
  const differences = actual === null || expected === null ? [] : sampleDifferences(actual, expected, toward);
  return {
    id,
    verdict,
    actual,
    expected,
    differences,
    sentence: explainDifferences(actual, expected, differences),
    durationMs: actual === null ? null : 12,
    result: actual === null ? null : `results/server/case_${id.replaceAll('.', '_')}.json`,
    ...rest,
  };
}

const FIRST: CaseVerdict[] = [
  held('1.1.1', 'same', GOOD, GOOD),
  held('1.1.2', 'missing', null, GOOD),
  held(
    '2.4',
    'regressed',
    sampleOutcome({ behavior: 'FAILED', received: [] }),
    sampleOutcome({ received: [{ kind: 'pong', payload: '0x00ff' }] }),
  ),
  held(
    '6.4.1',
    'same',
    { ...UTF8, behavior: 'NON-STRICT', received: LATE },
    { ...UTF8, behavior: 'NON-STRICT', received: LATE },
    {
      why: 'UTF-8 is judged when the message is whole | <b>not</b> before.',
      issue: 'https://example.com/issues/7',
      line: 12,
    },
  ),
  held('6.4.2', 'improved', UTF8, { ...UTF8, behavior: 'NON-STRICT', received: LATE }, { toward: 'better', line: 19 }),
  held('7.1.6', 'regressed', NEVER_ANSWERED, INFORMATIONAL),
  held(
    '7.5.1',
    'changed',
    sampleOutcome({ remoteCloseCode: 1002, behaviorClose: 'WRONG CODE', closedByMe: false }),
    sampleOutcome({ remoteCloseCode: 1007, closedByMe: false }),
    { toward: 'sideways' },
  ),
  held('7.13.1', 'same', INFORMATIONAL, INFORMATIONAL),
  held('9.1.1', 'flaky', sampleOutcome({ behavior: 'FAILED', received: [] }), GOOD, {
    truncated: true,
    sentence:
      'Two outcomes in 2 attempts. Attempt 1: Nothing came back. Attempt 2: The server did what was expected of it.',
    tries: [
      {
        verdict: 'regressed',
        outcome: sampleOutcome({ behavior: 'FAILED', received: [] }),
        durationMs: 12,
        result: 'results/server/case_9_1_1.json',
      },
      { verdict: 'same', outcome: GOOD, durationMs: null, result: 'results/server/retry-1/case_9_1_1.json' },
    ],
  }),
  held('12.1.1', 'skipped', null, null, {
    why: 'permessage-deflate is not built into this server',
    sentence: 'Skipped, as its expectation says.',
  }),
  held('12.1.2', 'new', sampleOutcome({ behavior: 'UNIMPLEMENTED', received: [] }), null),
];

const SECOND: CaseVerdict[] = [
  held('1.1.1', 'same', GOOD, GOOD),
  held(
    '1.1.2',
    'regressed',
    sampleOutcome({
      behaviorClose: 'UNCLEAN',
      wasClean: false,
      wasCloseHandshakeTimeout: true,
      droppedByMe: true,
      remoteCloseCode: null,
    }),
    GOOD,
  ),
  held('2.4', 'regressed', sampleOutcome({ behaviorClose: 'FAILED BY CLIENT', droppedByMe: true }), GOOD),
  held(
    '6.4.1',
    'regressed',
    sampleOutcome({
      behavior: 'FAILED',
      behaviorClose: 'FAILED',
      wasClean: false,
      closedByMe: false,
      droppedByMe: true,
      remoteCloseCode: null,
      received: [],
    }),
    UTF8,
  ),
  held('7.1.6', 'same', INFORMATIONAL, INFORMATIONAL),
  held('9.1.1', 'same', GOOD, GOOD),
];

/**
 * The names of the two agents. They contain markup, quotes, a workflow command, a table border, a bidirectional
 * override and a NUL character.
 */
export const HOSTILE_NAMES = ['<img src=x onerror="alert(1)">&\'`|', '::error::x\u202e]]>\0 {{7*7}} | two'] as const;

/** The sample report. */
export const sampleReport: Report = {
  schemaVersion: 1,
  tool: { name: 'ws-conformance', version: '0.1.0' },
  run: {
    id: '2026-05-07T18-09-48Z-a1b2c3',
    started: '2026-05-07T18:09:48.789Z',
    durationMs: 252_300,
    command: 'npm run conformance -- --engine docker 1 2 7.1.6',
    rerun: ['npm', 'run', 'conformance', '--', '--engine', 'docker'],
    commit: '3262169',
    dirty: true,
    ci: {
      name: 'GitHub Actions',
      branch: 'fix/close|<b>',
      job: 'conformance',
      url: 'https://git.example/somebody/server/actions/runs/4711',
    },
    host: { platform: 'linux x64', node: '20.20.0', cpus: 2 },
  },
  engine: {
    name: 'docker',
    summary: 'Autobahn|Testsuite 25.10.1 in a container: an engine answered and the image was there',
    image: 'autobahn-testsuite:25.10.1',
    digest: 'sha256:0123456789abcdef',
    jobs: 2,
  },
  suites: [sampleSuite],
  gate: {
    decision: 'undecided',
    exitCode: 3,
    sentence: 'INCOMPLETE: 15 of 22 cases have results; the second server died during 7.5.1',
    counts: { same: 6, regressed: 5, improved: 1, changed: 1, new: 1, missing: 6, flaky: 1, skipped: 1 },
    strict: false,
  },
  problems: [
    {
      what: 'The server ended while cases were still to be played.',
      where: 'case 7.5.1',
      why: 'It was killed by SIGSEGV.',
      todo: 'Read its last lines, fix it, and run again: npm run conformance -- 7.5.1',
      agent: HOSTILE_NAMES[1],
      case: '7.5.1',
      tail: ['listening ws://127.0.0.1:8888', '::error::<script>alert(1)</script>', 'segmentation fault'],
    },
  ],
  cases: [...CASES],
  agents: [
    {
      name: HOSTILE_NAMES[0],
      slug: 'img-1a2b3c4d',
      url: 'ws://127.0.0.1:8888/ws',
      command: 'node server/main.ts',
      expectedFile: 'fixtures/expected/ours.json',
      cases: FIRST,
    },
    { name: HOSTILE_NAMES[1], slug: 'error-5e6f7a8b', url: 'ws://127.0.0.1:9001/', cases: SECOND },
  ],
};

/** Makes a recorded case that matches an outcome. Every kind of wire log row occurs in the record. */
export function sampleDetail(id: string, agent: string, outcome: Outcome): RecordedCase {
  return {
    id,
    index: 215,
    agent,
    description: 'Two messages, then a Close and a Ping.<br><br>PART1 = <i>cebae1</i><br>\nPART2 = f4908080',
    expectation: 'Both messages come back, then the Close is answered & TCP dropped.',
    started: '2026-05-07T18:09:48.789Z',
    durationMs: 31,
    behavior: outcome.behavior,
    behaviorClose: outcome.behaviorClose,
    result: 'The events differ from all expected ones.',
    resultClose: 'The connection is to be failed cleanly here.',
    expected: { OK: [{ kind: 'message', payload: 'Hello, world!', binary: false }], 'NON-STRICT': [] },
    received: outcome.received,
    expectedClose: { closedByMe: true, codes: [1000, 1002], requireClean: true, closedByWrongEndpointIsFatal: false },
    isServer: false,
    closedByMe: outcome.closedByMe,
    failedByMe: outcome.failedByMe,
    droppedByMe: outcome.droppedByMe,
    wasClean: outcome.wasClean,
    wasNotCleanReason: outcome.wasClean ? null : 'the peer dropped TCP without a closing handshake',
    wasServerConnectionDropTimeout: outcome.wasServerConnectionDropTimeout,
    wasOpenHandshakeTimeout: outcome.wasOpenHandshakeTimeout,
    wasCloseHandshakeTimeout: outcome.wasCloseHandshakeTimeout,
    localCloseCode: 1000,
    localCloseReason: null,
    remoteCloseCode: outcome.remoteCloseCode,
    remoteCloseReason: '<svg onload=alert(1)>',
    rxOctetStats: { '166': 1, '65536': 3, '6168': 1 },
    txOctetStats: { '262158': 1, '8': 1, '6': 1 },
    rxFrameStats: { '1': 2 },
    txFrameStats: { '1': 2, '8': 1, '9': 1, '11': 1 },
    httpRequest: 'GET /ws HTTP/1.1\r\nHost: 127.0.0.1:8888\r\nSec-WebSocket-Key: NrIHTwv0VMBOFaV2wXpGUQ==\r\n\r\n',
    httpResponse:
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nServer: <script>alert(1)</script>\r\nX-Odd\r\n\r\n',
    trafficStats: {
      incomingCompressionRatio: 0.7596,
      incomingOctetsWireLevel: 99573434,
      outgoingWebSocketOverhead: null,
    },
    createWirelog: true,
    reportTime: false,
    reportCompressionRatio: false,
    wirelog: [
      { row: 'octets', direction: 'out', length: 242, hex: '474554202f', sync: false },
      { row: 'octets', direction: 'in', length: 166, hex: '485454502f312e31 ...', atMs: 3.2 },
      {
        row: 'frame',
        direction: 'out',
        length: 10,
        payload: 'BAsd7&jh23',
        opcode: 1,
        fin: true,
        rsv: 0,
        masked: true,
        mask: 'eccd1840',
        repeatLength: 262144,
        chop: 997,
        sync: true,
      },
      {
        row: 'frame',
        direction: 'out',
        length: 2,
        payload: '0x03e8',
        opcode: 8,
        fin: true,
        rsv: 0,
        masked: true,
        mask: 'da9b8168',
        repeatLength: null,
        chop: null,
        sync: false,
      },
      { row: 'timer', timer: 'continue', fired: false, seconds: 1, tag: 'A' },
      { row: 'timer', timer: 'continue', fired: true, tag: 'A' },
      { row: 'timer', timer: 'kill', fired: false, seconds: 1 },
      { row: 'timer', timer: 'kill', fired: true },
      { row: 'timer', timer: 'close', fired: false, seconds: 10 },
      { row: 'timer', timer: 'close', fired: true },
      {
        row: 'frame',
        direction: 'in',
        length: 27,
        payload: '<img src=x onerror=alert(1)>',
        opcode: 1,
        fin: false,
        rsv: 7,
        masked: false,
        mask: null,
      },
      { row: 'log', on: false },
      { row: 'log', on: true },
    ],
  };
}

/** Looks up the recorded cases of the sample report. Returns undefined for a case without a result. */
export const sampleDetailOf: DetailOf = (slug, id) => {
  const agent = sampleReport.agents.find((one) => one.slug === slug);
  const actual = agent?.cases.find((one) => one.id === id)?.actual;
  return agent === undefined || actual === null || actual === undefined
    ? undefined
    : sampleDetail(id, agent.name, actual as Outcome);
};
