import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ServerFlags, serversOf } from '../cli/options/servers.ts';
import { readConfig } from '../config/config.ts';
import { selectCases } from '../plan/match-cases.ts';
import { playServers } from '../run/play-servers.ts';
import { suiteIds } from '../suites/autobahn/catalogue.ts';
import { autobahn, groups } from '../suites/autobahn/suite.ts';
import { caughtError, rejectedError } from '../testing/thrown-error.ts';

/*
 * Tests of wrong configurations (H43). The command must exit with 2, and its message must give the file, the line, the
 * path of the key and the most similar valid name.
 */

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'wrong-config-test-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/**
 * Reads a configuration and the files that it names, as the verb `run` does before it starts a server.
 * @returns the HarnessError that is thrown while reading.
 */
async function readWrongConfig(name: string, text: string, flags: ServerFlags = { server: ['all'] }) {
  const path = join(home, name);
  writeFileSync(path, text);
  return rejectedError(
    readConfig(home, path).then((config) => {
      const engine = { inspect: () => Promise.reject(), prepare: () => Promise.reject() };
      const quiet = { playOptions: {}, patienceSeconds: 1, strict: false, onServer: () => {}, onEvent: () => {} };
      playServers(autobahn, engine, { servers: serversOf(config, undefined, flags), ...quiet }, '2026-06-01');
    }),
  );
}

/** Returns a configuration with one server, "mine", whose fields are on line 3. */
const mine = (fields: string) => `{\n  "servers": { "mine": {\n    ${fields}\n  } }\n}`;
const command = '"command": ["mine"]';

type Row = readonly [fault: string, text: string, message: RegExp, line: number];
const ROWS: readonly Row[] = [
  ['an unknown key', '{\n "jbos": 3 }', /unknown key "jbos" \(did you mean "jobs"\?\)/, 2],
  [
    'an unknown key of a server',
    mine('"comand": ["mine"]'),
    /unknown key "comand" in servers\.mine \(did you mean "command"\?\)/,
    3,
  ],
  [
    'a key in upper case',
    mine(`${command}, "CWD": "."`),
    /unknown key "CWD" in servers\.mine \(did you mean "cwd"\?\)/,
    3,
  ],
  [
    'an unknown key in ready',
    mine(`${command}, "ready": { "lines": "up" }`),
    /servers\.mine\.ready: \{"lines":"up"\} is none of "handshake", "echo", "tcp"/,
    3,
  ],
  ['a number instead of a name', '{\n "default": 7 }', /default: 7 is not a text/, 2],
  ['a list instead of the servers object', '{\n "servers": [] }', /servers: \[\] is not an object/, 2],
  [
    'a text instead of a server object',
    '{ "servers": {\n "mine": "ws://127.0.0.1:1/" } }',
    /servers\.mine: "ws:\/\/127\.0\.0\.1:1\/" is not an object/,
    2,
  ],
  ['null instead of a server object', '{ "servers": {\n "mine": null } }', /servers\.mine: null is not an object/, 2],
  [
    'a text instead of a command list',
    mine('"command": "./mine {port}"'),
    /servers\.mine\.command: "\.\/mine \{port\}" is not a list/,
    3,
  ],
  ['a command without words', mine('"command": []'), /servers\.mine\.command: \[\] is empty/, 3],
  ['a number in a command', mine('"command": ["mine", 9001]'), /servers\.mine\.command\[1\]: 9001 is not a text/, 3],
  ['no command and no url', mine('"path": "/ws"'), /"mine" has neither a command nor a url/, 2],
  ['a command and a url', mine(`${command}, "url": "ws://127.0.0.1:1/"`), /"mine" has both a command and a url/, 3],
  [
    'a text instead of a build list',
    mine(`${command}, "build": "make"`),
    /servers\.mine\.build: "make" is not a list/,
    3,
  ],
  [
    'an http url',
    mine('"url": "http://127.0.0.1:1/"'),
    /servers\.mine\.url: "http:\/\/127\.0\.0\.1:1\/" is not a WebSocket address/,
    3,
  ],
  ['a url without a host', mine('"url": "ws://"'), /servers\.mine\.url: "ws:\/\/" is not a WebSocket address/, 3],
  [
    'a url with a port out of range',
    mine('"url": "ws://127.0.0.1:65536/"'),
    /servers\.mine\.url: .* is not a WebSocket address/,
    3,
  ],
  ['a url with a fragment', mine('"url": "ws://127.0.0.1:1/#a"'), /servers\.mine\.url: .* has a "#"/, 3],
  ['port 0', mine(`${command}, "port": 0`), /servers\.mine\.port: 0 is less than 1/, 3],
  ['a port out of range', mine(`${command}, "port": 65536`), /servers\.mine\.port: 65536 is more than 65535/, 3],
  [
    'a port in quotes',
    mine(`${command}, "port": "9001"`),
    /servers\.mine\.port: "9001" is not a whole number|is not a number/,
    3,
  ],
  ['a path without a slash', mine(`${command}, "path": "ws"`), /servers\.mine\.path: "ws" does not start with "\/"/, 3],
  [
    'a path together with a url',
    mine('"url": "ws://127.0.0.1:1/", "path": "/ws"'),
    /servers\.mine\.path has no meaning for a server with a url/,
    3,
  ],
  [
    'a build together with a url',
    mine('"url": "ws://127.0.0.1:1/", "build": ["make"]'),
    /servers\.mine\.build has no meaning/,
    3,
  ],
  [
    'a folder that does not exist',
    mine(`${command}, "cwd": "nowhere"`),
    /servers\.mine\.cwd: there is no folder .*nowhere/,
    3,
  ],
  [
    'an environment variable that is a number',
    mine(`${command}, "env": { "DEBUG": 1 }`),
    /servers\.mine\.env\.DEBUG: 1 is not a text/,
    3,
  ],
  ['an unknown value of ready', mine(`${command}, "ready": "echoes"`), /servers\.mine\.ready: "echoes" is none of/, 3],
  [
    'a ready line for a server that is already running',
    mine('"url": "ws://127.0.0.1:1/", "ready": { "line": "up" }'),
    /servers\.mine\.ready cannot be a line/,
    3,
  ],
  ['an invalid regular expression', mine(`${command}, "ready": { "line": "up (" }`), /servers\.mine\.ready/, 3],
  [
    'a timeout of 0',
    mine(`${command}, "readyTimeoutSeconds": 0`),
    /servers\.mine\.readyTimeoutSeconds: 0 is not above 0/,
    3,
  ],
  [
    'a header field with a space',
    mine(`${command}, "headers": { "X Y": "z" }`),
    /servers\.mine\.headers.*not a header field/,
    3,
  ],
  [
    'a header field that the handshake sets itself',
    mine(`${command}, "headers": { "Sec-WebSocket-Key": "z" }`),
    /not a header field that can be added/,
    3,
  ],
  [
    'a header field with a line break',
    mine(`${command}, "headers": { "X": "a\\r\\nY: b" }`),
    /servers\.mine\.headers\.X: .* is not a valid header field value/,
    3,
  ],
  [
    'a subprotocol with a space',
    mine(`${command}, "protocols": ["a b"]`),
    /servers\.mine\.protocols\[0\]: "a b" is not a subprotocol name/,
    3,
  ],
  [
    'a ca without TLS',
    mine('"url": "ws://127.0.0.1:1/", "ca": "ca.pem"'),
    /servers\.mine\.ca has no meaning without TLS/,
    3,
  ],
  ['an empty agent name', mine(`${command}, "agent": ""`), /servers\.mine\.agent: "" is empty/, 3],
  [
    'an agent name with a control character',
    mine(`${command}, "agent": "a\\u001b[31m"`),
    /The agent name .* cannot be used/,
    3,
  ],
  [
    'an agent name that two servers have',
    `{ "servers": {\n "a": { ${command} },\n "b": { ${command}, "agent": "a" } } }`,
    /"a" and "b" are both called "a"/,
    3,
  ],
  [
    "the agent name of this repository's server",
    mine(`${command}, "agent": "websock server"`),
    /"websock-server" and "mine" are both called/,
    3,
  ],
  ['a server named all', '{ "servers": {\n "all": { "command": ["x"] } } }', /cannot be named "all"/, 2],
  [
    'a default server that does not exist',
    `{ "servers": { "mine": { ${command} } },\n "default": "mien" }`,
    /no server "mien"[\s\S]*Did you mean "mine"/,
    2,
  ],
  [
    'an unknown engine',
    '{\n "engine": "dokcer" }',
    /engine: "dokcer" cannot be used; it is "auto" or "docker" or "native" \(did you mean "docker"\?\)/,
    2,
  ],
  ['zero jobs', '{\n "jobs": 0 }', /jobs: 0 is (not above 0|less than 1)/, 2],
  ['a fraction of a job', '{\n "jobs": 1.5 }', /jobs: 1\.5 is not a whole number/, 2],
  ['"yes" instead of true', '{\n "strict": "yes" }', /strict: "yes" is not true or false/, 2],
  ['a list instead of an object', '[]', /\[\] is not an object/, 1],
  ['a missing closing brace', '{\n "servers": {', /not JSON/, 2],
  ['a key that is written twice', '{ "jobs": 1,\n "jobs": 2 }', /"jobs" is written twice/, 2],
  ['an empty file', '', /not JSON/, 1],
];

describe('a wrong configuration exits with 2 and names the line, the key path and the nearest name', () => {
  test.each(ROWS)('%s', async (_, text, message, line) => {
    const { exitCode, problem } = await readWrongConfig('conformance.config.json', text);
    expect(`${problem.what} ${problem.why}\n${problem.todo}`).toMatch(message);
    expect(problem.where).toBe(`${join(home, 'conformance.config.json')}:${line}`);
    expect(problem.todo).toBeTruthy();
    expect(exitCode).toBe(2);
  });

  test('the table above has at least forty rows, and no text twice', () => {
    expect(ROWS.length).toBeGreaterThanOrEqual(40);
    expect(new Set(ROWS.map(([, text]) => text)).size).toBe(ROWS.length);
  });
});

describe('a wrong configuration module exits with 2 and names the file', () => {
  test.each([
    ['a syntax error', 'export default {', /cannot be loaded/],
    ['a module that throws', 'throw new Error("no luck")', /no luck/],
    ['an import of a missing file', 'import "./nowhere.mjs"; export default {};', /nowhere\.mjs/],
    ['no default export', 'export const servers = {};', /no default export/],
    ['a rejected promise', 'export default Promise.reject(new Error("no luck"))', /no luck/],
    ['a function as default export', 'export default () => ({})', /a function is not an object/],
    ['an unknown key', 'export default { engin: "native" }', /unknown key "engin" \(did you mean "engine"\?\)/],
    [
      'a wrong value',
      'export default { servers: { mine: { command: "x" } } }',
      /servers\.mine\.command: "x" is not a list/,
    ],
  ])('%s', async (_, text, message) => {
    const { exitCode, problem } = await readWrongConfig('conformance.config.mjs', text);
    expect(`${problem.what} ${problem.why} ${problem.todo}`).toMatch(message);
    expect(problem.where).toContain(join(home, 'conformance.config.mjs'));
    expect(exitCode).toBe(2);
  });
});

describe('a configuration that names a missing or wrong file exits with 2 and names that file', () => {
  test.each([
    ['an expectation file', '"expected": "nowhere.json"', /expectation file of "mine" cannot be read/, 'nowhere.json'],
    ['a certificate', '"tls": true, "ca": "nowhere.pem"', /certificates of "mine" cannot be read/, 'nowhere.pem'],
    [
      'a certificate',
      '"ca": "conformance.config.json"',
      /file of "mine" holds no certificate/,
      'conformance.config.json',
    ],
  ])('%s: %s', async (_, fields, message, file) => {
    const { exitCode, problem } = await readWrongConfig('conformance.config.json', mine(`${command}, ${fields}`), {
      server: ['mine'],
    });
    expect(problem.what).toMatch(message);
    expect(problem.where).toContain(file);
    expect(exitCode).toBe(2);
  });

  test('a missing configuration, and a folder', async () => {
    const { exitCode, problem } = await rejectedError(readConfig(home, 'nowhere.json'));
    expect(problem).toMatchObject({ what: 'The configuration cannot be read.', where: join(home, 'nowhere.json') });
    expect(exitCode).toBe(2);
    mkdirSync(join(home, 'folder.json'));
    expect((await rejectedError(readConfig(home, 'folder.json'))).problem.why).toContain('EISDIR');
  });
});

describe('a wrong selection exits with 2', () => {
  test.each([
    ['without a case', ['7', '!7'], /selection is empty/],
    ['with a case that does not exist', ['7.1.66'], /No case matches "7\.1\.66"[\s\S]*Did you mean "7\.1\.6"/],
    ['with an invalid pattern', ['7.1*'], /No case matches "7\.1\*"[\s\S]*whole part[\s\S]*Did you mean "7\.1"/],
    ['with an unknown group', ['@cor'], /Did you mean "@core"/],
  ])('%s', (_, patterns, message) => {
    const { exitCode, problem } = caughtError(() => selectCases(suiteIds, patterns, groups));
    expect(`${problem.what} ${problem.why} ${problem.todo}`).toMatch(message);
    expect(exitCode).toBe(2);
  });
});
