import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { data, Evaluator, Lexer, Parser, wellKnownFunctions } from '@actions/expressions';
import { execa } from 'execa';
import { parse } from 'yaml';

/**
 * A runner of GitHub's, for tests: it plays the steps of a workflow or of a composite action on this machine, each
 * `run` in bash as GitHub starts it, with the files that a step writes its outputs to. Of actions by others it checks
 * that they are pinned and that their inputs exist; artifacts are kept in a folder, a checkout is a copy.
 */

/** One step that was reached: what became of it. */
export interface PlayedStep {
  job: string;
  name: string;
  /** `owner/name@version` of a step that uses an action. */
  uses?: string;
  /** Inputs handed to that action, expressions evaluated. */
  with?: Record<string, string>;
  /** The script of a `run`, expressions evaluated. */
  script?: string;
  /** False where its condition was not met. */
  ran: boolean;
  exitCode: number;
  /** Both streams of a `run`. */
  log: string;
}

/** What became of a job, or of an action. */
export interface Played {
  failed: boolean;
  outputs: Record<string, string>;
}

/** Actions by others that may be used, and their inputs at the version that is named. */
const KNOWN: Readonly<Record<string, { version: string; inputs: readonly string[] }>> = {
  'actions/checkout': { version: 'v4', inputs: ['ref', 'fetch-depth', 'persist-credentials', 'path'] },
  'actions/setup-node': { version: 'v4', inputs: ['node-version', 'node-version-file', 'cache'] },
  'actions/upload-artifact': {
    version: 'v4',
    inputs: ['name', 'path', 'if-no-files-found', 'retention-days', 'compression-level', 'overwrite'],
  },
  'actions/download-artifact': { version: 'v4', inputs: ['name', 'path', 'pattern', 'merge-multiple'] },
};

interface Step {
  id?: string;
  name?: string;
  if?: string | boolean;
  uses?: string;
  with?: Record<string, unknown>;
  run?: string;
  shell?: string;
  env?: Record<string, unknown>;
  'working-directory'?: string;
}

interface Job {
  needs?: string | string[];
  if?: string;
  strategy?: { matrix?: Record<string, unknown[]> };
  defaults?: { run?: { 'working-directory'?: string; shell?: string } };
  env?: Record<string, unknown>;
  steps: Step[];
}

interface Action {
  inputs?: Record<string, { default?: unknown; required?: boolean }>;
  outputs?: Record<string, { value: string }>;
  runs: { using: string; steps: Step[] };
}

interface Scope {
  job: string;
  workspace: string;
  env: Record<string, string>;
  contexts: Record<string, unknown>;
  defaults: { 'working-directory'?: string; shell?: string };
  /** Folder of the composite action whose steps are played; absent in a job's own. */
  action?: string;
}

export interface RunnerOptions {
  /** What a checkout leaves in the workspace. */
  repository: string;
  /** Where the code of `owner/name` lies, for actions that are played rather than only checked. */
  actions?: Record<string, string>;
  /** Environment of every step, beside what GitHub sets. */
  env?: Record<string, string>;
}

export class Runner {
  readonly steps: PlayedStep[] = [];
  /** The summaries of all steps, one behind the other. */
  summary = '';
  /** Folder that holds all that the steps are given and leave. */
  readonly home = mkdtempSync(join(tmpdir(), 'runner-'));
  private readonly options: RunnerOptions;
  private files = 0;

  constructor(options: RunnerOptions) {
    this.options = options;
  }

  /** Folder of an artifact, whether it was kept or not. */
  artifact(name: string): string {
    return join(this.home, 'artifacts', name);
  }

  remove(): void {
    rmSync(this.home, { recursive: true, force: true });
  }

  /** Plays every job of a workflow, those of a matrix one behind the other. @returns what became of each. */
  async playWorkflow(text: string): Promise<Map<string, Played>> {
    const { jobs } = parse(text) as { jobs: Record<string, Job> };
    const played = new Map<string, Played>();
    for (const [id, job] of Object.entries(jobs)) {
      const needs = [job.needs ?? []].flat();
      const before = needs.map((need) => {
        const one = played.get(need);
        if (one === undefined) throw new Error(`${id} needs ${need}, which does not stand before it`);
        return one;
      });
      const contexts = { needs: Object.fromEntries(needs.map((need, i) => [need, { result: result(before[i]) }])) };
      const failedBefore = before.some(({ failed }) => failed);
      if (!holds(job.if, contexts, failedBefore)) {
        played.set(id, { failed: failedBefore, outputs: {} });
        continue;
      }
      let failed = false;
      for (const matrix of combinations(job.strategy?.matrix ?? {})) {
        const one = await this.playJob(id, job, { ...contexts, matrix });
        failed ||= one.failed;
      }
      played.set(id, { failed, outputs: {} });
    }
    return played;
  }

  /** Plays an action of ours as the only step of a job, behind a checkout. */
  async playAction(uses: string, inputs: Record<string, string>): Promise<Played> {
    const scope = this.scope('job', {}, {});
    cpSync(this.options.repository, scope.workspace, { recursive: true });
    const step: PlayedStep = { job: 'job', name: uses, uses, with: inputs, ran: true, exitCode: 0, log: '' };
    const outputs = await this.use(step, scope);
    return { failed: step.exitCode !== 0, outputs };
  }

  private scope(job: string, env: Record<string, string>, contexts: Record<string, unknown>): Scope {
    const workspace = join(this.home, `work-${++this.files}`);
    mkdirSync(workspace, { recursive: true });
    const temp = join(this.home, `temp-${this.files}`);
    mkdirSync(temp);
    return {
      job,
      workspace,
      env: {
        CI: 'true',
        GITHUB_ACTIONS: 'true',
        GITHUB_WORKSPACE: workspace,
        GITHUB_JOB: job,
        GITHUB_REF_NAME: 'main',
        GITHUB_SERVER_URL: 'https://git.example',
        GITHUB_REPOSITORY: 'somebody/server',
        GITHUB_RUN_ID: '4711',
        RUNNER_TEMP: temp,
        ...this.options.env,
        ...env,
      },
      contexts: { ...contexts, runner: { temp }, github: { workspace, repository: 'somebody/server' } },
      defaults: {},
    };
  }

  private async playJob(id: string, job: Job, contexts: Record<string, unknown>): Promise<Played> {
    const scope = this.scope(id, {}, contexts);
    scope.defaults = job.defaults?.run ?? {};
    scope.env = { ...scope.env, ...texts(job.env, contexts) };
    return await this.playSteps(job.steps, scope);
  }

  private async playSteps(steps: readonly Step[], scope: Scope): Promise<Played & { steps: Record<string, unknown> }> {
    const contexts: Record<string, unknown> & { steps: Record<string, unknown> } = { ...scope.contexts, steps: {} };
    const added: Record<string, string> = {};
    let failed = false;
    for (const step of steps) {
      const played: PlayedStep = {
        job: scope.job,
        name: step.name ?? step.uses ?? step.run ?? '',
        ran: holds(step.if, contexts, failed),
        exitCode: 0,
        log: '',
      };
      this.steps.push(played);
      let outputs: Record<string, string> = {};
      const env = { ...scope.env, ...added, ...texts(step.env, contexts) };
      if (step.uses !== undefined) played.uses = step.uses;
      if (step.uses !== undefined && played.ran) {
        played.with = texts(step.with, contexts);
        outputs = await this.use(played, { ...scope, env });
      } else if (step.run !== undefined && played.ran) {
        played.script = expand(step.run, contexts);
        const directory = step['working-directory'] ?? scope.defaults['working-directory'] ?? '.';
        const cwd = resolve(scope.workspace, expand(directory, contexts));
        outputs = await this.run(played, step.shell ?? scope.defaults.shell, cwd, env, added, scope);
      }
      if (step.id !== undefined) contexts.steps[step.id] = { outputs };
      failed ||= played.exitCode !== 0;
    }
    return { failed, outputs: {}, steps: contexts.steps };
  }

  private async run(
    step: PlayedStep,
    shell: string | undefined,
    cwd: string,
    env: Record<string, string>,
    added: Record<string, string>,
    scope: Scope,
  ): Promise<Record<string, string>> {
    if (scope.action !== undefined && shell === undefined)
      throw new Error(`"${step.name}" of an action names no shell`);
    if (shell !== undefined && shell !== 'bash') throw new Error(`"${step.name}" wants the shell ${shell}`);
    const file = (name: string) => join(this.home, `${name}-${++this.files}`);
    const script = file('script');
    const [output, more, summary] = [file('output'), file('env'), file('summary')];
    writeFileSync(script, step.script ?? '');
    for (const path of [output, more, summary]) writeFileSync(path, '');
    const flags = shell === 'bash' ? ['--noprofile', '--norc', '-eo', 'pipefail'] : ['-e'];
    const { exitCode, all } = await execa('bash', [...flags, script], {
      cwd,
      reject: false,
      all: true,
      env: {
        ...env,
        GITHUB_OUTPUT: output,
        GITHUB_ENV: more,
        GITHUB_STEP_SUMMARY: summary,
        ...(scope.action === undefined ? {} : { GITHUB_ACTION_PATH: scope.action }),
      },
    });
    step.exitCode = exitCode ?? 255;
    step.log = all;
    Object.assign(added, readPairs(more));
    const text = readFileSync(summary, 'utf8');
    if (Buffer.byteLength(text) > 1024 * 1024) throw new Error(`the summary of "${step.name}" would be dropped`);
    this.summary += text;
    return readPairs(output);
  }

  private async use(step: PlayedStep, scope: Scope): Promise<Record<string, string>> {
    const [, name = '', version = ''] = /^([\w.-]+\/[\w.-]+)@(v\d+|[0-9a-f]{40})$/.exec(step.uses ?? '') ?? [];
    if (name === '') throw new Error(`${step.uses} is pinned neither to a commit nor to a major version`);
    const folder = this.options.actions?.[name];
    if (folder !== undefined) return await this.compose(step, folder, scope);
    const known = KNOWN[name];
    if (known?.version !== version) throw new Error(`${step.uses} is not known here`);
    const unknown = Object.keys(step.with ?? {}).filter((input) => !known.inputs.includes(input));
    if (unknown.length > 0) throw new Error(`${step.uses} has no input ${unknown.join(', ')}`);
    this.actAs(name, step.with ?? {}, scope.workspace);
    return {};
  }

  private actAs(name: string, inputs: Record<string, string>, workspace: string): void {
    switch (name) {
      case 'actions/checkout':
        cpSync(this.options.repository, workspace, { recursive: true });
        return;
      case 'actions/upload-artifact': {
        const { name: artifact = 'artifact', path = '' } = inputs;
        if (/["<>:|*?\r\n\\/]/.test(artifact)) throw new Error(`"${artifact}" is no name of an artifact`);
        const from = resolve(workspace, path);
        if (existsSync(from)) cpSync(from, this.artifact(artifact), { recursive: true });
        else if (inputs['if-no-files-found'] === 'error') throw new Error(`there is no ${path} to keep`);
        return;
      }
      case 'actions/download-artifact': {
        const { pattern = '*', path = '.' } = inputs;
        const all = existsSync(this.artifact('')) ? readdirSync(this.artifact('')) : [];
        const wanted = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*')}$`);
        for (const one of all.filter((artifact) => wanted.test(artifact)))
          cpSync(this.artifact(one), resolve(workspace, path, one), { recursive: true });
        return;
      }
    }
  }

  /** Plays the steps of a composite action: they see its inputs, and nothing of the job's other contexts. */
  private async compose(step: PlayedStep, folder: string, scope: Scope): Promise<Record<string, string>> {
    const action = parse(readFileSync(join(folder, 'action.yml'), 'utf8')) as Action;
    if (action.runs.using !== 'composite') throw new Error(`${step.uses} is no composite action`);
    const given = step.with ?? {};
    const unknown = Object.keys(given).filter((input) => action.inputs?.[input] === undefined);
    if (unknown.length > 0) throw new Error(`${step.uses} has no input ${unknown.join(', ')}`);
    const inputs = Object.fromEntries(
      Object.entries(action.inputs ?? {}).map(([name, input]) => [name, given[name] ?? String(input.default ?? '')]),
    );
    const { runner, github } = scope.contexts;
    const contexts = { runner, github, inputs };
    const played = await this.playSteps(action.runs.steps, { ...scope, contexts, defaults: {}, action: folder });
    step.exitCode = played.failed ? 1 : 0;
    return Object.fromEntries(
      Object.entries(action.outputs ?? {}).map(([name, { value }]) => [
        name,
        expand(value, { ...contexts, steps: played.steps }),
      ]),
    );
  }
}

const result = (played: Played | undefined) => (played?.failed ? 'failure' : 'success');

/** Every choice of one value for each key, in order; one empty choice where there is no key. */
function combinations(matrix: Record<string, unknown[]>): Record<string, unknown>[] {
  return Object.entries(matrix).reduce<Record<string, unknown>[]>(
    (all, [key, values]) => all.flatMap((one) => values.map((value) => ({ ...one, [key]: value }))),
    [{}],
  );
}

const STATUS = ['always', 'success', 'failure', 'cancelled'] as const;

/** Whether a step or job is played: without a word about what became of those before, only if none of them failed. */
function holds(condition: string | boolean | undefined, contexts: Record<string, unknown>, failed: boolean): boolean {
  const text = String(condition ?? 'success()').replace(/^\s*\$\{\{([\s\S]*)\}\}\s*$/, '$1');
  const says = STATUS.some((name) => new RegExp(`\\b${name}\\s*\\(`).test(text));
  const value = evaluate(says ? text : `success() && (${text})`, contexts, failed);
  return !['', 'false', '0', 'null'].includes(value);
}

/** A text with its expressions evaluated. */
function expand(text: string, contexts: Record<string, unknown>): string {
  return text.replace(/\$\{\{([\s\S]*?)\}\}/g, (_, expression: string) => evaluate(expression, contexts, false));
}

function texts(values: Record<string, unknown> | undefined, contexts: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(Object.entries(values ?? {}).map(([key, value]) => [key, expand(String(value), contexts)]));
}

/** The value of an expression as text, by GitHub's own evaluator. @throws for a context or function it does not know. */
function evaluate(expression: string, contexts: Record<string, unknown>, failed: boolean): string {
  const status = STATUS.map((name) => ({
    name,
    minArgs: 0,
    maxArgs: 0,
    call: () =>
      new data.BooleanData(name === 'always' || (name === 'success' && !failed) || (name === 'failure' && failed)),
  }));
  const known = JSON.parse(JSON.stringify(contexts), data.reviver) as InstanceType<typeof data.Dictionary>;
  const parser = new Parser(new Lexer(expression.trim()).lex().tokens, Object.keys(contexts), status);
  const functions = new Map(
    [...Object.values(wellKnownFunctions), ...status].map((one) => [one.name.toLowerCase(), one]),
  );
  return new Evaluator(parser.parse(), known, functions).evaluate().coerceString();
}

/** What a step wrote to GITHUB_OUTPUT or GITHUB_ENV: `name=value`, or `name<<END` up to a line END. */
function readPairs(path: string): Record<string, string> {
  const pairs: Record<string, string> = {};
  const lines = readFileSync(path, 'utf8').split('\n');
  for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
    if (line === '') continue;
    const [, name = '', sign, value = ''] = /^([^=<]+)(=|<<)(.*)$/.exec(line) ?? [];
    if (name === '') throw new Error(`"${line}" sets nothing`);
    const end = sign === '<<' ? lines.indexOf(value) : -1;
    pairs[name] =
      sign === '<<'
        ? lines
            .splice(0, end + 1)
            .slice(0, -1)
            .join('\n')
        : value;
  }
  return pairs;
}
