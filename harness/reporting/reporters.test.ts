import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { reportSchema } from '../../reports/document/report.ts';
import { FORMATS, reporterNames } from '../../reports/renderers.ts';
import { sampleDetailOf, sampleReport } from '../../reports/testing/sample.ts';
import { toy } from '../../reports/testing/toy-reporter.ts';
import { parseReporter, reporterHelp, reporterSchema } from '../config/reporter-names.ts';
import { autobahn } from '../suites/autobahn/suite.ts';
import { conformance, ownFolder, reportIn } from '../testing/run-command.ts';
import { writeReport } from './publish.ts';
import { publishOutputs, refuseReporters } from './reporters.ts';

const home = ownFolder('reporters-test-');
const out = () => join(home(), 'report');
/**
 * Runs the command on a recorded result of case 7.1.6, which has regressed. This is fast, because no case has to run.
 */
const judgeSeed = (args: readonly string[], env: Record<string, string> = {}) =>
  conformance(out(), ['--from', 'fixtures/recorded/seed', ...args, '7.1.6'], {
    env: { NO_COLOR: '1', CI: '', GITHUB_ACTIONS: '', GITHUB_STEP_SUMMARY: '', ...env },
  });
/** Files that are in every report folder. */
const ALWAYS = ['report.json', 'results'];
const reportFiles = () => readdirSync(out()).sort();
const FAILED = 'FAILED: 1 of 1 case is not as expected (1 regressed).';

describe('--reporter', () => {
  test('not given: all reporters write their files', async () => {
    const { stdout, exitCode } = await judgeSeed([]);
    expect(reportFiles()).toEqual(['badge.svg', 'cases', 'index.html', 'junit.xml', ...ALWAYS, 'summary.md']);
    expect(stdout).toContain('report  file://');
    expect(stdout).not.toContain('::error');
    expect(exitCode).toBe(1);
  });

  test('not given, on GitHub: annotations and the step summary are written too', async () => {
    const summary = join(home(), 'step.md');
    const { stdout } = await judgeSeed([], { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary });
    expect(stdout).toContain('::error ');
    expect(readFileSync(summary, 'utf8')).toContain(FAILED);
  });

  test.each([
    ['html', ['badge.svg', 'cases', 'index.html', ...ALWAYS]],
    ['junit', ['junit.xml', ...ALWAYS]],
    ['markdown', [...ALWAYS, 'summary.md']],
    ['json', ALWAYS],
  ])('%s alone writes its files next to report.json, and the decision to stdout', async (name, files) => {
    const { stdout, exitCode } = await judgeSeed(['--reporter', name]);
    expect(reportFiles()).toEqual(files);
    if (name === 'html') {
      const page = readFileSync(join(out(), 'index.html'), 'utf8');
      const links = [...page.matchAll(/href="([a-z]+\.(?:json|xml|md|svg|html))"/g)].map(([, file]) => file);
      expect(links).toEqual(['report.json', 'badge.svg']);
    }
    expect(stdout).toBe(FAILED);
    expect(exitCode).toBe(1);
  });

  test('list prints a line for each case, line prints only the summary, and neither names a page that was not written', async () => {
    const list = await judgeSeed(['--reporter', 'list']);
    expect(list.stdout).toMatch(/^\S 7\.1\.6 +INFORMATIONAL +31 ms {2}regressed$/m);
    expect(list.stdout).toContain(FAILED);
    const line = await judgeSeed(['--reporter', 'line']);
    expect(line.stdout).not.toContain('31 ms');
    expect(line.stdout).toContain(`${FAILED}\n\n`);
    for (const { stdout } of [list, line]) expect(String(stdout)).not.toMatch(/index\.html|cases\//);
  });

  test('github=PATH writes the step summary to PATH, also outside of GitHub Actions', async () => {
    const file = join(home(), 'step.md');
    const { stdout } = await judgeSeed(['--reporter', `github=${file}`]);
    expect(stdout).toContain('::error file=');
    expect(readFileSync(file, 'utf8')).toContain(FAILED);
  });

  test('several reporters write to their own paths and create missing folders', async () => {
    const at = (name: string) => join(home(), 'new', name);
    const paths = ['json', 'junit', 'markdown', 'list', 'line'].map((name) => `${name}=${at(name)}`);
    const { exitCode, stdout } = await judgeSeed(['--reporter', `html=${at('site')}`, '--reporter', paths.join(',')]);
    expect(exitCode).toBe(1);
    expect(stdout).toBe(FAILED);
    expect(reportFiles()).toEqual(ALWAYS);
    expect(reportSchema.parse(JSON.parse(readFileSync(at('json'), 'utf8')))).toEqual(reportIn(out()));
    expect(readFileSync(at('junit'), 'utf8')).toContain('<testsuites');
    expect(readFileSync(at('markdown'), 'utf8')).toContain(FAILED);
    expect(readFileSync(at('list'), 'utf8')).toMatch(/7\.1\.6 +INFORMATIONAL[\s\S]*site\/index\.html/);
    expect(readFileSync(at('line'), 'utf8')).toContain(FAILED);
    // The folder of html=PATH is a complete report: links on its pages lead to the recorded results in the same folder.
    const { slug } = reportIn(at('site')).agents[0] ?? { slug: '' };
    const [link] =
      /\.\.\/\.\.\/results\/[^"]+/.exec(readFileSync(join(at('site'), 'cases', slug, '7.1.6.html'), 'utf8')) ?? [];
    expect(readFileSync(join(at('site'), 'cases', slug, link ?? ''), 'utf8')).toContain('"7.1.6"');
    expect(readdirSync(home()).sort()).toEqual(['new', 'report']);
  });

  test.each([
    ['json', /^\{[\s\S]*\}$/],
    ['junit', /^<\?xml[\s\S]*<\/testsuites>$/],
    ['markdown', /^## [\s\S]*regressed/],
  ])('%s=- prints only the document to stdout', async (name, whole) => {
    const { stdout, stderr } = await judgeSeed([
      '--reporter',
      `${name}=-`,
      '--reporter',
      'line',
      '--reporter',
      'github',
    ]);
    expect(stdout).toMatch(whole);
    expect(stdout).not.toMatch(/::error|report {2}file/);
    expect(stderr).toContain('::error ');
  });

  test('--json prints the document of json=-, also with other reporters', async () => {
    const { stdout } = await judgeSeed(['--json', '--reporter', 'list']);
    expect(reportSchema.parse(JSON.parse(String(stdout))).gate.exitCode).toBe(1);
  });
});

describe('exit code 2 before the run', () => {
  test.each([
    ['junitt', /no reporter "junitt"; did you mean "junit"/],
    ['list,jsn=x', /no reporter "jsn"; did you mean "json"/],
    ['junit=', /Write a path after/],
    ['html=-', /Use a folder for html/],
    ['json=-,junit=-', /Only one of json, junit can be on stdout/],
    ['junit=docs', /needs the path of a file, but this path is a folder/],
    ['html=server', /holds something else/],
  ])('--reporter %s', async (text, message) => {
    const { exitCode, stderr, stdout } = await judgeSeed(['--reporter', text]);
    expect(stderr).toMatch(message);
    expect(exitCode).toBe(2);
    expect(stdout).toBe('');
    expect(readdirSync(home())).toEqual([]);
  });
});

test('a file that cannot be written gives exit code 3 after the summary was printed', async () => {
  writeFileSync(join(home(), 'file'), '');
  const args = ['line', `junit=${join(home(), 'file', 'junit.xml')}`].flatMap((one) => ['--reporter', one]);
  const { exitCode, stderr, stdout } = await judgeSeed(args);
  expect(stdout).toContain('FAILED: 1 of 1 case is');
  expect(stderr).toContain('could not be written');
  expect(exitCode).toBe(3);
});

describe('reporters of the configuration', () => {
  const config = (reporter: unknown) => {
    mkdirSync(join(home(), 'conf'), { recursive: true });
    const file = join(home(), 'conf', 'config.json');
    writeFileSync(file, JSON.stringify({ reporter }));
    return file;
  };

  test('are one or several, with paths relative to the folder of the configuration', async () => {
    await judgeSeed(['--config', config('markdown')]);
    expect(reportFiles()).toEqual([...ALWAYS, 'summary.md']);
    await judgeSeed(['--config', config(['line', 'junit=out/junit.xml', 'markdown=-'])]);
    expect(reportFiles()).toEqual(ALWAYS);
    expect(readFileSync(join(home(), 'conf/out/junit.xml'), 'utf8')).toContain('<testsuites');
  });

  test('are overridden by a variable, and the variable by a flag', async () => {
    const file = config('markdown');
    await judgeSeed(['--config', file], { WS_CONFORMANCE_REPORTER: 'junit,line' });
    expect(reportFiles()).toEqual(['junit.xml', ...ALWAYS]);
    await judgeSeed(['--config', file, '--reporter', 'json'], { WS_CONFORMANCE_REPORTER: 'junit' });
    expect(reportFiles()).toEqual(ALWAYS);
  });

  test('give exit code 2, the line and the nearest name if a name is wrong', async () => {
    const { exitCode, stderr } = await judgeSeed(['--config', config(['lin'])]);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/did you mean "line"/);
    expect(stderr).toMatch(/config\.json:1/);
  });
});

test.each(reporterNames())('%s is parsed with and without a path, which can contain any character', (name) => {
  expect(parseReporter(name)).toEqual({ name });
  expect(parseReporter(`${name}=a=b,c d`)).toEqual({ name, path: 'a=b,c d' });
});

describe('a new reporter that is added to the map of formats', () => {
  const formats = { ...FORMATS, toy: { output: 'document', file: 'toy.txt', render: toy } } as const;
  const sentence = `toy: ${sampleReport.gate.sentence}\n`;
  const style = { colour: false, unicode: true };

  test('is in the help, in the schema of the configuration, and in the error for an unknown name', () => {
    expect(reporterHelp(formats)).toContain(' toy, each also as NAME=PATH');
    expect(reporterSchema(formats).safeParse('toy=out/toy.txt').success).toBe(true);
    expect(reporterSchema(formats).safeParse('tooy').error?.issues[0]?.message).toContain('did you mean "toy"');
    expect(reporterSchema().safeParse('toy').success).toBe(false);
    expect(parseReporter('toy=a', formats)).toEqual({ name: 'toy', path: 'a' });
  });

  test.each([undefined, [{ name: 'toy' }]])(
    'is written into the report folder with the reporters %j',
    async (reporters) => {
      const folder = join(home(), 'toy');
      await writeReport(folder, { suite: autobahn, report: sampleReport, details: sampleDetailOf }, reporters, formats);
      expect(readFileSync(join(folder, 'toy.txt'), 'utf8')).toBe(sentence);
      if (reporters === undefined)
        expect(readFileSync(join(folder, 'index.html'), 'utf8')).toContain('<a href="toy.txt">toy.txt</a>');
      else expect(readdirSync(folder).sort()).toEqual(['report.json', 'toy.txt']);
    },
  );

  test('is printed to stdout or written to a file', () => {
    const publishTo = (path: string) =>
      publishOutputs(sampleReport, [{ name: 'toy', path }], { out: home(), env: {}, style, json: false }, formats);
    expect(publishTo('-')).toEqual({ stdout: sentence, stderr: '', failure: undefined });
    publishTo(join(home(), 'elsewhere.txt'));
    expect(readFileSync(join(home(), 'elsewhere.txt'), 'utf8')).toBe(sentence);
    const both = ['toy', 'json'].map((name) => ({ name, path: '-' }));
    expect(() => refuseReporters(both, formats)).toThrow('Only one of toy, json can be on stdout');
  });
});
