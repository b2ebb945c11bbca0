import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { junit } from './junit.ts';
import type { Report } from './report.ts';
import { sampleReport } from './sample.ts';

const render = (report: Report = sampleReport) => [...junit(report)][0]?.content ?? '';

/**
 * A strict little reader of the XML we write: elements, attributes and text, no comments or CDATA. Throws at the first
 * thing that XML 1.0 forbids; gives back each element's name and attributes.
 */
function readXml(xml: string): { name: string; attributes: Record<string, string> }[] {
  if (
    /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(
      xml,
    )
  ) {
    throw new Error('a character that XML forbids');
  }
  const body = xml.replace(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n/, '');
  const open: string[] = [];
  const elements: { name: string; attributes: Record<string, string> }[] = [];
  const token = /<(\/?)([a-z]+)((?: [a-z]+="[^"<]*")*)(\/?)>|([^<]+)/gy;
  let at = 0;
  while (at < body.length) {
    token.lastIndex = at;
    const found = token.exec(body);
    if (found === null) throw new Error(`not well-formed at ${JSON.stringify(body.slice(at, at + 60))}`);
    at = token.lastIndex;
    const [, closing, name, list = '', empty, text] = found;
    const raw = text ?? list;
    if (/&(?!(amp|lt|gt|quot|apos);)/.test(raw) || raw.includes(']]>')) throw new Error(`bad reference in ${raw}`);
    if (name === undefined) {
      if (open.length === 0 && raw.trim() !== '') throw new Error('text outside the root');
      continue;
    }
    if (closing === '/') {
      if (open.pop() !== name) throw new Error(`</${name}> closes another element`);
      continue;
    }
    const attributes = Object.fromEntries(
      [...list.matchAll(/ ([a-z]+)="([^"]*)"/g)].map(([, key, value]) => [key, value]),
    );
    elements.push({ name, attributes });
    if (empty !== '/') open.push(name);
  }
  if (open.length > 0) throw new Error(`<${open.at(-1)}> is not closed`);
  return elements;
}

describe('junit.xml', () => {
  it('has a suite for each agent and category, and one for what kept us from knowing', () => {
    const suites = readXml(render()).filter(({ name }) => name === 'testsuite');
    expect(suites).toHaveLength(1 + 2 * 6);
  });

  it('counts a verdict as failure, a missing result as error, and a skipped case as skipped', () => {
    const [root] = readXml(render());
    expect(root?.attributes).toMatchObject({ tests: '23', failures: '9', errors: '7', skipped: '1' });
    const xml = render();
    for (const type of ['regressed', 'changed', 'new', 'improved', 'flaky'])
      expect(xml).toContain(`<failure type="${type}" message=`);
    expect(xml).toContain('<error type="missing" message=');
    expect(xml).toContain('<skipped message="permessage-deflate is not built into this server"/>');
  });

  it('gives each case one child that is a verdict at most', () => {
    for (const [testcase] of render().matchAll(/<testcase[\s\S]*?(?:\/>|<\/testcase>)/g)) {
      expect((testcase.match(/<(failure|error|skipped)/g) ?? []).length).toBeLessThan(2);
    }
  });

  it('names cases by what does not change from run to run', () => {
    const names = (report: Report) =>
      readXml(render(report))
        .filter(({ name }) => name === 'testcase')
        .map(({ attributes: { classname, name } }) => `${classname} ${name}`);
    const later = {
      ...sampleReport,
      run: { ...sampleReport.run, id: 'other', started: '2027-01-01T00:00:00.000Z', commit: 'fffffff' },
    };
    expect(names(later)).toEqual(names(sampleReport));
    expect(new Set(names(sampleReport)).size).toBe(names(sampleReport).length);
  });

  it('writes control characters and lone surrogates out', () => {
    const report = {
      ...sampleReport,
      gate: { ...sampleReport.gate },
      suite: { ...sampleReport.suite, name: 'a\x01b\ud800c\ufffe' },
    };
    expect(render(report)).toContain('a\\x01b\\ud800c\\ufffe');
  });

  it('is well-formed whatever the strings hold', () => {
    const anything = fc
      .array(
        fc.nat(0xffff).map((code) => String.fromCharCode(code)),
        { maxLength: 20 },
      )
      .map((all) => all.join(''));
    const markup = fc.constantFrom(']]>', '</testsuite>', '"', '&#0;', '<!--', '\0', '\ud800');
    fc.assert(
      fc.property(fc.oneof(anything, markup, fc.string({ unit: 'binary' })), (text) => {
        expect(() => readXml(render(hostile(text)))).not.toThrow();
      }),
      { numRuns: 80 },
    );
  });
});

/** The sample with `text` in every field that somebody else fills in. */
function hostile(text: string): Report {
  return {
    ...sampleReport,
    engine: { ...sampleReport.engine, summary: text },
    problems: sampleReport.problems.map(() => ({
      what: text,
      where: text,
      why: text,
      todo: text,
      agent: text,
      case: text,
      tail: [text, text],
    })),
    cases: sampleReport.cases.map((info) => ({ ...info, title: text, categoryTitle: text })),
    agents: sampleReport.agents.map((agent) => ({
      ...agent,
      name: text,
      expectedFile: text,
      cases: agent.cases.map((one) => ({
        ...one,
        sentence: text,
        why: text,
        differences: one.differences.map((difference) => ({ ...difference, actual: text, expected: [text] })),
      })),
    })),
  };
}
