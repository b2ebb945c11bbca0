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
const allIds = Object.keys(JSON.parse(readFileSync(join(recorded, 'index.json'), 'utf8')).ws).sort(compareCaseIds);
const PLAN = ['1.1.1', '6.4.1', '7.1.6', '9.1.1', '12.1.1'];
const fileOf = (id: string) => `ws_case_${id.replaceAll('.', '_')}.json`;

let home: string;
let folder: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'results-test-'));
});
afterAll(() => rmSync(home, { recursive: true }));
beforeEach(() => {
  folder = mkdtempSync(join(home, 'run-'));
  for (const id of PLAN) cpSync(join(recorded, fileOf(id)), join(folder, fileOf(id)));
  const entries = JSON.parse(readFileSync(join(recorded, 'index.json'), 'utf8')).ws;
  writeIndex({ ws: Object.fromEntries(PLAN.map((id) => [id, entries[id]])) });
});

// biome-ignore lint/suspicious/noExplicitAny: the tests damage these files on purpose
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
  readResults(autobahn, folder, { cases: PLAN, agents: ['ws'], extraIsFault: true, ...options });
const alone = () => read({ cases: ['7.1.6'], extraIsFault: false });
const ran = (results = read()) => results.agents[0]?.results.filter((result) => result.did === 'run').length;

test('readResults reads a complete folder of the real suite without a problem', () => {
  expect(read().problems).toEqual([]);
  expect(ran()).toBe(5);
});

describe('readResults of a recorded folder', () => {
  test.each(['ws', 'websocket-node'])('finds all 517 results of %s', (agent) => {
    const { agents, problems } = readResults(autobahn, join(recorded, '..', agent), {
      cases: allIds,
      extraIsFault: true,
    });
    expect(problems).toEqual([]);
    expect(agents).toMatchObject([{ agent }]);
    expect(agents[0]?.results.filter((result) => result.did === 'run')).toHaveLength(517);
  });
});

/** Ways to damage the result of one case, each with the text that the problem must contain. */
const damages: Record<string, [(id: string) => void, RegExp]> = {
  'its file is removed': [(id) => rmSync(join(folder, fileOf(id))), /not there/],
  'its file is emptied': [(id) => writeFileSync(join(folder, fileOf(id)), ''), /empty/],
  'its file is cut': [(id) => truncateSync(join(folder, fileOf(id)), 300), /offset 300|line/],
  'its file is not UTF-8': [
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
  'an unknown key is in its file': [
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
  'its grade does not exist': [
    (id) =>
      changeCase(id, (file) => {
        file.behavior = 'PASS!';
      }),
    /behavior/,
  ],
  'its close grade does not exist': [
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
  'its index entry is not an object': [
    (id) =>
      changeIndex((index) => {
        index.ws[id] = 'OK';
      }),
    /expected object/,
  ],
  'its index entry is missing': [
    (id) =>
      changeIndex((index) => {
        delete index.ws[id];
      }),
    /does not list the case/,
  ],
  'the index entry names a file outside of the folder': [
    (id) =>
      changeIndex((index) => {
        index.ws[id].reportfile = `../${fileOf(id)}`;
      }),
    /leads out/,
  ],
  'the index entry names an absolute path': [
    (id) =>
      changeIndex((index) => {
        index.ws[id].reportfile = '/etc/passwd';
      }),
    /leads out/,
  ],
  'its start is not a time': [
    (id) =>
      changeCase(id, (file) => {
        file.started = 'yesterday';
      }),
    /is not a time/,
  ],
  'another version of the suite recorded the result': [
    (id) =>
      changeCase(id, (file) => {
        file.httpRequest = file.httpRequest.replace('25.10.1', '0.8.2');
      }),
    /version 0\.8\.2 of the suite.*25\.10\.1/,
  ],
  'the suite never gives its grade in this case': [
    (id) => {
      changeIndex((index) => {
        index.ws[id].behavior = 'UNIMPLEMENTED';
      });
      changeCase(id, (file) => {
        file.behavior = 'UNIMPLEMENTED';
      });
    },
    /is never a grade of this case|always INFORMATIONAL/,
  ],
};

describe('readResults reports a Problem with the case, and no result, if', () => {
  for (const [name, [damage, why]] of Object.entries(damages)) {
    test.each(['1.1.1', '7.1.6'])(`${name} (%s)`, (id) => {
      damage(id);
      const { agents, problems } = read();
      expect(problems).toHaveLength(1);
      expect(problems[0]).toMatchObject({ case: id, agent: 'ws' });
      expect(`${problems[0]?.what} ${problems[0]?.why}`).toContain(id);
      expect(problems[0]?.why).toMatch(why);
      expect(agents[0]?.results.map((result) => (result.did === 'run' ? result.id : `not run: ${result.id}`))).toEqual(
        PLAN.map((planned) => (planned === id ? `not run: ${id}` : planned)),
      );
    });
  }
});

test('readResults names the missing case, for each of the 517 cases', () => {
  const index = JSON.parse(readFileSync(join(recorded, 'index.json'), 'utf8'));
  const whole = mkdtempSync(join(home, 'whole-'));
  cpSync(recorded, whole, { recursive: true });
  for (const id of allIds) {
    const { [id]: _, ...rest } = index.ws;
    // Whether an index entry is missing can be seen without reading case files. So a plan of one case is enough and
    // fast.
    writeFileSync(join(whole, 'index.json'), JSON.stringify({ ws: rest }));
    const { problems } = readResults(autobahn, whole, { cases: [id], agents: ['ws'], extraIsFault: false });
    expect(problems).toMatchObject([{ case: id, what: `Case ${id} has no result.` }]);
  }
});

test('a case file cut at any byte is a Problem', { timeout: 120_000 }, () => {
  const path = join(folder, fileOf('7.1.6'));
  const bytes = readFileSync(path);
  for (let length = 0; length < bytes.length; length++) {
    writeFileSync(path, bytes.subarray(0, length));
    expect(alone().problems, `cut at ${length}`).toMatchObject([{ case: '7.1.6' }]);
  }
});

test('a case file with any byte changed gives one Result and at most one Problem', () => {
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

test('the second of two index entries with the same file is a Problem', () => {
  changeIndex((index) => {
    index.ws['6.4.1'].reportfile = fileOf('1.1.1');
  });
  expect(read().problems).toMatchObject([
    { case: '6.4.1', what: 'The index names the same file for the cases 1.1.1 and 6.4.1.' },
  ]);
});

test('an index with the same case twice is unreadable, because it is unknown which entry counts', () => {
  writeFileSync(join(folder, 'index.json'), `{"ws": {"1.1.1": {}, "1.1.1": {}}}`);
  expect(read().problems[0]?.why).toMatch(/"1.1.1" is written twice/);
});

test('a result that was not planned is a Problem only if extraIsFault is set', () => {
  const cases = PLAN.slice(1);
  expect(read({ cases }).problems).toMatchObject([{ case: '1.1.1' }]);
  expect(read({ cases, extraIsFault: false }).problems).toEqual([]);
});

test('a result of a case that the suite does not have is always a Problem', () => {
  changeIndex((index) => {
    index.ws['99.1'] = index.ws['1.1.1'];
  });
  expect(read({ extraIsFault: false }).problems).toMatchObject([{ case: '99.1' }]);
});

test('results from before or after the run are stale', () => {
  const from = Date.now();
  expect(read({ recorded: { from, to: from + 1000 } }).problems).toHaveLength(5);
  expect(read({ recorded: { from, to: from + 1000 } }).problems[0]?.what).toMatch(/case 1\.1\.1 is stale/);
});

describe('readResults reports Problems if the index', () => {
  test('is missing', () => {
    rmSync(join(folder, 'index.json'));
    expect(read().problems).toMatchObject([{ what: expect.stringContaining('no readable index') }]);
    expect(ran()).toBe(0);
  });
  test('is empty, as wstest writes it if no server answered', () => {
    writeIndex({});
    expect(readResults(autobahn, folder, { cases: PLAN, extraIsFault: true }).problems[0]?.what).toMatch(/no agent/);
    expect(read().problems).toHaveLength(5);
  });
  test('has the agent without a case', () => {
    writeIndex({ ws: {} });
    expect(read().problems).toHaveLength(5);
  });
  test('has another agent than the tested one', () => {
    changeIndex((index) => {
      index.other = index.ws;
      delete index.ws;
    });
    expect(read().problems[0]).toMatchObject({ agent: 'other' });
  });
});

test('an index with 200,000 unknown cases gives a short list of Problems', () => {
  writeIndex({ ws: Object.fromEntries(Array.from({ length: 200_000 }, (_, n) => [`99.${n}`, {}])) });
  const { problems } = readResults(autobahn, folder, { cases: PLAN, extraIsFault: false });
  expect(problems.length).toBeLessThan(200);
  expect(problems[0]?.what).toBe('There are results of 199900 more cases that the suite does not have.');
});
