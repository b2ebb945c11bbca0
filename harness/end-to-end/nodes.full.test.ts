import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { COMMAND } from '../testing/command.ts';
import { NODE_VERSIONS } from '../testing/node-versions.ts';
import { reportIn } from '../testing/run-command.ts';

/**
 * These tests run the server and the command with several versions of Node. Each version comes from npm, which has the
 * binaries of Node as packages. The binaries are removed after the tests.
 */

const root = join(import.meta.dirname, '../..');
const PACKAGE = `node-${process.platform}-${process.arch}`;

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'nodes-test-'));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe.each(NODE_VERSIONS)('Node %s', (version) => {
  let node: string;
  let env: Record<string, string>;
  beforeAll(async () => {
    const prefix = join(home, version);
    await execa('npm', ['install', '--no-save', '--prefix', prefix, `${PACKAGE}@${version}`], { cwd: home });
    node = join(prefix, 'node_modules', PACKAGE, 'bin/node');
    // Tests start servers with the command `node` too, so `node` in the PATH must be the same version.
    env = { PATH: `${dirname(node)}${delimiter}${process.env.PATH}`, NO_COLOR: '1', CI: '' };
  }, 300_000);

  test('passes the tests of the server that need Node alone', async () => {
    expect((await execa('node', ['--version'], { env })).stdout).toBe(`v${version}`);
    const args = ['node_modules/vitest/vitest.mjs', 'run', '--project', 'quick', '--project', 'timed', 'server/'];
    const { exitCode, all } = await execa(node, args, { cwd: root, reject: false, all: true, env });
    expect(exitCode, all).toBe(0);
    expect(all).toMatch(/^\d{3,} passed, 0 failed$/m);
  });

  test('passes 301 cases with command and server', async () => {
    const out = join(home, `report-${version}`);
    const args = [COMMAND[1], '--engine', 'native', '--out', out, '@core', '@limits'];
    const { exitCode, stdout, stderr } = await execa(node, args, { cwd: root, reject: false, env });
    expect(stdout, stderr).toContain('PASSED: 301 of 301 cases are as expected.');
    expect(exitCode).toBe(0);
    expect(reportIn(out).run.host.node).toBe(`v${version}`);
  });
});
