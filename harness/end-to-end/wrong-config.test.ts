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
import { caughtError, rejectedError } from '../testing/run-command.ts';

/** Every way to get a configuration wrong (H43): exit 2, and a message with file, line, key path and the nearest name. */

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'wrong-config-test-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** Reads a configuration, and what it names for a run of its servers, as `run` does before anything is started. */
async function use(name: string, text: string, flags: ServerFlags = { server: ['all'] }) {
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

/** A configuration whose third line is what one server says of itself. */
const mine = (says: string) => `{\n  "servers": { "mine": {\n    ${says}\n  } }\n}`;
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
    'a key in other letters',
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
  ['a number for a name', '{\n "default": 7 }', /default: 7 is not a text/, 2],
  ['a list for the servers', '{\n "servers": [] }', /servers: \[\] is not an object/, 2],
  [
    'a text for a server',
    '{ "servers": {\n "mine": "ws://127.0.0.1:1/" } }',
    /servers\.mine: "ws:\/\/127\.0\.0\.1:1\/" is not an object/,
    2,
  ],
  ['nothing for a server', '{ "servers": {\n "mine": null } }', /servers\.mine: null is not an object/, 2],
  [
    'a text for a command',
    mine('"command": "./mine {port}"'),
    /servers\.mine\.command: "\.\/mine \{port\}" is not a list/,
    3,
  ],
  ['a command without words', mine('"command": []'), /servers\.mine\.command: \[\] is empty/, 3],
  ['a number in a command', mine('"command": ["mine", 9001]'), /servers\.mine\.command\[1\]: 9001 is not a text/, 3],
  ['no command and no url', mine('"path": "/ws"'), /"mine" has neither a command nor a url/, 2],
  ['a command and a url', mine(`${command}, "url": "ws://127.0.0.1:1/"`), /"mine" has both a command and a url/, 3],
  ['a text for a build', mine(`${command}, "build": "make"`), /servers\.mine\.build: "make" is not a list/, 3],
  [
    'a url of another kind',
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
  ['a port that is none', mine(`${command}, "port": 0`), /servers\.mine\.port: 0 is less than 1/, 3],
  ['a port out of range', mine(`${command}, "port": 65536`), /servers\.mine\.port: 65536 is more than 65535/, 3],
  [
    'a port in quotes',
    mine(`${command}, "port": "9001"`),
    /servers\.mine\.port: "9001" is not a whole number|is not a number/,
    3,
  ],
  ['a path without a slash', mine(`${command}, "path": "ws"`), /servers\.mine\.path: "ws" does not start with "\/"/, 3],
  [
    'a path beside a url',
    mine('"url": "ws://127.0.0.1:1/", "path": "/ws"'),
    /servers\.mine\.path has no meaning for a server with a url/,
    3,
  ],
  [
    'a build beside a url',
    mine('"url": "ws://127.0.0.1:1/", "build": ["make"]'),
    /servers\.mine\.build has no meaning/,
    3,
  ],
  [
    'a folder that is not there',
    mine(`${command}, "cwd": "nowhere"`),
    /servers\.mine\.cwd: there is no folder .*nowhere/,
    3,
  ],
  [
    'a variable that is a number',
    mine(`${command}, "env": { "DEBUG": 1 }`),
    /servers\.mine\.env\.DEBUG: 1 is not a text/,
    3,
  ],
  ['an unknown readiness', mine(`${command}, "ready": "echoes"`), /servers\.mine\.ready: "echoes" is none of/, 3],
  [
    'a line of a server that we do not start',
    mine('"url": "ws://127.0.0.1:1/", "ready": { "line": "up" }'),
    /servers\.mine\.ready cannot be a line/,
    3,
  ],
  ['an expression that is none', mine(`${command}, "ready": { "line": "up (" }`), /servers\.mine\.ready/, 3],
  [
    'no time at all',
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
    'a header field of the handshake',
    mine(`${command}, "headers": { "Sec-WebSocket-Key": "z" }`),
    /not a header field that can be added/,
    3,
  ],
  [
    'a header field of two lines',
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
    'an authority without TLS',
    mine('"url": "ws://127.0.0.1:1/", "ca": "ca.pem"'),
    /servers\.mine\.ca has no meaning without TLS/,
    3,
  ],
  ['an agent without a letter', mine(`${command}, "agent": ""`), /servers\.mine\.agent: "" is empty/, 3],
  ['an agent that hides something', mine(`${command}, "agent": "a\\u001b[31m"`), /The agent name .* cannot be used/, 3],
  [
    'an agent that is taken',
    `{ "servers": {\n "a": { ${command} },\n "b": { ${command}, "agent": "a" } } }`,
    /"a" and "b" are both called "a"/,
    3,
  ],
  [
    "our own server's agent",
    mine(`${command}, "agent": "websock server"`),
    /"websock-server" and "mine" are both called/,
    3,
  ],
  ['a server named all', '{ "servers": {\n "all": { "command": ["x"] } } }', /cannot be named "all"/, 2],
  [
    'a default that is not there',
    `{ "servers": { "mine": { ${command} } },\n "default": "mien" }`,
    /no server "mien"[\s\S]*Did you mean "mine"/,
    2,
  ],
  [
    'an engine that is none',
    '{\n "engine": "dokcer" }',
    /engine: "dokcer" cannot be used; it is "auto" or "docker" or "native" \(did you mean "docker"\?\)/,
    2,
  ],
  ['no job at all', '{\n "jobs": 0 }', /jobs: 0 is (not above 0|less than 1)/, 2],
  ['half a job', '{\n "jobs": 1.5 }', /jobs: 1\.5 is not a whole number/, 2],
  ['a yes for a true', '{\n "strict": "yes" }', /strict: "yes" is not true or false/, 2],
  ['a list', '[]', /\[\] is not an object/, 1],
  ['an end that is missing', '{\n "servers": {', /not JSON/, 2],
  ['a key twice', '{ "jobs": 1,\n "jobs": 2 }', /"jobs" is written twice/, 2],
  ['nothing', '', /not JSON/, 1],
];

describe('a wrong configuration is exit 2, with its line, its key path and the nearest name', () => {
  test.each(ROWS)('%s', async (_, text, message, line) => {
    const { exitCode, problem } = await use('conformance.config.json', text);
    expect(`${problem.what} ${problem.why}\n${problem.todo}`).toMatch(message);
    expect(problem.where).toBe(`${join(home, 'conformance.config.json')}:${line}`);
    expect(problem.todo).toBeTruthy();
    expect(exitCode).toBe(2);
  });

  test('there are at least forty of them, and no two alike', () => {
    expect(ROWS.length).toBeGreaterThanOrEqual(40);
    expect(new Set(ROWS.map(([, text]) => text)).size).toBe(ROWS.length);
  });
});

describe('so is one that is a module, where the file is all that can be named', () => {
  test.each([
    ['no module at all', 'export default {', /cannot be loaded/],
    ['one that throws', 'throw new Error("no luck")', /no luck/],
    ['one that imports what is not there', 'import "./nowhere.mjs"; export default {};', /nowhere\.mjs/],
    ['one without a default export', 'export const servers = {};', /no default export/],
    ['one whose promise is broken', 'export default Promise.reject(new Error("no luck"))', /no luck/],
    ['a function', 'export default () => ({})', /a function is not an object/],
    ['an unknown key', 'export default { engin: "native" }', /unknown key "engin" \(did you mean "engine"\?\)/],
    [
      'a wrong value',
      'export default { servers: { mine: { command: "x" } } }',
      /servers\.mine\.command: "x" is not a list/,
    ],
  ])('%s', async (_, text, message) => {
    const { exitCode, problem } = await use('conformance.config.mjs', text);
    expect(`${problem.what} ${problem.why} ${problem.todo}`).toMatch(message);
    expect(problem.where).toContain(join(home, 'conformance.config.mjs'));
    expect(exitCode).toBe(2);
  });
});

describe('so is one that names a file which is not there, or is not what it should be', () => {
  test.each([
    ['an expectation file', '"expected": "nowhere.json"', /expectation file of "mine" cannot be read/, 'nowhere.json'],
    ['a certificate', '"tls": true, "ca": "nowhere.pem"', /certificates of "mine" cannot be read/, 'nowhere.pem'],
    [
      'a certificate',
      '"ca": "conformance.config.json"',
      /file of "mine" holds no certificate/,
      'conformance.config.json',
    ],
  ])('%s: %s', async (_, says, message, file) => {
    const { exitCode, problem } = await use('conformance.config.json', mine(`${command}, ${says}`), {
      server: ['mine'],
    });
    expect(problem.what).toMatch(message);
    expect(problem.where).toContain(file);
    expect(exitCode).toBe(2);
  });

  test('the configuration itself', async () => {
    const { exitCode, problem } = await rejectedError(readConfig(home, 'nowhere.json'));
    expect(problem).toMatchObject({ what: 'The configuration cannot be read.', where: join(home, 'nowhere.json') });
    expect(exitCode).toBe(2);
    mkdirSync(join(home, 'folder.json'));
    expect((await rejectedError(readConfig(home, 'folder.json'))).problem.why).toContain('EISDIR');
  });
});

describe('so is a selection', () => {
  test.each([
    ['that is empty', ['7', '!7'], /selection is empty/],
    ['by a case that is not there', ['7.1.66'], /No case matches "7\.1\.66"[\s\S]*Did you mean "7\.1\.6"/],
    ['by a pattern that is none', ['7.1*'], /No case matches "7\.1\*"[\s\S]*whole component[\s\S]*Did you mean "7\.1"/],
    ['by a group that is none', ['@cor'], /Did you mean "@core"/],
  ])('%s', (_, patterns, message) => {
    const { exitCode, problem } = caughtError(() => selectCases(suiteIds, patterns, groups));
    expect(`${problem.what} ${problem.why} ${problem.todo}`).toMatch(message);
    expect(exitCode).toBe(2);
  });
});
