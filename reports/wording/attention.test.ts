import { expect, it } from 'vitest';
import type { CaseVerdict, Report } from '../document/report.ts';
import { sampleOutcome, sampleReport } from '../testing/sample.ts';
import { bigReport } from '../testing/sample-big.ts';
import { attentionView, groupSimilarCases } from './attention.ts';
import { needsAttention } from './vocabulary.ts';

const report = bigReport(1);
const missing = (one: CaseVerdict): CaseVerdict => ({
  ...one,
  verdict: 'missing',
  actual: null,
  sentence: 'No result: the index does not list it.',
});
const withCases = (become: (one: CaseVerdict) => CaseVerdict): Report => ({
  ...report,
  agents: report.agents.map((agent) => ({ ...agent, cases: agent.cases.map(become) })),
});
const bad = sampleOutcome({ wasClean: false, remoteCloseCode: null });
const seed = withCases((one) =>
  one.id === '7.1.6' ? { ...one, verdict: 'regressed', actual: bad, sentence: 'It never answered.' } : missing(one),
);

it('shows all missing cases in one line with ranges, below the case that regressed', () => {
  const lines = attentionView(seed);
  expect(lines.map(({ mark, id, alike }) => [mark.word, id, alike])).toEqual([
    ['regressed', '7.1.6', null],
    ['missing', '1.1.1', '516 cases'],
  ]);
  expect(lines[1]?.ranges).toEqual([
    { text: '1.1.1-7.1.5', href: 'cases/agent-0/1.1.1.html' },
    { text: '7.1.7-13.14.9', href: 'cases/agent-0/7.1.7.html' },
  ]);
});

it('shows few cases, and cases with different sentences, in lines of their own', () => {
  const few = withCases((one) => (['1.1.1', '1.1.2', '2.1.1'].includes(one.id) ? missing(one) : one));
  expect(attentionView(few).filter(({ mark }) => mark.word === 'missing')).toHaveLength(3);
  const apart = withCases((one) => ({ ...missing(one), sentence: `Nothing of ${one.id}.` }));
  expect(attentionView(apart)).toHaveLength(517);
});

it('groups cases whose sentences differ only in quoted payloads, and then quotes no payload', () => {
  const spoilt = withCases((one) => ({ ...missing(one), sentence: `It sent “${one.id}”, expected “${one.id}!”.` }));
  expect(attentionView(spoilt).map(({ alike, sentence }) => [alike, sentence])).toEqual([
    ['517 cases', 'It sent “…”, expected “…”.'],
  ]);
  const same = withCases((one) => ({ ...missing(one), sentence: 'It sent “Hello”.' }));
  expect(attentionView(same).map(({ sentence }) => sentence)).toEqual(['It sent “Hello”.']);
});

it('contains every case exactly once', () => {
  for (const some of [report, seed, sampleReport]) {
    const told = groupSimilarCases(some).flatMap(({ agent, cases }) => cases.map(({ id }) => `${agent.slug} ${id}`));
    const all = needsAttention(some).map(({ agent, case: { id } }) => `${agent.slug} ${id}`);
    expect([...told].sort()).toEqual([...all].sort());
  }
});

it('does not mix agents, and folds ranges after the twelfth', () => {
  const scattered = withCases((one) => (/[13579]$/.test(one.id) ? missing(one) : { ...one, verdict: 'same' }));
  const [line] = attentionView(scattered);
  expect(line?.ranges).toHaveLength(12);
  expect((line?.moreRanges?.length ?? 0) + 12).toBeGreaterThan(100);
  const [agent] = seed.agents;
  if (agent === undefined) throw new Error('there is no agent');
  const two = { ...seed, agents: [agent, { ...agent, name: 'other', slug: 'other' }] };
  expect(attentionView(two).map(({ agent: name, alike }) => [name, alike])).toEqual([
    ['agent-0', null],
    ['other', null],
    ['agent-0', '516 cases'],
    ['other', '516 cases'],
  ]);
  expect(attentionView(sampleReport).filter(({ alike }) => alike !== null)).toHaveLength(1);
});
