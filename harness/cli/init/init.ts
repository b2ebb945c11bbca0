import { applyChanges, emptyExpectationFile, findChanges } from '../../expectations/accept.ts';
import { expectConformance } from '../../expectations/read-expectations.ts';
import { autobahn } from '../../suites/autobahn/suite.ts';
import type { Outcomes } from './init-from.ts';

/* Makes the texts of the files that `init` writes. The verb `init` in harness/cli/verbs/init.ts writes them to disk. */

/** The server to test: a command that starts the server, or the URL of a running server. */
export type InitTarget = { command: readonly string[]; path: string } | { url: string };

/**
 * Makes a configuration with one server, with comments for a first-time reader.
 * @param expected path of the expectation file, relative to the configuration's folder.
 */
export function configText(name: string, target: InitTarget, expected: string): string {
  const server = [
    ...targetLines(target),
    '// Lists what the server does differently from a conformant server, and why. "accept" writes this file.',
    `"expected": ${JSON.stringify(expected)}`,
  ];
  return [
    '{',
    '  // With the schema, an editor can check and complete this file, if the package is installed.',
    '  "$schema": "node_modules/ws-conformance/dist/harness/config.schema.json",',
    '  // The server that is tested if the command line names no server.',
    `  "default": ${JSON.stringify(name)},`,
    '  "servers": {',
    `    ${JSON.stringify(name)}: {`,
    ...server.map((line) => `      ${line}`),
    '    }',
    '  }',
    '}',
    '',
  ].join('\n');
}

function targetLines(target: InitTarget): string[] {
  if ('url' in target)
    return [
      '// The server must be running at this address before a run starts.',
      `"url": ${JSON.stringify(target.url)},`,
    ];
  return [
    '// Starts the server. "{port}" becomes a free port, which is also in the environment variable PORT.',
    `"command": [${target.command.map((word) => JSON.stringify(word)).join(', ')}],`,
    '// Path of the WebSocket endpoint.',
    `"path": ${JSON.stringify(target.path)},`,
  ];
}

/** What `workflowText` needs to know in addition to the configuration. */
export interface WorkflowFacts {
  /** Command line that runs the cases. One line, without a colon or hash that has a meaning in YAML. */
  run: string;
  target: InitTarget;
  /** Whether the project has a lock file. The workflow can run `npm ci` only with a lock file. */
  locked: boolean;
  /** Path of the configuration's folder from the root of the repository, with slashes; empty for the root itself. */
  below: string;
}

/** Makes a GitHub workflow that runs the cases at every push, and uploads the report even if the run fails. */
export function workflowText({ run, target, locked, below }: WorkflowFacts): string {
  const todo =
    'url' in target
      ? ['# Start the server here. It must listen at the address in the configuration.']
      : ['# Install or build here what the server needs.'];
  return [
    'name: conformance',
    'on: [push, pull_request]',
    'permissions:',
    '  contents: read',
    'jobs:',
    '  conformance:',
    '    runs-on: ubuntu-latest',
    '    timeout-minutes: 30',
    ...(below === '' ? [] : ['    defaults:', '      run:', `        working-directory: ${JSON.stringify(below)}`]),
    '    steps:',
    '      - uses: actions/checkout@v4',
    '      - uses: actions/setup-node@v4',
    '        with:',
    '          node-version: 20',
    ...todo.map((line) => `      ${line}`),
    ...(locked ? ['      - run: npm ci'] : []),
    '      # The version is pinned, because a newer version may find more faults and fail the workflow.',
    `      - run: ${run}`,
    '      - uses: actions/upload-artifact@v4',
    '        # Upload the report even if the run failed.',
    '        if: always()',
    '        with:',
    '          name: conformance-report',
    `          path: ${JSON.stringify(`${below === '' ? '' : `${below}/`}conformance-report`)}`,
    '',
  ].join('\n');
}

/**
 * Makes an expectation file from recorded outcomes. Cases without a recorded outcome are expected to behave as the RFC
 * demands.
 * @param why the reason for every entry, because recorded outcomes contain no reasons.
 * @returns the text of the file, and the ids of the cases that differ from what the RFC demands, in numeric order.
 */
export function expectationText(name: string, outcomes: Outcomes, why: string): { text: string; deviating: string[] } {
  const changes = findChanges(autobahn, outcomes, expectConformance(autobahn), why);
  return {
    text: applyChanges(autobahn, emptyExpectationFile(autobahn, name), changes),
    deviating: changes.map(({ at }) => at),
  };
}
