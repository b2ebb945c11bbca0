import { createHash } from 'node:crypto';
import { type Case, type CaseEvent, type Payload, payloadBytes, type Step } from './case.ts';

/**
 * Describes what a case sends as lines of text. Two cases with equal lines send the same. `fixtures/spec/digests.json`
 * has digests of the lines that were made from the case objects of Autobahn 25.10.1. A test compares the digests of
 * both, and so detects an edit that changes a case by mistake.
 */
export function scriptLines(testCase: Case): string[] {
  return [...testCase.script.map(stepLine), ...criterionLines(testCase)];
}

/**
 * Describes what a case expects as lines of text: allowed events, the required end, and how the case is graded and
 * logged.
 */
export function expectationLines(testCase: Case): string[] {
  const { close } = testCase;
  const grades = (['NON-STRICT', 'OK'] as const).flatMap((grade) => {
    const events = testCase.allowed[grade];
    return events === undefined ? [] : [grade, ...events.map(eventLine)];
  });
  return [
    ...grades,
    `close ${bit(close.closedByMe)} ${close.codes.join(',')} clean=${bit(close.requireClean)} fatal=${bit(close.wrongEndpointIsFatal)}`,
    `suppress=${bit(testCase.suppressClose)} rule=${ruleWord(testCase)} log=${LOG_WORDS[testCase.wirelog]} time=${bit(testCase.reportTime)} ratio=${bit(testCase.reportCompressionRatio)}`,
  ];
}

/** Returns the first 16 hex digits of the SHA-256 of the lines. */
export function digest(lines: readonly string[]): string {
  return createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 16);
}

const LOG_WORDS = { full: 'full', quiet: 'flag', switched: 'WLM' } as const;
const RULE_WORDS = {
  none: 'base',
  'wrong code fails': 'base+wrongCodeFails',
  informational: 'base+informational',
  'frame count': 'base+frameCount',
} as const;

/** Returns 1 for true and 0 for false. */
const bit = (value: boolean): 0 | 1 => (value ? 1 : 0);
const ruleWord = (testCase: Case): string =>
  `${RULE_WORDS[testCase.finalRule]}${testCase.reasonIsBinary ? '+hexReason' : ''}`;

function payloadWord(payload: Payload | undefined): string {
  const bytes = payload === undefined ? Buffer.alloc(0) : payloadBytes(payload);
  const sum = createHash('sha1').update(bytes).digest('hex').slice(0, 12);
  return `${bytes.length}:${sum}${payload?.kind === 'pattern' ? ` pattern ${payload.pattern.toString('hex')}` : ''}`;
}

function stepLine(step: Step): string {
  switch (step.step) {
    case 'frame':
      return `frame ${step.opcode} ${bit(step.fin)} ${step.rsv} ${payloadWord(step.payload)} chop=${step.chop ?? 0} sync=${bit(step.sync ?? false)}`;
    case 'message':
      return `message ${bit(step.binary)} ${payloadWord(step.payload)} fragment=${step.fragment ?? 0}`;
    case 'close':
      return `close ${step.code ?? '-'} ${payloadWord(step.reason)}`;
    case 'header':
      return `header ${step.opcode} ${step.length}`;
    case 'piece':
      return `piece ${payloadWord({ kind: 'bytes', bytes: step.bytes })}`;
    case 'wait':
      return `wait ${step.seconds} ${step.tag ?? '-'}`;
    case 'limit':
      return `limit ${step.limit} ${step.seconds}`;
  }
}

function criterionLines({ criterion }: Case): string[] {
  switch (criterion.by) {
    case 'events':
      return [];
    case 'size':
      return [`size ${criterion.length}`];
    case 'round-trips':
      return [`round-trips ${criterion.length} x${criterion.count}`];
    case 'compressed round-trips':
      return [
        `compressed ${criterion.corpus} ${bit(criterion.binary)} ${criterion.length} x${criterion.count} fragment=${criterion.fragment} within ${criterion.seconds}`,
        ...criterion.offers.map((offer) => `offer ${offer}`),
      ];
  }
}

function eventLine(event: CaseEvent): string {
  switch (event.kind) {
    case 'message':
      return `message ${bit(event.binary)} ${payloadWord(event.payload)}`;
    case 'pong':
      return `pong ${payloadWord(event.payload)}`;
    case 'timeout':
      return `timeout ${event.tag}`;
  }
}
