import { applyChanges, emptyExpectationFile, findChanges } from '../expectations/accept.ts';
import { expectConformance } from '../expectations/read-expectations.ts';
import { autobahn } from '../suites/autobahn/suite.ts';
import type { Outcomes } from './init-from.ts';

/** The texts that `init` writes. `harness/cli/verbs/init.ts` writes them to disk. */

/** How the server to be tested is reached: one that we start, or one that is running already. */
export type InitTarget = { command: readonly string[]; path: string } | { url: string };

/** A configuration with one server, commented for whoever reads it first. @param expected relative to its folder. */
export function configText(name: string, target: InitTarget, expected: string): string {
  const server = [
    ...targetLines(target),
    '// What it does differently from a conformant server, and why; "accept" writes it.',
    `"expected": ${JSON.stringify(expected)}`,
  ];
  return [
    '{',
    '  // Lets an editor check and complete this file, where the package is installed.',
    '  "$schema": "node_modules/ws-conformance/dist/harness/config.schema.json",',
    '  // The server that is tested when none is named.',
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
    return ['// It has to be running there before a run begins.', `"url": ${JSON.stringify(target.url)},`];
  return [
    '// Starts it. "{port}" becomes a free port, which the environment has as PORT too.',
    `"command": [${target.command.map((word) => JSON.stringify(word)).join(', ')}],`,
    '// Path of its WebSocket endpoint.',
    `"path": ${JSON.stringify(target.path)},`,
  ];
}

/** What a workflow depends on beside the configuration. */
export interface WorkflowFacts {
  /** Command line that plays the cases: one line, without a colon or a hash that YAML would read as its own. */
  run: string;
  target: InitTarget;
  /** Whether npm can install what the server needs as it is locked. */
  locked: boolean;
  /** The configuration's folder below the repository's root, with slashes; empty for the root itself. */
  below: string;
}

/** A workflow of GitHub's that plays the cases at every push, and keeps the report above all when it is red. */
export function workflowText({ run, target, locked, below }: WorkflowFacts): string {
  const todo =
    'url' in target
      ? ['# Start the server here: the configuration says where it is expected to listen.']
      : ['# Install or build here whatever the server needs to start.'];
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
    '      # A newer version may know more, and be red for it: take one when you have the time.',
    `      - run: ${run}`,
    '      - uses: actions/upload-artifact@v4',
    '        # A red run is the one whose report is wanted.',
    '        if: always()',
    '        with:',
    '          name: conformance-report',
    `          path: ${JSON.stringify(`${below === '' ? '' : `${below}/`}conformance-report`)}`,
    '',
  ].join('\n');
}

/**
 * An expectation file that says of a server what was recorded of it, and of everything else that it is conformant.
 * @param why stands in every entry: a record knows what happened, not why that is right.
 * @returns its text, and the cases that differ, in numeric order.
 */
export function expectationText(name: string, outcomes: Outcomes, why: string): { text: string; deviating: string[] } {
  const changes = findChanges(autobahn, outcomes, expectConformance(autobahn), why);
  return {
    text: applyChanges(autobahn, emptyExpectationFile(autobahn, name), changes),
    deviating: changes.map(({ at }) => at),
  };
}
