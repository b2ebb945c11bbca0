import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { compareCaseIds } from '../plan/case-id.ts';
import { autobahn } from '../suites/autobahn/suite.ts';
import { readResults } from './read-results.ts';

const recorded = join(import.meta.dirname, '../../fixtures/recorded/ws');
const suite = Object.keys(JSON.parse(readFileSync(join(recorded, 'index.json'), 'utf8')).ws).sort(compareCaseIds);
const some = ['1.1.1', '6.4.1', '7.1.6', '9.1.1', '12.1.1'];
const fileOf = (id: string) => `ws_case_${id.replaceAll('.', '_')}.json`;

let home: string;
let folder: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'results-test-'));
});
afterAll(() => rmSync(home, { recursive: true }));
beforeEach(() => {
  folder = mkdtempSync(join(home, 'run-'));
  for (const id of some) cpSync(join(recorded, fileOf(id)), join(folder, fileOf(id)));
  const entries = JSON.parse(readFileSync(join(recorded, 'index.json'), 'utf8')).ws;
  writeIndex({ ws: Object.fromEntries(some.map((id) => [id, entries[id]])) });
});

// biome-ignore lint/suspicious/noExplicitAny: files that are damaged on purpose
type Json = Record<string, any>;
const writeIndex = (index: Json) => writeFileSync(join(folder, 'index.json'), JSON.stringify(index));
const readIndex = (): Json => JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8'));
const changeIndex = (change: (index: Json) => void) => {
  const index = readIndex();
  change(index);
  writeIndex(index);
};
const changeCase = (id: string, change: (file: Json) => void) => {
  const path = join(folder, fileOf(id));
  const file = JSON.parse(readFileSync(path, 'utf8'));
  change(file);
  writeFileSync(path, JSON.stringify(file));
};
const read = (options: Partial<Parameters<typeof readResults>[2]> = {}) =>
  readResults(autobahn, folder, { cases: some, agents: ['ws'], extraIsFault: true, ...options });
const alone = () => read({ cases: ['7.1.6'], extraIsFault: false });
const ran = (results = read()) => results.agents[0]?.results.filter((result) => result.did === 'run').length;

test('a complete folder of the real suite is read without a problem', () => {
  expect(read().problems).toEqual([]);
  expect(ran()).toBe(5);
});

describe('the recorded folders, whole', () => {
  test.each(['ws', 'websocket-node'])('%s: 517 results, typed', (agent) => {
    const { agents, problems } = readResults(autobahn, join(recorded, '..', agent), {
      cases: suite,
      extraIsFault: true,
    });
    expect(problems).toEqual([]);
    expect(agents).toMatchObject([{ agent }]);
    expect(agents[0]?.results.filter((result) => result.did === 'run')).toHaveLength(517);
  });
});

/** Every way to damage one case's result, and what the problem must say. */
const damages: Record<string, [(id: string) => void, RegExp]> = {
  'its file is removed': [(id) => rmSync(join(folder, fileOf(id))), /not there/],
  'its file is emptied': [(id) => writeFileSync(join(folder, fileOf(id)), ''), /empty/],
  'its file is cut': [(id) => truncateSync(join(folder, fileOf(id)), 300), /offset 300|line/],
  'its file is no UTF-8': [
    (id) => writeFileSync(join(folder, fileOf(id)), Buffer.from([0xff, 0xfe, 0x7b, 0])),
    /UTF-8/,
  ],
  'its file is a folder': [
    (id) => {
      rmSync(join(folder, fileOf(id)));
      mkdirSync(join(folder, fileOf(id)));
    },
    /not a file/,
  ],
  'its file is a link': [
    (id) => {
      rmSync(join(folder, fileOf(id)));
      symlinkSync(join(recorded, fileOf(id)), join(folder, fileOf(id)));
    },
    /link/,
  ],
  'a key is missing from its file': [
    (id) =>
      changeCase(id, (file) => {
        delete file.wasClean;
      }),
    /wasClean/,
  ],
  'a key nobody knows is in its file': [
    (id) =>
      changeCase(id, (file) => {
        file.mood = 'good';
      }),
    /mood/,
  ],
  'a key is written twice': [
    (id) => {
      const path = join(folder, fileOf(id));
      writeFileSync(path, readFileSync(path, 'utf8').replace('{', '{"wasClean": true,'));
    },
    /written twice/,
  ],
  'its grade is none': [
    (id) =>
      changeCase(id, (file) => {
        file.behavior = 'PASS!';
      }),
    /behavior/,
  ],
  'its close grade is none': [
    (id) =>
      changeCase(id, (file) => {
        file.behaviorClose = 'GREAT';
      }),
    /behaviorClose/,
  ],
  'a wire-log row is of an unknown kind': [
    (id) =>
      changeCase(id, (file) => {
        file.wirelog.push(['XX', 1]);
      }),
    /wirelog/,
  ],
  'its file is of another case': [
    (id) =>
      changeCase(id, (file) => {
        file.id = '1.1.2';
      }),
    /case id/,
  ],
  'its file is of another agent': [
    (id) =>
      changeCase(id, (file) => {
        file.agent = 'ws2';
      }),
    /agent/,
  ],
  'index and file disagree on the grade': [
    (id) =>
      changeIndex((index) => {
        index.ws[id].behavior = 'FAILED';
      }),
    /behavior is "FAILED"/,
  ],
  'index and file disagree on the close grade': [
    (id) =>
      changeIndex((index) => {
        index.ws[id].behaviorClose = 'UNCLEAN';
      }),
    /behaviorClose is "UNCLEAN"/,
  ],
  'index and file disagree on the close code': [
    (id) =>
      changeIndex((index) => {
        index.ws[id].remoteCloseCode = 4999;
      }),
    /remoteCloseCode is 4999/,
  ],
  'index and file disagree on the time': [
    (id) =>
      changeIndex((index) => {
        index.ws[id].duration += 1;
      }),
    /duration/,
  ],
  'its index entry is no object': [
    (id) =>
      changeIndex((index) => {
        index.ws[id] = 'OK';
      }),
    /expected object/,
  ],
  'its index entry is gone': [
    (id) =>
      changeIndex((index) => {
        delete index.ws[id];
      }),
    /does not list it/,
  ],
  'its file is said to be outside of the folder': [
    (id) =>
      changeIndex((index) => {
        index.ws[id].reportfile = `../${fileOf(id)}`;
      }),
    /leads out/,
  ],
  'its file is given by an absolute path': [
    (id) =>
      changeIndex((index) => {
        index.ws[id].reportfile = '/etc/passwd';
      }),
    /leads out/,
  ],
  'it was never started at a time that is one': [
    (id) =>
      changeCase(id, (file) => {
        file.started = 'yesterday';
      }),
    /is no time/,
  ],
  'it was recorded by another version of the suite': [
    (id) =>
      changeCase(id, (file) => {
        file.httpRequest = file.httpRequest.replace('25.10.1', '0.8.2');
      }),
    /version 0\.8\.2 of the suite.*25\.10\.1/,
  ],
  'its grade cannot arise in this case': [
    (id) => {
      changeIndex((index) => {
        index.ws[id].behavior = 'UNIMPLEMENTED';
      });
      changeCase(id, (file) => {
        file.behavior = 'UNIMPLEMENTED';
      });
    },
    /is no grade of this case|always INFORMATIONAL/,
  ],
};

describe('a damaged result is a problem that names the case, and no result', () => {
  for (const [name, [damage, why]] of Object.entries(damages)) {
    test.each(['1.1.1', '7.1.6'])(`${name} (%s)`, (id) => {
      damage(id);
      const { agents, problems } = read();
      expect(problems).toHaveLength(1);
      expect(problems[0]).toMatchObject({ case: id, agent: 'ws' });
      expect(`${problems[0]?.what} ${problems[0]?.why}`).toContain(id);
      expect(problems[0]?.why).toMatch(why);
      expect(agents[0]?.results.map((result) => (result.did === 'run' ? result.id : `not run: ${result.id}`))).toEqual(
        some.map((one) => (one === id ? `not run: ${id}` : one)),
      );
    });
  }
});

test('each one of the 517, taken away, is missed by name', () => {
  const index = JSON.parse(readFileSync(join(recorded, 'index.json'), 'utf8'));
  const whole = mkdtempSync(join(home, 'whole-'));
  cpSync(recorded, whole, { recursive: true });
  for (const id of suite) {
    const { [id]: _, ...rest } = index.ws;
    // Only the index is read before a missing entry is noticed, so a plan of one case is enough here.
    writeFileSync(join(whole, 'index.json'), JSON.stringify({ ws: rest }));
    const { problems } = readResults(autobahn, whole, { cases: [id], agents: ['ws'], extraIsFault: false });
    expect(problems).toMatchObject([{ case: id, what: `Case ${id} has no result.` }]);
  }
});

test('a result file cut at any byte is a typed problem or no result, never a crash and never a pass', () => {
  const path = join(folder, fileOf('7.1.6'));
  const bytes = readFileSync(path);
  for (let length = 0; length < bytes.length; length++) {
    writeFileSync(path, bytes.subarray(0, length));
    expect(alone().problems, `cut at ${length}`).toMatchObject([{ case: '7.1.6' }]);
  }
});

test('a result file with any byte flipped is read with the same facts, or with other ones, or refused: it never crashes', () => {
  const path = join(folder, fileOf('7.1.6'));
  const bytes = readFileSync(path);
  fc.assert(
    fc.property(fc.nat({ max: bytes.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const damaged = Buffer.from(bytes);
      damaged[at] = (bytes[at] ?? 0) ^ flip;
      writeFileSync(path, damaged);
      const { agents, problems } = alone();
      expect(agents[0]?.results).toHaveLength(1);
      expect(problems.length).toBeLessThanOrEqual(1);
    }),
    { numRuns: 2000 },
  );
});

test('two cases in the same file: one of them is a duplicate', () => {
  changeIndex((index) => {
    index.ws['6.4.1'].reportfile = fileOf('1.1.1');
  });
  expect(read().problems).toMatchObject([
    { case: '6.4.1', what: 'Cases 1.1.1 and 6.4.1 are said to stand in the same file.' },
  ]);
});

test('a case written twice in the index makes it unreadable, since one of the two would be a guess', () => {
  writeFileSync(join(folder, 'index.json'), `{"ws": {"1.1.1": {}, "1.1.1": {}}}`);
  expect(read().problems[0]?.why).toMatch(/"1.1.1" is written twice/);
});

test("a result that was not planned is a fault after a run, and merely not asked for in somebody else's folder", () => {
  const cases = some.slice(1);
  expect(read({ cases }).problems).toMatchObject([{ case: '1.1.1' }]);
  expect(read({ cases, extraIsFault: false }).problems).toEqual([]);
});

test('a result of a case the suite does not have is a fault wherever it stands', () => {
  changeIndex((index) => {
    index.ws['99.1'] = index.ws['1.1.1'];
  });
  expect(read({ extraIsFault: false }).problems).toMatchObject([{ case: '99.1' }]);
});

test('results recorded outside of the run are stale', () => {
  const from = Date.now();
  expect(read({ recorded: { from, to: from + 1000 } }).problems).toHaveLength(5);
  expect(read({ recorded: { from, to: from + 1000 } }).problems[0]?.what).toMatch(/case 1\.1\.1 is stale/);
});

describe('an index that tells nothing', () => {
  test('is not there', () => {
    rmSync(join(folder, 'index.json'));
    expect(read().problems).toMatchObject([{ what: expect.stringContaining('no readable index') }]);
    expect(ran()).toBe(0);
  });
  test('is empty, as wstest leaves it when nobody answered', () => {
    writeIndex({});
    expect(readResults(autobahn, folder, { cases: some, extraIsFault: true }).problems[0]?.what).toMatch(/no agent/);
    expect(read().problems).toHaveLength(5);
  });
  test('has the agent without a case', () => {
    writeIndex({ ws: {} });
    expect(read().problems).toHaveLength(5);
  });
  test('has another agent than the one that was played', () => {
    changeIndex((index) => {
      index.other = index.ws;
      delete index.ws;
    });
    expect(read().problems[0]).toMatchObject({ agent: 'other' });
  });
});

test('a foreign index with any number of cases is told in few words', () => {
  writeIndex({ ws: Object.fromEntries(Array.from({ length: 200_000 }, (_, n) => [`99.${n}`, {}])) });
  const { problems } = readResults(autobahn, folder, { cases: some, extraIsFault: false });
  expect(problems.length).toBeLessThan(200);
  expect(problems[0]?.what).toBe('There are results of 199900 more cases the suite does not have.');
});
