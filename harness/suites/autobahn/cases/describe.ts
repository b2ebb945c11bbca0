import { createHash } from 'node:crypto';
import { type Case, type CaseEvent, type Payload, payloadOctets, type Step } from './case.ts';

/**
 * Describes what a case sends as lines of text. Two cases with equal lines do the same. `fixtures/spec/digests.json` has
 * the digests of the lines that were made from the case objects of Autobahn 25.10.1: a test compares both, so that an
 * edit cannot change a case by mistake.
 */
export function scriptLines(one: Case): string[] {
  return [...one.script.map(stepLine), ...judgingLines(one)];
}

/** Describes the rest of a case as lines of text: allowed events, the required end, and how the case is graded and logged. */
export function expectationLines(one: Case): string[] {
  const { close } = one;
  const grades = (['NON-STRICT', 'OK'] as const).flatMap((grade) => {
    const events = one.allowed[grade];
    return events === undefined ? [] : [grade, ...events.map(eventLine)];
  });
  return [
    ...grades,
    `close ${bit(close.closedByMe)} ${close.codes.join(',')} clean=${bit(close.requireClean)} fatal=${bit(close.wrongEndpointIsFatal)}`,
    `suppress=${bit(one.suppressClose)} rule=${ruleWord(one)} log=${LOG_WORDS[one.wirelog]} time=${bit(one.reportTime)} ratio=${bit(one.reportCompressionRatio)}`,
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

const bit = (value: boolean): 0 | 1 => (value ? 1 : 0);
const ruleWord = (one: Case): string => `${RULE_WORDS[one.finalRule]}${one.reasonIsOctets ? '+hexReason' : ''}`;

function payloadWord(payload: Payload | undefined): string {
  const octets = payload === undefined ? Buffer.alloc(0) : payloadOctets(payload);
  const sum = createHash('sha1').update(octets).digest('hex').slice(0, 12);
  return `${octets.length}:${sum}${payload?.kind === 'pattern' ? ` pattern ${payload.pattern.toString('hex')}` : ''}`;
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
      return `piece ${payloadWord({ kind: 'octets', octets: step.octets })}`;
    case 'wait':
      return `wait ${step.seconds} ${step.tag ?? '-'}`;
    case 'limit':
      return `limit ${step.limit} ${step.seconds}`;
  }
}

function judgingLines({ judging }: Case): string[] {
  switch (judging.by) {
    case 'events':
      return [];
    case 'size':
      return [`size ${judging.length}`];
    case 'round-trips':
      return [`round-trips ${judging.length} x${judging.count}`];
    case 'compressed round-trips':
      return [
        `compressed ${judging.corpus} ${bit(judging.binary)} ${judging.length} x${judging.count} fragment=${judging.fragment} within ${judging.seconds}`,
        ...judging.offers.map((offer) => `offer ${offer}`),
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
