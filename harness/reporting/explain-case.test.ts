import { expect, it } from 'vitest';
import { suiteIds } from '../suites/autobahn/catalogue.ts';
import { autobahn } from '../suites/autobahn/suite.ts';
import { explainCase } from './explain-case.ts';

const explained = (id: string) => explainCase(autobahn, id, `ws-conformance ${id}`);

it('names what a case sends, what must happen, and what is contested', () => {
  const text = explained('7.1.6');
  for (const part of [
    '7.1.6  256 KiB',
    'RFC 6455 5.5.1',
    'What is sent\n  A text of 256 KiB',
    'What must happen',
    'close code 1000 (normal closure)',
    'UNCLEAN',
    'Contested\n  The suite always gives INFORMATIONAL',
    'Run only this case:  ws-conformance 7.1.6',
  ])
    expect(text).toContain(part);
});

it('explains every case in lines of limited width', () => {
  for (const id of suiteIds) {
    const text = explained(id);
    expect(text, id).toMatch(/What is sent\n {2}\S[\s\S]*What must happen\n {2}\S[\s\S]*Usual causes\n {2}\S/);
    for (const line of text.split('\n').slice(2)) expect(line.length, `${id}: ${line}`).toBeLessThan(125);
  }
});

it('refuses an id that is unknown or matches several cases', () => {
  expect(() => explained('7.1.66')).toThrow(/no case "7.1.66"/);
  expect(() => explained('7.1')).toThrow(/"7.1" matches 6 cases/);
});
