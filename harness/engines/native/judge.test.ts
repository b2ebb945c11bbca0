import { describe, expect, it } from 'vitest';
import type { Case } from '../../suites/autobahn/cases/case.ts';
import { caseById } from '../../suites/autobahn/cases/index.ts';
import type { EndpointFacts } from './endpoint-facts.ts';
import { grade, hasAllEvents, type ObservedEvent, sameEvents } from './judge.ts';

const caseOf = (id: string): Case => {
  const testCase = caseById(id);
  if (testCase === undefined) throw new Error(`no case ${id}`);
  return testCase;
};
const CLEAN: EndpointFacts = {
  wasOpen: true,
  closedByMe: true,
  failedByMe: false,
  droppedByMe: false,
  wasClean: true,
  wasNotCleanReason: null,
  wasServerConnectionDropTimeout: false,
  wasOpenHandshakeTimeout: false,
  wasCloseHandshakeTimeout: false,
  localCloseCode: 1000,
  localCloseReason: null,
  remoteCloseCode: 1000,
  remoteCloseReason: null,
  httpRequest: '',
  httpResponse: '',
};
const text = (value: string): ObservedEvent => ({ kind: 'message', payload: Buffer.from(value), binary: false });
const grades = (
  id: string,
  facts: Partial<EndpointFacts>,
  observed: readonly ObservedEvent[] = [],
): [string, string] => {
  const { behavior, behaviorClose } = grade({
    testCase: caseOf(id),
    observed,
    facts: { ...CLEAN, ...facts },
    ownVerdict: { behavior: 'FAILED', result: 'own' },
    sentFrames: { '0': 50, '1': 1 },
  });
  return [behavior, behaviorClose];
};

describe('the observed events', () => {
  it('must be equal to the allowed events, in order and byte for byte', () => {
    const allowed = caseOf('5.6').allowed.OK ?? [];
    const pong: ObservedEvent = { kind: 'pong', payload: Buffer.from('ping payload') };
    const message = text('fragment1fragment2');
    expect(sameEvents([pong, message], allowed)).toBe(true);
    for (const wrong of [
      [],
      [message, pong],
      [pong],
      [pong, message, message],
      [pong, text('fragment1fragment3')],
      [pong, { ...message, binary: true }],
      [pong, { kind: 'timeout', tag: 'A' }],
    ] as ObservedEvent[][])
      expect(sameEvents(wrong, allowed)).toBe(false);
  });

  it('complete a case if they are equal to every allowed list: never if two lists differ, always without a list', () => {
    expect(hasAllEvents(caseOf('2.1'), [{ kind: 'pong', payload: Buffer.alloc(0) }])).toBe(true);
    expect(hasAllEvents(caseOf('3.2'), [text('Hello, world!')])).toBe(false);
    expect(hasAllEvents(caseOf('9.1.1'), [text('anything')])).toBe(true);
  });
});

describe('the grades', () => {
  const HELLO = [text('Hello World!')];

  it('are both OK if the server did everything right', () => {
    expect(grades('7.1.1', {}, HELLO)).toEqual(['OK', 'OK']);
  });

  it('depend first on who closed, then on a clean end, then on the code, then on who ended TCP', () => {
    const all: Partial<EndpointFacts> = { closedByMe: false, wasClean: false, remoteCloseCode: 999, droppedByMe: true };
    expect(grades('2.7', all)[1]).toBe('FAILED');
    expect(grades('2.7', { ...all, closedByMe: true })[1]).toBe('UNCLEAN');
    expect(grades('2.7', { ...all, closedByMe: true, wasClean: true })[1]).toBe('WRONG CODE');
    expect(grades('2.7', { droppedByMe: true })[1]).toBe('FAILED BY CLIENT');
  });

  it('are OK for a Close without a code in every case', () => {
    expect(grades('7.9.1', { remoteCloseCode: null })).toEqual(['OK', 'OK']);
  });

  it('do not need a clean end if the server must fail the connection', () => {
    expect(grades('2.5', { closedByMe: false, wasClean: false, remoteCloseCode: null })).toEqual(['OK', 'OK']);
  });

  it('fail the behavior for a wrong close code in 7.x, but not in 3.x', () => {
    expect(grades('7.3.3', { remoteCloseCode: 1001 })).toEqual(['FAILED', 'WRONG CODE']);
    expect(grades('3.1', { closedByMe: false, remoteCloseCode: 1001 })).toEqual(['OK', 'WRONG CODE']);
  });

  it('fail the behavior if the server did not refuse invalid text', () => {
    expect(grades('6.8.1', { closedByMe: true })).toEqual(['FAILED', 'FAILED']);
  });

  it('are NON-STRICT if the events are equal to the second list', () => {
    expect(grades('3.2', { closedByMe: false, remoteCloseCode: 1002 })).toEqual(['NON-STRICT', 'OK']);
  });

  it('are always INFORMATIONAL for 7.1.6 and 7.13, even without an opening handshake', () => {
    for (const id of ['7.1.6', '7.13.1', '7.13.2'])
      expect(grades(id, { wasOpen: false, wasClean: false })).toEqual(['INFORMATIONAL', 'INFORMATIONAL']);
  });

  it('are both FAILED if the opening handshake failed', () => {
    for (const id of ['1.1.1', '2.5', '6.8.1', '10.1.1', '12.1.1'])
      expect(grades(id, { wasOpen: false, closedByMe: false })).toEqual(['FAILED', 'FAILED']);
  });

  it('depend on the frames that the client sent in 10.1.1', () => {
    const observed: ObservedEvent[] = [{ kind: 'message', payload: Buffer.alloc(65_536, '*'), binary: false }];
    expect(grades('10.1.1', {}, observed)).toEqual(['OK', 'OK']);
    const wrong = grade({
      testCase: caseOf('10.1.1'),
      observed,
      facts: CLEAN,
      ownVerdict: { behavior: 'FAILED', result: '' },
      sentFrames: { '0': 51, '1': 1 },
    });
    expect(wrong.behavior).toBe('FAILED');
  });
});
