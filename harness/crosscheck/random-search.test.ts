import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { RecordedCase } from '../../reports/document/recorded-case.ts';
import { readResults } from '../results/read-results.ts';
import { suiteIds } from '../suites/autobahn/catalogue.ts';
import { autobahn } from '../suites/autobahn/suite.ts';
import { root } from './fixtures.ts';
import type { Fault } from './random/faults.ts';
import type { RandomServer } from './random-plan.ts';
import type { RandomPlayer } from './random-players.ts';
import { search } from './random-search.ts';

const { agents } = readResults(autobahn, join(root, 'fixtures/recorded/ws'), { cases: suiteIds, extraIsFault: true });
const recorded = new Map(
  (agents[0]?.results ?? []).flatMap((result) =>
    result.did === 'run' && result.detail !== undefined ? [[result.id, result.detail] as const] : [],
  ),
);

/**
 * Returns a fake engine for the tests. It records the same result for every server and case; `change` may alter a
 * result.
 */
function player(change: (server: RandomServer, id: string) => Partial<RecordedCase> | null): RandomPlayer {
  return async (servers) =>
    new Map(
      servers.map((server) => [
        server.name,
        new Map(
          server.cases.flatMap((id) => {
            const [detail, changed] = [recorded.get(id), change(server, id)];
            return detail === undefined || changed === null ? [] : [[id, { ...detail, ...changed }] as const];
          }),
        ),
      ]),
    );
}
const right = player(() => ({}));
const has = ({ faults }: RandomServer, name: Fault['fault']): boolean => faults.some(({ fault }) => fault === name);
const faults: Fault[] = [{ fault: 'kept window' }, { fault: 'no close' }, { fault: 'lenient', without: ['text'] }];
const servers = [
  { name: 'a', faults, cases: ['1.1.1', '2.1'] },
  { name: 'b', faults: [{ fault: 'no close' } as const], cases: ['1.1.1'] },
];

test('a search without a disagreement finds nothing', async () => {
  expect(await search(servers, { reference: right, native: right, containers: 1 })).toEqual({
    servers: 2,
    pairs: 3,
    confirmed: [],
    races: [],
  });
});

test('what differs in every play is minimised to the faults that show it', async () => {
  const wrong = player((server, id) => (id === '2.1' && has(server, 'no close') ? { wasClean: false } : {}));
  const { confirmed, races } = await search(servers, { reference: right, native: wrong, containers: 1 });
  expect(races).toEqual([]);
  expect(confirmed).toEqual([
    {
      server: { name: 'a', faults: [{ fault: 'no close' }], cases: ['2.1'] },
      disagreements: [{ id: '2.1', at: 'wasClean', reference: true, native: false }],
    },
  ]);
});

test('two faults that only differ together are both kept', async () => {
  const wrong = player((server) =>
    has(server, 'no close') && has(server, 'lenient') ? { remoteCloseCode: 1006 } : {},
  );
  const { confirmed } = await search(servers, { reference: right, native: wrong, containers: 1 });
  expect(confirmed.map(({ server }) => [server.cases, server.faults.length])).toEqual([
    [['1.1.1'], 2],
    [['2.1'], 2],
  ]);
});

test('what differs once only is a race, and of two facts only the persistent one is confirmed', async () => {
  let plays = 0;
  const wrong: RandomPlayer = async (list, atOnce) => {
    plays += 1;
    const first = plays === 1;
    return await player(({ name }, id) => {
      if (name.startsWith('b')) return { wasClean: false, ...(first ? { remoteCloseCode: 1 } : {}) };
      return first && id === '1.1.1' ? { wasClean: false } : {};
    })(list, atOnce);
  };
  const { confirmed, races } = await search(servers, { reference: right, native: wrong, containers: 1 });
  expect(races.map(({ server }) => [server.name, server.cases])).toEqual([['a', ['1.1.1']]]);
  expect(confirmed.map(({ server, disagreements }) => [server.name, disagreements.map(({ at }) => at)])).toEqual([
    ['b', ['wasClean']],
  ]);
});

test('a case that only one engine has recorded is a disagreement', async () => {
  const silent = player((_, id) => (id === '2.1' ? null : {}));
  const { confirmed } = await search(servers, { reference: right, native: silent, containers: 1 });
  expect(confirmed.map(({ disagreements }) => disagreements)).toEqual([
    [{ id: '2.1', at: 'has a result', reference: true, native: false }],
  ]);
});
