import { describe, expect, it } from 'vitest';
import { caseInfo, caseSentences, catalogue, conformantOutcome } from './catalogue.ts';
import { autobahnOutcomeSchema } from './outcome.ts';

describe('the catalogue', () => {
  it('lists all 517 cases with title, sections, RFC sections and weight', () => {
    expect(catalogue).toHaveLength(517);
    expect(caseInfo('6.12.8')).toEqual({
      id: '6.12.8',
      title: 'Not UTF-8: 80 81 82 83 84 85 … bd be',
      category: '6',
      categoryTitle: 'UTF-8',
      subcategory: '6.12',
      subcategoryTitle: 'Continuation bytes without a lead byte',
      rfc: ['RFC 6455 8.1', 'RFC 6455 7.4.1', 'RFC 3629 3'],
      weightMs: expect.any(Number),
    });
    expect(caseInfo('2.5')).toMatchObject({ subcategory: null, subcategoryTitle: null });
    expect(caseInfo('8.1')).toBeUndefined();
  });

  it('knows the weight of every case', () => {
    expect(catalogue.filter((info) => !(info.weightMs >= 1))).toEqual([]);
    expect(caseInfo('12.5.10')?.weightMs).toBeGreaterThan(1000);
  });

  it('describes what a case sends and demands', () => {
    expect(caseSentences('2.5')?.sends).toContain('126 bytes');
    expect(caseSentences('0.0')).toBeUndefined();
  });
});

describe('the conformant outcome', () => {
  it('is an outcome for every case', () => {
    for (const { id } of catalogue)
      expect(autobahnOutcomeSchema.safeParse(conformantOutcome(id)).success, id).toBe(true);
  });

  it('has the close code that the RFC demands, in every family of cases', () => {
    const codes: Record<string, number | null> = {
      '1.1.1': 1000,
      '2.5': 1002,
      '3.7': 1002,
      '5.18': 1002,
      '6.4.3': 1007,
      '6.5.1': 1000,
      '6.20.7': 1007,
      '7.1.6': 1000,
      '7.3.1': null,
      '7.3.2': 1002,
      '7.3.6': 1002,
      '7.5.1': 1007,
      '7.7.2': 1001,
      '7.7.13': 4999,
      '7.9.1': 1002,
      '7.13.2': 1002,
      '9.1.6': 1000,
      '13.7.18': 1000,
    };
    for (const [id, code] of Object.entries(codes))
      expect([id, conformantOutcome(id).remoteCloseCode]).toEqual([id, code]);
  });

  it('of 7.1.6 has both text messages before the Close frame, and of 7.1.6 and 7.13 is INFORMATIONAL', () => {
    const outcome = conformantOutcome('7.1.6');
    expect(outcome).toMatchObject({ behavior: 'INFORMATIONAL', behaviorClose: 'INFORMATIONAL', wasClean: true });
    expect(outcome.received.map((event) => event.kind === 'message' && event.payload.slice(0, 12))).toEqual([
      'BAsd7&jh23BA',
      'Hello World!',
    ]);
    expect(conformantOutcome('7.13.1')).toMatchObject({ behavior: 'INFORMATIONAL', received: [] });
  });

  it('has the first timeout of 6.4.1, and no message of categories 9, 12 and 13', () => {
    expect(conformantOutcome('6.4.1').received).toEqual([{ kind: 'timeout', tag: 'A' }]);
    for (const id of ['9.1.1', '9.7.6', '12.1.1', '13.7.18']) expect(conformantOutcome(id).received).toEqual([]);
  });

  it('has payloads in the short form of recorded results', () => {
    expect(conformantOutcome('1.2.6').received).toEqual([
      { kind: 'message', payload: `0x${'fe'.repeat(64)} ...`, binary: true },
    ]);
  });

  it('does not exist for an unknown case', () => {
    expect(() => conformantOutcome('9.9.1')).toThrow(RangeError);
  });
});
