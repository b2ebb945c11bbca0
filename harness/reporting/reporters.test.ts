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
import { refuseReporters, tell } from './reporters.ts';

const home = ownFolder('reporters-test-');
const out = () => join(home(), 'report');
/** The recorded result of the seed: red, and nothing has to be played. */
const seed = (args: readonly string[], env: Record<string, string> = {}) =>
  conformance(out(), ['--from', 'fixtures/recorded/seed', ...args, '7.1.6'], {
    env: { NO_COLOR: '1', CI: '', GITHUB_ACTIONS: '', GITHUB_STEP_SUMMARY: '', ...env },
  });
const ALWAYS = ['report.json', 'results'];
const inReport = () => readdirSync(out()).sort();
const RED = 'FAILED: 1 of 1 case is not as expected (1 regressed).';

describe('--reporter', () => {
  test('not given: all of them, as ever', async () => {
    const { stdout, exitCode } = await seed([]);
    expect(inReport()).toEqual(['badge.svg', 'cases', 'index.html', 'junit.xml', ...ALWAYS, 'summary.md']);
    expect(stdout).toContain('report  file://');
    expect(stdout).not.toContain('::error');
    expect(exitCode).toBe(1);
  });

  test('not given, on GitHub: annotations and the summary too', async () => {
    const summary = join(home(), 'step.md');
    const { stdout } = await seed([], { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary });
    expect(stdout).toContain('::error ');
    expect(readFileSync(summary, 'utf8')).toContain(RED);
  });

  test.each([
    ['html', ['badge.svg', 'cases', 'index.html', ...ALWAYS]],
    ['junit', ['junit.xml', ...ALWAYS]],
    ['markdown', [...ALWAYS, 'summary.md']],
    ['json', ALWAYS],
  ])('%s alone leaves its files beside report.json, and the verdict on stdout', async (name, files) => {
    const { stdout, exitCode } = await seed(['--reporter', name]);
    expect(inReport()).toEqual(files);
    if (name === 'html') {
      const page = readFileSync(join(out(), 'index.html'), 'utf8');
      const links = [...page.matchAll(/href="([a-z]+\.(?:json|xml|md|svg|html))"/g)].map(([, file]) => file);
      expect(links).toEqual(['report.json', 'badge.svg']);
    }
    expect(stdout).toBe(RED);
    expect(exitCode).toBe(1);
  });

  test('list has a line for each case, line has the end alone; no page is named that was not written', async () => {
    const list = await seed(['--reporter', 'list']);
    expect(list.stdout).toMatch(/^\S 7\.1\.6 +INFORMATIONAL +31 ms {2}regressed$/m);
    expect(list.stdout).toContain(RED);
    const line = await seed(['--reporter', 'line']);
    expect(line.stdout).not.toContain('31 ms');
    expect(line.stdout).toContain(`${RED}\n\n`);
    for (const { stdout } of [list, line]) expect(String(stdout)).not.toMatch(/index\.html|cases\//);
  });

  test('github is obeyed where no runner is, and its summary goes where it is told to', async () => {
    const file = join(home(), 'step.md');
    const { stdout } = await seed(['--reporter', `github=${file}`]);
    expect(stdout).toContain('::error file=');
    expect(readFileSync(file, 'utf8')).toContain(RED);
  });

  test('several at once, each to its own place, whose folders are made', async () => {
    const at = (name: string) => join(home(), 'new', name);
    const paths = ['json', 'junit', 'markdown', 'list', 'line'].map((name) => `${name}=${at(name)}`);
    const { exitCode, stdout } = await seed(['--reporter', `html=${at('site')}`, '--reporter', paths.join(',')]);
    expect(exitCode).toBe(1);
    expect(stdout).toBe(RED);
    expect(inReport()).toEqual(ALWAYS);
    expect(reportSchema.parse(JSON.parse(readFileSync(at('json'), 'utf8')))).toEqual(reportIn(out()));
    expect(readFileSync(at('junit'), 'utf8')).toContain('<testsuites');
    expect(readFileSync(at('markdown'), 'utf8')).toContain(RED);
    expect(readFileSync(at('list'), 'utf8')).toMatch(/7\.1\.6 +INFORMATIONAL[\s\S]*site\/index\.html/);
    expect(readFileSync(at('line'), 'utf8')).toContain(RED);
    // The pages elsewhere are a whole report: their links lead to what was recorded.
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
  ])('%s=- has stdout to itself', async (name, whole) => {
    const { stdout, stderr } = await seed(['--reporter', `${name}=-`, '--reporter', 'line', '--reporter', 'github']);
    expect(stdout).toMatch(whole);
    expect(stdout).not.toMatch(/::error|report {2}file/);
    expect(stderr).toContain('::error ');
  });

  test('--json is json=-, whatever else is asked for', async () => {
    const { stdout } = await seed(['--json', '--reporter', 'list']);
    expect(reportSchema.parse(JSON.parse(String(stdout))).gate.exitCode).toBe(1);
  });
});

describe('exit 2, before anything is played', () => {
  test.each([
    ['junitt', /no reporter "junitt"; did you mean "junit"/],
    ['list,jsn=x', /no reporter "jsn"; did you mean "json"/],
    ['junit=', /Write a path after/],
    ['html=-', /Use a folder for html/],
    ['json=-,junit=-', /Only one of json, junit can be on stdout/],
    ['junit=docs', /takes a file, and this is a folder/],
    ['html=server', /holds something else/],
  ])('--reporter %s', async (text, message) => {
    const { exitCode, stderr, stdout } = await seed(['--reporter', text]);
    expect(stderr).toMatch(message);
    expect(exitCode).toBe(2);
    expect(stdout).toBe('');
    expect(readdirSync(home())).toEqual([]);
  });
});

test('a file that cannot be written is exit 3, after the run was told', async () => {
  writeFileSync(join(home(), 'file'), '');
  const wanted = ['line', `junit=${join(home(), 'file', 'junit.xml')}`].flatMap((one) => ['--reporter', one]);
  const { exitCode, stderr, stdout } = await seed(wanted);
  expect(stdout).toContain('FAILED: 1 of 1 case is');
  expect(stderr).toContain('could not be written');
  expect(exitCode).toBe(3);
});

describe('flag, then variable, then file, then default', () => {
  const config = (reporter: unknown) => {
    mkdirSync(join(home(), 'conf'), { recursive: true });
    const file = join(home(), 'conf', 'config.json');
    writeFileSync(file, JSON.stringify({ reporter }));
    return file;
  };

  test('the configuration names one or several, with paths from its own folder', async () => {
    await seed(['--config', config('markdown')]);
    expect(inReport()).toEqual([...ALWAYS, 'summary.md']);
    await seed(['--config', config(['line', 'junit=out/junit.xml', 'markdown=-'])]);
    expect(inReport()).toEqual(ALWAYS);
    expect(readFileSync(join(home(), 'conf/out/junit.xml'), 'utf8')).toContain('<testsuites');
  });

  test('a variable counts before it, and a flag before that', async () => {
    const file = config('markdown');
    await seed(['--config', file], { WS_CONFORMANCE_REPORTER: 'junit,line' });
    expect(inReport()).toEqual(['junit.xml', ...ALWAYS]);
    await seed(['--config', file, '--reporter', 'json'], { WS_CONFORMANCE_REPORTER: 'junit' });
    expect(inReport()).toEqual(ALWAYS);
  });

  test('a wrong one in the configuration is exit 2, with its line and the nearest name', async () => {
    const { exitCode, stderr } = await seed(['--config', config(['lin'])]);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/did you mean "line"/);
    expect(stderr).toMatch(/config\.json:1/);
  });
});

test.each(reporterNames())('%s is read by its name, and with a path that holds anything', (name) => {
  expect(parseReporter(name)).toEqual({ name });
  expect(parseReporter(`${name}=a=b,c d`)).toEqual({ name, path: 'a=b,c d' });
});

describe('a reporter that is one more line in the map of formats', () => {
  const formats = { ...FORMATS, toy: { output: 'document', file: 'toy.txt', render: toy } } as const;
  const sentence = `toy: ${sampleReport.gate.sentence}\n`;
  const style = { colour: false, unicode: true };

  test('is in the help, in the schema of the configuration, and among the names of an error', () => {
    expect(reporterHelp(formats)).toContain(' toy, each also as NAME=PATH');
    expect(reporterSchema(formats).safeParse('toy=out/toy.txt').success).toBe(true);
    expect(reporterSchema(formats).safeParse('tooy').error?.issues[0]?.message).toContain('did you mean "toy"');
    expect(reporterSchema().safeParse('toy').success).toBe(false);
    expect(parseReporter('toy=a', formats)).toEqual({ name: 'toy', path: 'a' });
  });

  test.each([undefined, [{ name: 'toy' }]])('is written into the folder of the report for %j', async (reporters) => {
    const folder = join(home(), 'toy');
    await writeReport(folder, { suite: autobahn, report: sampleReport, details: sampleDetailOf }, reporters, formats);
    expect(readFileSync(join(folder, 'toy.txt'), 'utf8')).toBe(sentence);
    if (reporters === undefined)
      expect(readFileSync(join(folder, 'index.html'), 'utf8')).toContain('<a href="toy.txt">toy.txt</a>');
    else expect(readdirSync(folder).sort()).toEqual(['report.json', 'toy.txt']);
  });

  test('goes to stdout, or to a file', () => {
    const on = (path: string) =>
      tell(sampleReport, [{ name: 'toy', path }], { out: home(), env: {}, style, json: false }, formats);
    expect(on('-')).toEqual({ stdout: sentence, stderr: '', failure: undefined });
    on(join(home(), 'elsewhere.txt'));
    expect(readFileSync(join(home(), 'elsewhere.txt'), 'utf8')).toBe(sentence);
    const both = ['toy', 'json'].map((name) => ({ name, path: '-' }));
    expect(() => refuseReporters(both, formats)).toThrow('Only one of toy, json can be on stdout');
  });
});
