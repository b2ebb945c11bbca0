import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { html } from '../../../reports/pages/html.ts';
import { sampleDetailOf, sampleReport } from '../../../reports/testing/sample.ts';
import { shellLine } from '../../../reports/wording/shell-line.ts';
import { REGISTRY } from '../../run/registry.ts';
import { addRun } from '../verbs/run.ts';
import { rerunWords, WHOLE_RUN_OPTIONS } from './rerun.ts';
import type { Shell } from './shell.ts';

const shellOf = (typed: readonly string[], env: Shell['env'] = {}): Shell => {
  const dashes = typed.indexOf('--');
  return {
    words: typed,
    command: dashes < 0 ? undefined : typed.slice(dashes + 1),
    env,
    stdout: process.stdout,
    stderr: process.stderr,
    registry: REGISTRY,
    exitCode: 0,
  };
};
function verbOf(shell: Shell): Command {
  const program = new Command();
  addRun(program, shell);
  const [verb] = program.commands;
  if (verb === undefined) throw new Error('there is no verb');
  return verb;
}
const rerun = (typed: readonly string[], env?: Shell['env']) => {
  const shell = shellOf(typed, env);
  return rerunWords(shell, verbOf(shell), 'ws-conformance');
};

describe('the command that runs one case again', () => {
  test.each([
    ['', 'ws-conformance 7.1.6'],
    ['run 1.1 @limits !9 --jobs 4 --shard 1/4', 'ws-conformance --jobs 4 7.1.6'],
    ['--data folder --port 1 --ready tcp', 'ws-conformance --data folder --port 1 --ready tcp 7.1.6'],
    [
      '--suite autobahn --checkpoint 5 --command server',
      'ws-conformance --suite autobahn --checkpoint 5 --command server 7.1.6',
    ],
    ['--out=x --shard=1/2 --strict --no-color 12.*', 'ws-conformance --strict --no-color 7.1.6'],
    ['--bail 1 --reporter line --history h --resume 7', 'ws-conformance 7.1.6'],
    [
      '--header Authorization:secret --header=Cookie:secret',
      "ws-conformance --header 'Authorization: …' '--header=Cookie: …' 7.1.6",
    ],
    ['6 --tls -- node {port} --out x', "ws-conformance --tls --command 'node {port} --out x' 7.1.6"],
  ])('of %j is %j', (typed, expected) => {
    const words = typed.split(' ').filter((word) => word !== '');
    expect(shellLine([...rerun(words), '7.1.6'])).toBe(expected);
  });

  test('begins with npm if npm started this run', () => {
    expect(rerun(['--strict'], { npm_lifecycle_event: 'conformance' }).join(' ')).toBe(
      'npm run conformance -- --strict',
    );
  });

  test('keeps every option with its value, except those about the whole run', () => {
    const { options } = verbOf(shellOf([]));
    for (const { long = '', required } of options) {
      const typed = required ? [long, '1.1.1'] : [long];
      const kept = WHOLE_RUN_OPTIONS.includes(long) ? [] : typed;
      expect(rerun([...typed, '7'])).toEqual(['ws-conformance', ...kept]);
    }
    expect(options.map(({ long }) => long)).toEqual(expect.arrayContaining([...WHOLE_RUN_OPTIONS]));
  });

  test('is read by the command again, with the same options and one case', () => {
    const verb = verbOf(shellOf([]));
    const words = [...rerun('--data X --port 1 --ready tcp 1 2 -- node {port}'.split(' ')).slice(1), '7.1.6'];
    expect(verb.parseOptions(words)).toEqual({ operands: ['7.1.6'], unknown: [] });
    expect(verb.opts()).toMatchObject({ data: 'X', port: 1, ready: 'tcp', command: 'node {port}' });
  });

  test('is on the page of a case', () => {
    const run = { ...sampleReport.run, rerun: rerun('--data X --port 1 --ready tcp'.split(' ')) };
    const pages = [...html({ ...sampleReport, run }, sampleDetailOf)];
    const page = pages.find(({ path }) => path.endsWith('/7.1.6.html'))?.content;
    expect(page).toContain('data-copy="copy command">ws-conformance --data X --port 1 --ready tcp 7.1.6</pre>');
  });
});
