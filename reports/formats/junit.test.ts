import fc from 'fast-check';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { SaxesParser } from 'saxes';
import { describe, expect, it } from 'vitest';
import { validateXML } from 'xmllint-wasm';
import type { Report } from '../document/report.ts';
import { HOSTILE_STRINGS } from '../testing/hostile.ts';
import { sampleReport } from '../testing/sample.ts';
import { bigReport } from '../testing/sample-big.ts';
import { junit } from './junit.ts';

const render = (report: Report = sampleReport) => [...junit(report)][0]?.content ?? '';

/**
 * Reads an XML 1.0 document with a strict parser. Returns the elements with their attributes.
 * @throws Error at the first violation of XML 1.0.
 */
function readXml(xml: string): { name: string; attributes: Record<string, string> }[] {
  const elements: { name: string; attributes: Record<string, string> }[] = [];
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => elements.push({ name, attributes }));
  parser.write(xml).close();
  return elements;
}

describe('junit.xml', () => {
  it('has a test suite for each agent and category, and one for the problems of the run', () => {
    const suites = readXml(render()).filter(({ name }) => name === 'testsuite');
    expect(suites).toHaveLength(1 + 2 * 6);
  });

  it('counts an unexpected outcome as failure, a missing result as error, and a skipped case as skipped', () => {
    const [root] = readXml(render());
    expect(root?.attributes).toMatchObject({ tests: '23', failures: '9', errors: '7', skipped: '1' });
    const xml = render();
    for (const type of ['regressed', 'changed', 'new', 'improved', 'flaky'])
      expect(xml).toContain(`<failure type="${type}" message=`);
    expect(xml).toContain('<error type="missing" message=');
    expect(xml).toContain('<skipped message="permessage-deflate is not built into this server"/>');
  });

  it('gives each case at most one child element for its result', () => {
    for (const [testcase] of render().matchAll(/<testcase[\s\S]*?(?:\/>|<\/testcase>)/g)) {
      expect((testcase.match(/<(failure|error|skipped)/g) ?? []).length).toBeLessThan(2);
    }
  });

  it('names cases by text that stays the same from run to run', () => {
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

  it('escapes control characters and lone surrogates', () => {
    const report = {
      ...sampleReport,
      gate: { ...sampleReport.gate },
      suites: sampleReport.suites.map((suite) => ({ ...suite, title: 'a\x01b\ud800c\ufffe' })),
    };
    expect(render(report)).toContain('a\\x01b\\ud800c\\ufffe');
  });

  it('is well-formed for any strings', () => {
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

/** An XML schema that allows only the elements and attributes that all common readers of JUnit files expect. */
const CORE = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:attributeGroup name="counts">
    <xs:attribute name="name" type="xs:string" use="required"/>
    <xs:attribute name="tests" type="xs:nonNegativeInteger" use="required"/>
    <xs:attribute name="failures" type="xs:nonNegativeInteger" use="required"/>
    <xs:attribute name="errors" type="xs:nonNegativeInteger" use="required"/>
    <xs:attribute name="skipped" type="xs:nonNegativeInteger" use="required"/>
    <xs:attribute name="time" type="xs:decimal" use="required"/>
    <xs:attribute name="timestamp" type="xs:dateTime"/>
  </xs:attributeGroup>
  <xs:element name="properties"><xs:complexType><xs:sequence>
    <xs:element name="property" maxOccurs="unbounded"><xs:complexType>
      <xs:attribute name="name" type="xs:string" use="required"/>
      <xs:attribute name="value" type="xs:string" use="required"/>
    </xs:complexType></xs:element>
  </xs:sequence></xs:complexType></xs:element>
  <xs:complexType name="verdict"><xs:simpleContent><xs:extension base="xs:string">
    <xs:attribute name="type" type="xs:string"/>
    <xs:attribute name="message" type="xs:string" use="required"/>
  </xs:extension></xs:simpleContent></xs:complexType>
  <xs:element name="testcase"><xs:complexType>
    <xs:sequence>
      <xs:element ref="properties" minOccurs="0"/>
      <xs:choice minOccurs="0">
        <xs:element name="failure" type="verdict"/>
        <xs:element name="error" type="verdict"/>
        <xs:element name="skipped" type="verdict"/>
      </xs:choice>
    </xs:sequence>
    <xs:attribute name="classname" type="xs:string" use="required"/>
    <xs:attribute name="name" type="xs:string" use="required"/>
    <xs:attribute name="time" type="xs:decimal" use="required"/>
    <xs:attribute name="file" type="xs:string"/>
    <xs:attribute name="line" type="xs:positiveInteger"/>
  </xs:complexType></xs:element>
  <xs:element name="testsuites"><xs:complexType>
    <xs:sequence>
      <xs:element name="testsuite" minOccurs="0" maxOccurs="unbounded"><xs:complexType>
        <xs:sequence>
          <xs:element ref="properties" minOccurs="0"/>
          <xs:element ref="testcase" minOccurs="0" maxOccurs="unbounded"/>
        </xs:sequence>
        <xs:attributeGroup ref="counts"/>
      </xs:complexType></xs:element>
    </xs:sequence>
    <xs:attributeGroup ref="counts"/>
  </xs:complexType></xs:element>
</xs:schema>`;

/** Returns the errors that the program xmllint finds when it checks a document against the schema CORE. */
const xmllint = (contents: string) =>
  validateXML({ xml: { fileName: 'junit.xml', contents }, schema: CORE, maxMemoryPages: 4096 });

describe('XML parsers of other projects', () => {
  const words = HOSTILE_STRINGS.join(' ');
  const withFailed = (failed: number): Report => {
    const report = bigReport(3);
    const agents = report.agents.map((agent) => ({
      ...agent,
      name: `${agent.name} ${words}`,
      cases: agent.cases.map((one, i) =>
        i < failed
          ? { ...one, verdict: 'regressed' as const, sentence: failed > 1 ? one.sentence : words, why: 'a<b>' }
          : { ...one, verdict: 'same' as const },
      ),
    }));
    return { ...report, agents };
  };

  it('find mistakes in a damaged file', async () => {
    const xml = render();
    expect((await xmllint(xml.replace('<testcase ', '<testkase '))).valid).toBe(false);
    expect((await xmllint(xml.replace(' tests="', ' tests="x'))).valid).toBe(false);
    expect(XMLValidator.validate(xml.replace('</testsuites>', ''))).not.toBe(true);
    for (const bad of ['<a>', '<a b="<"/>', '<a>&x;</a>', '<a>\x01</a>', '<a>]]></a>', '<a/><b/>'])
      expect(() => readXml(bad), bad).toThrow();
  });

  it.each([
    ['no failed case', withFailed(0), 0],
    ['one failed case of each agent, with hostile text', withFailed(1), 3],
    ['517 failed cases of each of three agents', withFailed(517), 3 * 517],
    ['all kinds of outcomes', sampleReport, 9],
  ])('accept the file of a report with %s, and count the same numbers', async (_, report, failures) => {
    const xml = render(report);
    const { valid, errors } = await xmllint(xml);
    expect({ valid, errors }).toEqual({ valid: true, errors: [] });
    expect(XMLValidator.validate(xml)).toBe(true);
    expect(readXml(xml).filter(({ name }) => name === 'failure')).toHaveLength(failures);
    const always = new Set(['testsuite', 'testcase']);
    const { testsuites } = new XMLParser({ ignoreAttributes: false, isArray: (name) => always.has(name) }).parse(xml);
    const cases = testsuites.testsuite.flatMap((suite: { testcase: object[] }) => suite.testcase);
    expect(cases.filter((one: object) => 'failure' in one)).toHaveLength(failures);
    expect(Number(testsuites['@_failures'])).toBe(failures);
    expect(Number(testsuites['@_tests'])).toBe(cases.length);
  });
});

/** The sample report, with `text` in every field whose content can come from strangers. */
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
