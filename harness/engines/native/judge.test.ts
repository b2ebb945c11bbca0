import { describe, expect, it } from 'vitest';
import type { Case } from '../../suites/autobahn/cases/case.ts';
import { caseById } from '../../suites/autobahn/cases/index.ts';
import type { EndpointFacts } from './endpoint-facts.ts';
import { grade, isDone, type SeenEvent, sameEvents } from './judge.ts';

const the = (id: string): Case => {
  const one = caseById(id);
  if (one === undefined) throw new Error(`no case ${id}`);
  return one;
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
const text = (value: string): SeenEvent => ({ kind: 'message', octets: Buffer.from(value), binary: false });
const grades = (id: string, ends: Partial<EndpointFacts>, seen: readonly SeenEvent[] = []): [string, string] => {
  const { behavior, behaviorClose } = grade({
    one: the(id),
    seen,
    ends: { ...CLEAN, ...ends },
    ownVerdict: { behavior: 'FAILED', result: 'own' },
    sentFrames: { '0': 50, '1': 1 },
  });
  return [behavior, behaviorClose];
};

describe('events', () => {
  it('must be all that is allowed, in order, octet for octet, and nothing else', () => {
    const allowed = the('5.6').allowed.OK ?? [];
    const pong: SeenEvent = { kind: 'pong', octets: Buffer.from('ping payload') };
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
    ] as SeenEvent[][])
      expect(sameEvents(wrong, allowed)).toBe(false);
  });

  it('let the client close when they fit every list: never where two differ, always where there is none', () => {
    expect(isDone(the('2.1'), [{ kind: 'pong', octets: Buffer.alloc(0) }])).toBe(true);
    expect(isDone(the('3.2'), [text('Hello, world!')])).toBe(false);
    expect(isDone(the('9.1.1'), [text('anything')])).toBe(true);
  });
});

describe('the grades', () => {
  const HELLO = [text('Hello World!')];

  it('are OK twice where the server did everything right', () => {
    expect(grades('7.1.1', {}, HELLO)).toEqual(['OK', 'OK']);
  });

  it('ask who closed before how cleanly, that before which code, and that before who ended TCP', () => {
    const all: Partial<EndpointFacts> = { closedByMe: false, wasClean: false, remoteCloseCode: 999, droppedByMe: true };
    expect(grades('2.7', all)[1]).toBe('FAILED');
    expect(grades('2.7', { ...all, closedByMe: true })[1]).toBe('UNCLEAN');
    expect(grades('2.7', { ...all, closedByMe: true, wasClean: true })[1]).toBe('WRONG CODE');
    expect(grades('2.7', { droppedByMe: true })[1]).toBe('FAILED BY CLIENT');
  });

  it('let a server close without a code everywhere', () => {
    expect(grades('7.9.1', { remoteCloseCode: null })).toEqual(['OK', 'OK']);
  });

  it('do not ask for a clean end where the server fails the connection', () => {
    expect(grades('2.5', { closedByMe: false, wasClean: false, remoteCloseCode: null })).toEqual(['OK', 'OK']);
  });

  it('fail the behavior too for a wrong code in 7.x, and not in 3.x', () => {
    expect(grades('7.3.3', { remoteCloseCode: 1001 })).toEqual(['FAILED', 'WRONG CODE']);
    expect(grades('3.1', { closedByMe: false, remoteCloseCode: 1001 })).toEqual(['OK', 'WRONG CODE']);
  });

  it('fail the behavior too where invalid text was not refused by the server', () => {
    expect(grades('6.8.1', { closedByMe: true })).toEqual(['FAILED', 'FAILED']);
  });

  it('are NON-STRICT for the second list', () => {
    expect(grades('3.2', { closedByMe: false, remoteCloseCode: 1002 })).toEqual(['NON-STRICT', 'OK']);
  });

  it('are informational for 7.1.6 and 7.13 whatever happened, even without an opening handshake', () => {
    for (const id of ['7.1.6', '7.13.1', '7.13.2'])
      expect(grades(id, { wasOpen: false, wasClean: false })).toEqual(['INFORMATIONAL', 'INFORMATIONAL']);
  });

  it('are FAILED twice where the connection never opened', () => {
    for (const id of ['1.1.1', '2.5', '6.8.1', '10.1.1', '12.1.1'])
      expect(grades(id, { wasOpen: false, closedByMe: false })).toEqual(['FAILED', 'FAILED']);
  });

  it('count our own frames in 10.1.1', () => {
    const seen: SeenEvent[] = [{ kind: 'message', octets: Buffer.alloc(65_536, '*'), binary: false }];
    expect(grades('10.1.1', {}, seen)).toEqual(['OK', 'OK']);
    const wrong = grade({
      one: the('10.1.1'),
      seen,
      ends: CLEAN,
      ownVerdict: { behavior: 'FAILED', result: '' },
      sentFrames: { '0': 51, '1': 1 },
    });
    expect(wrong.behavior).toBe('FAILED');
  });
});
