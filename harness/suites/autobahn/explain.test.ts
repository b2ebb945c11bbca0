import { expect, it } from 'vitest';
import { suiteIds } from './catalogue.ts';
import { contestedNotes } from './contested-cases.ts';
import { explainCase } from './explain.ts';

it('says what is sent, what must happen, and what is contested', () => {
  const text = explainCase('7.1.6');
  for (const part of [
    '7.1.6  256 KiB',
    'RFC 6455 5.5.1',
    'What is sent\n  A text of 256 KiB',
    'What must happen',
    'close code 1000 (normal closure)',
    'UNCLEAN',
    'Contested\n  The suite grades it INFORMATIONAL',
    'Alone:  ws-conformance 7.1.6',
  ])
    expect(text).toContain(part);
});

it('explains every case, in lines that fit', () => {
  for (const id of suiteIds) {
    const text = explainCase(id);
    expect(text, id).toMatch(/What is sent\n {2}\S[\s\S]*What must happen\n {2}\S[\s\S]*Usual causes\n {2}\S/);
    for (const line of text.split('\n').slice(2)) expect(line.length, `${id}: ${line}`).toBeLessThan(125);
  }
});

it('names the nearest id for one that is not there', () => {
  expect(() => explainCase('7.1.66')).toThrow(/no case "7.1.66"/);
  expect(() => explainCase('7.1')).toThrow(/"7.1" is not one case but 6/);
});

it('has no note that is about no case', () => {
  expect(suiteIds.filter((id) => contestedNotes(id).length > 0).length).toBeGreaterThan(100);
  expect(contestedNotes('1.1.1')).toEqual([]);
});
