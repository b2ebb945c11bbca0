import { execa } from 'execa';
import { expect, test } from 'vitest';
import { suiteIds } from '../suites/autobahn/catalogue.ts';
import { root } from './fixtures.ts';
import { randomServer, wholeNumber } from './random-plan.ts';

const servers = Array.from({ length: 2000 }, (_, i) => randomServer(i + 1));

test('a seed always gives the same server', () => {
  expect(randomServer(17)).toEqual(randomServer(17));
  expect(new Set(servers.map(({ faults }) => JSON.stringify(faults))).size).toBeGreaterThan(1700);
});

test('every server has one to three faults, and cases of the suite', () => {
  for (const { faults, cases } of servers) {
    expect([1, 2, 3]).toContain(faults.length);
    expect(suiteIds).toEqual(expect.arrayContaining([...cases]));
  }
});

test('the seeds of a long search draw every kind of fault', () => {
  const kinds = new Set(servers.flatMap(({ faults }) => faults.map(({ fault }) => fault)));
  expect([...kinds].sort()).toMatchInlineSnapshot(`
    [
      "additional bytes",
      "additional line",
      "agreed takeover",
      "bytes",
      "bytes behind the head",
      "changed echo",
      "changed pong",
      "close body",
      "compressed fragments",
      "compressed junk",
      "compressed text",
      "damaged deflate",
      "deaf",
      "end",
      "end in the head",
      "extensions",
      "field value",
      "first close",
      "fragments",
      "frames",
      "frames around the close",
      "head in pieces",
      "header",
      "held frame",
      "kept window",
      "late end",
      "late head",
      "lenient",
      "line end",
      "missing field",
      "missing frame",
      "no close",
      "plain echo",
      "repeated field",
      "repeated frame",
      "second close",
      "small writes",
      "status line",
      "subprotocol",
      "text before the head",
      "white space",
      "wide window",
    ]
  `);
});

test('numbers of the command line are whole numbers from 1 to a million', () => {
  expect([wholeNumber('1'), wholeNumber('1000000')]).toEqual([1, 1_000_000]);
  for (const wrong of ['x', '0', '1.5', '-3', '1000001', '', '1e3', ' '])
    expect(() => wholeNumber(wrong), wrong).toThrow('It must be a whole number from 1 to 1000000.');
});

test('the command refuses another number with exit code 2', async () => {
  const command = ['--import', 'tsx/esm', 'harness/crosscheck/main.ts', '--random', '0'];
  const { exitCode, stderr } = await execa(process.execPath, command, { cwd: root, reject: false });
  expect(stderr).toContain("argument '0' is invalid. It must be a whole number from 1 to 1000000.");
  expect(exitCode).toBe(2);
});
