import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { NoOperationTraceWriter, parseWorkflow } from '@actions/workflow-parser';
import { parseAction } from '@actions/workflow-parser/actions/action-parser';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { reportSchema } from '../../reports/document/report.ts';
import { Runner } from '../testing/github-runner.ts';

/*
 * Tests of the GitHub Action as a workflow uses it: `uses: owner/ws-conformance@v1`. GitHub checks out the files of the
 * tag `v1` into a folder, without node_modules and dist. The tests copy the files of this repository into a folder in
 * the same way, and run the action for a separate project.
 */

const USES = 'owner/ws-conformance@v1';
const root = join(import.meta.dirname, '../..');
const text = readFileSync(join(root, 'action.yml'), 'utf8');
const action = parse(text) as { inputs: Record<string, object>; runs: { steps: { run?: string; uses?: string }[] } };

let home: string;
/** Copy of this repository's files, as GitHub checks out an action. */
let actionFolder: string;
/** The repository of the action's user. */
let project: string;
let runner: Runner;

/** The command that starts a server of fixtures/servers; `name` includes the subfolder. */
const fixture = (name: string) =>
  `node --import ${import.meta.resolve('tsx')} "${join(root, 'fixtures/servers', `${name}.ts`)}"`;
const env = { NO_COLOR: '1', DOCKER_HOST: 'unix:///nowhere/docker.sock' };
const newRunner = () => new Runner({ repository: project, actions: { 'owner/ws-conformance': actionFolder }, env });
const play = (inputs: Record<string, string>) => runner.playAction(USES, inputs);
const log = () => runner.steps.map((step) => step.log).join('\n');
const step = (name: string) => runner.steps.filter((played) => played.name === name).at(-1);
const put = (path: string, content: string) => {
  mkdirSync(dirname(join(project, path)), { recursive: true });
  writeFileSync(join(project, path), content);
};

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'action-test-'));
  actionFolder = join(home, 'action');
  project = join(home, 'project');
  const { stdout } = await execa('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root });
  for (const file of stdout.split('\n'))
    if (existsSync(join(root, file))) cpSync(join(root, file), join(actionFolder, file));
  mkdirSync(join(project, '.git'), { recursive: true });
  put(
    'server.mjs',
    `import { createServer, echo } from ${JSON.stringify(join(actionFolder, 'dist/server/index.js'))};
const server = createServer();
server.on('connection', (connection) => echo(connection));
console.log('listening', await server.listen(Number(process.argv[2])));
process.once('SIGTERM', () => server.close());
`,
  );
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

test('action.yml is valid by the schema of GitHub, uses every input, and has no expression inside a script', () => {
  const { context } = parseAction({ name: 'action.yml', content: text }, new NoOperationTraceWriter());
  expect(context.errors.getErrors()).toEqual([]);
  for (const { run = '' } of action.runs.steps) expect(run).not.toContain('${{');
  for (const input of Object.keys(action.inputs)) expect(text).toContain(`\${{ inputs.${input} }}`);
});

describe('the action', () => {
  beforeAll(() => {
    runner = newRunner();
  });
  afterEach(() => {
    runner.remove();
    runner = newRunner();
  });

  test('builds the tool from the pinned commit, and passes a conformant server', async () => {
    expect(existsSync(join(actionFolder, 'node_modules'))).toBe(false);
    const { failed, outputs } = await play({
      command: 'node server.mjs {port}',
      agent: 'mine',
      cases: '1.1\n7.1.6',
      selftest: 'true',
    });
    expect(failed, log()).toBe(false);
    expect(outputs).toMatchObject({ verdict: 'passed', 'exit-code': '0' });
    expect(log()).toContain('PASSED: 9 of 9 cases are as expected.');
    expect(runner.summary).toContain('PASSED');
    const uploaded = join(runner.artifact('conformance-report'), 'report.json');
    const { run, agents } = reportSchema.parse(JSON.parse(readFileSync(uploaded, 'utf8')));
    expect(readFileSync(join(outputs.report ?? '', 'report.json'), 'utf8')).toBe(readFileSync(uploaded, 'utf8'));
    expect(agents[0]?.name).toBe('mine');
    expect(run.ci).toMatchObject({ name: 'GitHub Actions', job: 'job', url: expect.stringContaining('/runs/4711') });
  });

  test('fails for a faulty server, annotates the failed case, and still uploads the report', async () => {
    const { failed, outputs } = await play({ command: fixture('closing/never-answers-close'), cases: '1.1.1 7.1.6' });
    expect(failed).toBe(true);
    expect(outputs).toMatchObject({ verdict: 'failed', 'exit-code': '1' });
    expect(step('Run the cases')?.exitCode).toBe(1);
    expect(step('Keep the report')?.ran).toBe(true);
    expect(readdirSync(runner.artifact('conformance-report'))).toContain('index.html');
    expect(log()).toMatch(/^::error title=7\.1\.6 regressed/m);
    expect(runner.summary).toContain('FAILED');
    expect(log()).not.toContain('npm run build');
  });

  test('annotates the line of a wrong configuration, and does not use the report of an earlier run', async () => {
    put('conformance.config.json', '{\n  "servers": { "x": { "comand": ["x"] } }\n}\n');
    cpSync(join(root, 'fixtures/recorded/seed'), join(project, 'conformance-report/results'), { recursive: true });
    put('conformance-report/report.json', '{ "schemaVersion": 1, "gate": {} }');
    try {
      const { failed, outputs } = await play({ cases: '1.1.1' });
      expect(failed).toBe(true);
      expect(outputs).toEqual({ verdict: 'undecided', 'exit-code': '2', report: '' });
      expect(step('Keep the report')?.ran).toBe(false);
      expect(log()).toMatch(/^::error file=conformance\.config\.json,line=2,title=ws-conformance::.*"comand"/m);
    } finally {
      for (const path of ['conformance.config.json', 'conformance-report'])
        rmSync(join(project, path), { recursive: true });
    }
  });

  test('works in a subfolder, and annotates files by their path from the root of the repository', async () => {
    put('packages/ws/mine.json', readFileSync(join(root, 'fixtures/expected/websock-server.json'), 'utf8'));
    const { outputs } = await play({
      command: fixture('closing/never-answers-close'),
      cases: '7.1.6',
      expected: 'mine.json',
      'working-directory': 'packages/ws',
      out: 'build/report',
      artifact: 'ws',
    });
    expect(outputs).toMatchObject({ verdict: 'failed', report: expect.stringMatching(/packages\/ws\/build\/report$/) });
    expect(existsSync(join(runner.artifact('ws'), 'index.html'))).toBe(true);
    expect(log()).toMatch(/^::error file=packages\/ws\/mine\.json,line=\d+,title=7\.1\.6 regressed/m);
  });

  test('installs the tool from the package that is named, and reports undecided if the package does not exist', async () => {
    await execa('npm', ['pack', '--ignore-scripts', '--pack-destination', home], { cwd: actionFolder });
    const tarball = readdirSync(home).find((name) => name.endsWith('.tgz')) ?? '';
    const installed = await play({ command: 'node server.mjs {port}', cases: '1.1.1', package: join(home, tarball) });
    expect(installed.outputs, log()).toMatchObject({ verdict: 'passed' });
    expect(step('Run the cases')?.script).not.toContain(actionFolder);
    const missing = await play({ cases: '1.1.1', package: join(home, 'nowhere.tgz') });
    expect(missing).toMatchObject({ failed: true, outputs: { verdict: 'undecided', 'exit-code': '3', report: '' } });
  });

  test('the workflow that init writes passes for a conformant server and fails for a faulty server', async () => {
    put('package.json', '{ "private": true }');
    const tarball = readdirSync(home).find((name) => name.endsWith('.tgz')) ?? '';
    await execa('npm', ['install', '--no-audit', '--no-fund', join(home, tarball)], { cwd: project });
    put('fuzzingclient.json', '{ "cases": ["1.1.*", "7.1.6"] }');
    const init = ['ws-conformance', 'init', '--from', 'fuzzingclient.json', '--', 'node', 'server.mjs', '{port}'];
    await execa('npx', init, { cwd: project });
    const workflow = readFileSync(join(project, '.github/workflows/conformance.yml'), 'utf8');
    expect(errorsOf(workflow)).toEqual([]);
    const green = await runner.playWorkflow(workflow);
    expect(green.get('conformance'), log()).toMatchObject({ failed: false });
    expect(log()).toContain('PASSED: 9 of 9 cases are as expected.');
    expect(existsSync(join(runner.artifact('conformance-report'), 'index.html'))).toBe(true);
    const config = readFileSync(join(project, 'conformance.config.json'), 'utf8');
    const command = fixture('closing/never-answers-close')
      .split(' ')
      .map((word) => word.replaceAll('"', ''));
    put('conformance.config.json', config.replace(/"command": \[.*\]/, `"command": ${JSON.stringify(command)}`));
    const red = await runner.playWorkflow(workflow);
    expect(red.get('conformance'), log()).toMatchObject({ failed: true });
    expect(runner.steps.at(-1)).toMatchObject({ uses: 'actions/upload-artifact@v4', ran: true });
    for (const path of ['conformance.config.json', '.github', 'conformance', 'node_modules', 'package-lock.json'])
      rmSync(join(project, path), { recursive: true });
  });

  const HOSTILE = `"; touch pwned; "'; touch pwned; '$(touch pwned)\`touch pwned\` * && touch pwned`;
  test.each(Object.keys(action.inputs))(
    'does not run the content of the input %s as shell code, and does not treat the content as an option',
    async (input) => {
      const base: Record<string, string> = {
        ...(['url', 'server', 'merge'].includes(input) ? {} : { command: 'node nowhere.mjs' }),
        ...(input === 'merge' ? {} : { cases: '1.1.1' }),
      };
      for (const words of [`${HOSTILE}\nverdict=passed\nexit-code=0`, '--json --out=pwned']) {
        // The upload step fails if a name has characters that GitHub does not allow in the name of an artifact.
        const { outputs } = await play({ ...base, [input]: words }).catch(() => ({
          outputs: { verdict: 'undecided' },
        }));
        expect(outputs.verdict, log()).toBe('undecided');
      }
      const paths = readdirSync(runner.home, { recursive: true, encoding: 'utf8' });
      expect(paths.length).toBeGreaterThan(2);
      expect(paths.filter((path) => basename(path) === 'pwned')).toEqual([]);
    },
  );

  test.each([
    [{ strict: 'maybe' }, 'strict must be "true" or "false"'],
    [{ merge: 'shards', cases: '1' }, 'merge runs no case'],
    [{ cases: '--json' }, 'a case must not begin with a dash'],
  ])('refuses the inputs %j with exit code 2', async (inputs, why) => {
    const { outputs } = await play(inputs);
    expect(outputs).toMatchObject({ verdict: 'undecided', 'exit-code': '2', report: '' });
    expect(log()).toMatch(/^::error title=ws-conformance::The workflow is wrong: /m);
    expect(log()).toContain(why);
  });
});

/** Returns the errors that GitHub's parser finds in a workflow. */
function errorsOf(workflow: string): readonly string[] {
  const { context } = parseWorkflow({ name: 'workflow.yml', content: workflow }, new NoOperationTraceWriter());
  return context.errors.getErrors().map(({ message }) => message);
}

describe('the example workflows in docs/ci.md', () => {
  const workflows = [...readFileSync(join(root, 'docs/ci.md'), 'utf8').matchAll(/```yaml\n([\s\S]*?)```/g)].map(
    ([, content = '']) => content,
  );

  test('are valid by the schema of GitHub', () => {
    expect(workflows.map(errorsOf)).toEqual(workflows.map(() => []));
    expect(errorsOf('on: push\njobs: { a: { runs-on: x, stepz: [] } }')).not.toEqual([]);
  });

  const reportOf = (artifact: string) =>
    reportSchema.parse(JSON.parse(readFileSync(join(runner.artifact(artifact), 'report.json'), 'utf8')));
  const failures = (jobs: Map<string, { failed: boolean }>) => [...jobs.values()].map(({ failed }) => failed);
  /** Returns the workflow with only the cases of section 1.1, which run quickly. */
  const shortened = (workflow = '') => workflow.replace(/^( +)(command: .*)$/m, '$1$2\n$1cases: 1.1');
  const [simple, sharded] = workflows;

  beforeEach(() => {
    runner = newRunner();
  });
  afterEach(() => runner.remove());

  test('pass for a conformant server and fail for a faulty server', async () => {
    expect(failures(await runner.playWorkflow(shortened(simple))), log()).toEqual([false]);
    expect(reportOf('conformance-report').cases).toHaveLength(8);
    const wrong = shortened(simple).replace(/command: .*/, `command: '${fixture('framing/rsv2-accepted')}'`);
    expect(failures(await runner.playWorkflow(wrong.replace('cases: 1.1', 'cases: 3'))), log()).toEqual([true]);
    expect(reportOf('conformance-report').gate.exitCode).toBe(1);
  });

  test('with shards run each case exactly once, and merge the shards into one passing run', async () => {
    expect(failures(await runner.playWorkflow(sharded ?? '')), log()).toEqual([false, false]);
    const { gate, cases } = reportOf('conformance-report');
    expect(cases).toHaveLength(517);
    expect(gate.counts).toMatchObject({ same: 517 });
    expect(reportOf('conformance-report-2-of-3').run.shard).toMatchObject({ index: 2, count: 3 });
  });

  test('with shards fail if one shard is missing, and name that shard', async () => {
    const jobs = await runner.playWorkflow(shortened(sharded).replace('1/3, ', ''));
    expect(failures(jobs), log()).toEqual([false, true]);
    expect(log()).toContain('Shard 1 of 3 is missing.');
    expect(reportOf('conformance-report').gate.exitCode).toBe(3);
  });
});
