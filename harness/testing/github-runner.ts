import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { data, Evaluator, Lexer, Parser, wellKnownFunctions } from '@actions/expressions';
import { execa } from 'execa';
import { parse } from 'yaml';
import { omitUndefined } from '../support/omit-undefined.ts';

/*
 * A runner of GitHub Actions for tests. It runs the steps of a workflow or of a composite action on this machine. Each
 * `run` script runs in bash with GitHub's flags, and gets the files to which a step writes its outputs. Actions of
 * other owners are not run: the runner checks that they are pinned and that their inputs exist. A checkout copies the
 * repository, and an upload copies the artifact to a folder.
 */

/** The result of one step of a job. A step that is left out after a failed step has a result too. */
export interface PlayedStep {
  job: string;
  name: string;
  /** The action that the step uses: `owner/name@version`. */
  uses?: string;
  /** The inputs of that action, with expressions evaluated. */
  with?: Record<string, string>;
  /** The script of a `run` step, with expressions evaluated. */
  script?: string;
  /** False if the condition of the step was false. */
  ran: boolean;
  exitCode: number;
  /** stdout and stderr of a `run` step. */
  log: string;
}

/** The result of a job or of an action. */
export interface Played {
  failed: boolean;
  outputs: Record<string, string>;
}

/** The actions of other owners that our workflows may use, with their inputs at that version. */
const KNOWN_ACTIONS: Readonly<Record<string, { version: string; inputs: readonly string[] }>> = {
  'actions/checkout': { version: 'v4', inputs: ['ref', 'fetch-depth', 'persist-credentials', 'path'] },
  'actions/setup-node': { version: 'v4', inputs: ['node-version', 'node-version-file', 'cache'] },
  'actions/upload-artifact': {
    version: 'v4',
    inputs: ['name', 'path', 'if-no-files-found', 'retention-days', 'compression-level', 'overwrite'],
  },
  'actions/download-artifact': { version: 'v4', inputs: ['name', 'path', 'pattern', 'merge-multiple'] },
};

/** A step as it is written in a workflow. */
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

/** A job as it is written in a workflow. */
interface Job {
  needs?: string | string[];
  if?: string;
  strategy?: { matrix?: Record<string, unknown[]> };
  defaults?: { run?: { 'working-directory'?: string; shell?: string } };
  env?: Record<string, unknown>;
  steps: Step[];
}

/** The content of an `action.yml`. */
interface Action {
  inputs?: Record<string, { default?: unknown; required?: boolean }>;
  outputs?: Record<string, { value: string }>;
  runs: { using: string; steps: Step[] };
}

/** What a step can use: folders, environment variables, and values for expressions. */
interface Scope {
  job: string;
  workspace: string;
  env: Record<string, string>;
  contexts: Record<string, unknown>;
  defaults: { 'working-directory'?: string; shell?: string };
  /** Folder of the composite action that contains the step; absent for a step of a job. */
  action?: string;
}

/** Options of a test runner. */
export interface RunnerOptions {
  /** Folder whose content a checkout copies into the workspace. */
  repository: string;
  /** Folders of composite actions to run, by `owner/name`. All other actions are only checked. */
  actions?: Record<string, string>;
  /** Environment of every step, in addition to the variables that GitHub sets. */
  env?: Record<string, string>;
}

/** Runs workflows and actions, and records the result of each step. */
export class Runner {
  readonly steps: PlayedStep[] = [];
  /** The job summaries of all steps, in order. */
  summary = '';
  /** Temporary folder of the runner: workspaces, artifacts, and the files of the steps. */
  readonly home = mkdtempSync(join(tmpdir(), 'runner-'));
  private readonly options: RunnerOptions;
  private files = 0;

  constructor(options: RunnerOptions) {
    this.options = options;
  }

  /** Folder to which an artifact is uploaded. It exists only after the upload. */
  artifact(name: string): string {
    return join(this.home, 'artifacts', name);
  }

  remove(): void {
    rmSync(this.home, { recursive: true, force: true });
  }

  /**
   * Runs the jobs of a workflow one after the other. A job with a matrix runs once for each combination.
   * @returns the result of each job by id.
   */
  async playWorkflow(text: string): Promise<Map<string, Played>> {
    const { jobs } = parse(text) as { jobs: Record<string, Job> };
    const played = new Map<string, Played>();
    for (const [id, job] of Object.entries(jobs)) {
      const needs = [job.needs ?? []].flat();
      const before = needs.map((need) => {
        const needed = played.get(need);
        if (needed === undefined) throw new Error(`${id} needs ${need}, which is not written before it`);
        return needed;
      });
      const contexts = { needs: Object.fromEntries(needs.map((need, i) => [need, { result: result(before[i]) }])) };
      const failedBefore = before.some(({ failed }) => failed);
      if (!holds(job.if, contexts, failedBefore)) {
        played.set(id, { failed: failedBefore, outputs: {} });
        continue;
      }
      let failed = false;
      for (const matrix of combinations(job.strategy?.matrix ?? {})) {
        const jobResult = await this.playJob(id, job, { ...contexts, matrix });
        failed ||= jobResult.failed;
      }
      played.set(id, { failed, outputs: {} });
    }
    return played;
  }

  /** Runs a composite action as the only step of a job, after a checkout. */
  async playAction(uses: string, inputs: Record<string, string>): Promise<Played> {
    const scope = this.scope('job', {}, {});
    cpSync(this.options.repository, scope.workspace, { recursive: true });
    const step: PlayedStep = { job: 'job', name: uses, uses, with: inputs, ran: true, exitCode: 0, log: '' };
    const outputs = await this.use(step, scope);
    return { failed: step.exitCode !== 0, outputs };
  }

  /** Creates the folders, the environment and the contexts of a job. */
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

  /**
   * Runs the script of a step.
   * @param added receives the variables that the step sets for later steps.
   * @returns the outputs of the step.
   */
  private async run(
    step: PlayedStep,
    shell: string | undefined,
    cwd: string,
    env: Record<string, string>,
    added: Record<string, string>,
    scope: Scope,
  ): Promise<Record<string, string>> {
    if (scope.action !== undefined && shell === undefined)
      throw new Error(`"${step.name}" is a step of an action and names no shell`);
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
        ...omitUndefined({ GITHUB_ACTION_PATH: scope.action }),
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

  /** Runs or checks the action that a step uses. @returns the outputs of the action. */
  private async use(step: PlayedStep, scope: Scope): Promise<Record<string, string>> {
    const [, name = '', version = ''] = /^([\w.-]+\/[\w.-]+)@(v\d+|[0-9a-f]{40})$/.exec(step.uses ?? '') ?? [];
    if (name === '') throw new Error(`${step.uses} is pinned neither to a commit nor to a major version`);
    const folder = this.options.actions?.[name];
    if (folder !== undefined) return await this.compose(step, folder, scope);
    const known = KNOWN_ACTIONS[name];
    if (known?.version !== version) throw new Error(`${step.uses} is not known here`);
    const unknown = Object.keys(step.with ?? {}).filter((input) => !known.inputs.includes(input));
    if (unknown.length > 0) throw new Error(`${step.uses} has no input ${unknown.join(', ')}`);
    this.actAs(name, step.with ?? {}, scope.workspace);
    return {};
  }

  /** Does what a known action does, as far as tests need it. */
  private actAs(name: string, inputs: Record<string, string>, workspace: string): void {
    switch (name) {
      case 'actions/checkout':
        cpSync(this.options.repository, workspace, { recursive: true });
        return;
      case 'actions/upload-artifact': {
        const { name: artifact = 'artifact', path = '' } = inputs;
        if (/["<>:|*?\r\n\\/]/.test(artifact))
          throw new Error(`"${artifact}" is not allowed as the name of an artifact`);
        const from = resolve(workspace, path);
        if (existsSync(from)) cpSync(from, this.artifact(artifact), { recursive: true });
        else if (inputs['if-no-files-found'] === 'error') throw new Error(`there is no ${path} to upload`);
        return;
      }
      case 'actions/download-artifact': {
        const { pattern = '*', path = '.' } = inputs;
        const artifacts = existsSync(this.artifact('')) ? readdirSync(this.artifact('')) : [];
        const wanted = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*')}$`);
        for (const artifact of artifacts.filter((name) => wanted.test(name)))
          cpSync(this.artifact(artifact), resolve(workspace, path, artifact), { recursive: true });
        return;
      }
    }
  }

  /**
   * Runs the steps of a composite action. Their expressions can use the inputs of the action, but not the matrix of the
   * job.
   */
  private async compose(step: PlayedStep, folder: string, scope: Scope): Promise<Record<string, string>> {
    const action = parse(readFileSync(join(folder, 'action.yml'), 'utf8')) as Action;
    if (action.runs.using !== 'composite') throw new Error(`${step.uses} is not a composite action`);
    const inputsOfStep = step.with ?? {};
    const unknown = Object.keys(inputsOfStep).filter((input) => action.inputs?.[input] === undefined);
    if (unknown.length > 0) throw new Error(`${step.uses} has no input ${unknown.join(', ')}`);
    const inputs = Object.fromEntries(
      Object.entries(action.inputs ?? {}).map(([name, input]) => [
        name,
        inputsOfStep[name] ?? String(input.default ?? ''),
      ]),
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

/** All combinations of a matrix: one value for each key. A matrix without keys has one empty combination. */
function combinations(matrix: Record<string, unknown[]>): Record<string, unknown>[] {
  return Object.entries(matrix).reduce<Record<string, unknown>[]>(
    (all, [key, values]) => all.flatMap((combination) => values.map((value) => ({ ...combination, [key]: value }))),
    [{}],
  );
}

/** The functions in an expression that ask for the result of the steps before. */
const STATUS_FUNCTIONS = ['always', 'success', 'failure', 'cancelled'] as const;

/**
 * Whether the condition of a step or job is true. If the condition has no function such as `always()`, it is true only
 * if nothing before has failed.
 */
function holds(condition: string | boolean | undefined, contexts: Record<string, unknown>, failed: boolean): boolean {
  const text = String(condition ?? 'success()').replace(/^\s*\$\{\{([\s\S]*)\}\}\s*$/, '$1');
  const asksForStatus = STATUS_FUNCTIONS.some((name) => new RegExp(`\\b${name}\\s*\\(`).test(text));
  const value = evaluate(asksForStatus ? text : `success() && (${text})`, contexts, failed);
  return !['', 'false', '0', 'null'].includes(value);
}

/** Replaces every `${{ … }}` in a text by the value of the expression. */
function expand(text: string, contexts: Record<string, unknown>): string {
  return text.replace(/\$\{\{([\s\S]*?)\}\}/g, (_, expression: string) => evaluate(expression, contexts, false));
}

/** Replaces every `${{ … }}` in all values of an object. */
function texts(values: Record<string, unknown> | undefined, contexts: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(Object.entries(values ?? {}).map(([key, value]) => [key, expand(String(value), contexts)]));
}

/**
 * Evaluates an expression with GitHub's own evaluator.
 * @returns the value as text.
 * @throws for an unknown context or function.
 */
function evaluate(expression: string, contexts: Record<string, unknown>, failed: boolean): string {
  const status = STATUS_FUNCTIONS.map((name) => ({
    name,
    minArgs: 0,
    maxArgs: 0,
    call: () =>
      new data.BooleanData(name === 'always' || (name === 'success' && !failed) || (name === 'failure' && failed)),
  }));
  const known = JSON.parse(JSON.stringify(contexts), data.reviver) as InstanceType<typeof data.Dictionary>;
  const parser = new Parser(new Lexer(expression.trim()).lex().tokens, Object.keys(contexts), status);
  const functions = new Map(
    [...Object.values(wellKnownFunctions), ...status].map((definition) => [definition.name.toLowerCase(), definition]),
  );
  return new Evaluator(parser.parse(), known, functions).evaluate().coerceString();
}

/** Parses the file GITHUB_OUTPUT or GITHUB_ENV of a step: `name=value`, or `name<<END` and lines up to END. */
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
