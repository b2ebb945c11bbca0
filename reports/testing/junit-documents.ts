import type { Report } from '../document/report.ts';
import { junit } from '../formats/junit.ts';
import { HOSTILE_STRINGS } from './hostile.ts';
import { sampleReport } from './sample.ts';

/** Texts for the tests of JUnit files: every byte, every lone surrogate, and strings that try to break out of XML. */
const WORDS = [
  ...Array.from({ length: 0x100 }, (_, code) => `a${String.fromCharCode(code)}b`),
  Array.from({ length: 0x800 }, (_, i) => `${String.fromCharCode(0xd800 + i)}-`).join(''),
  '\ufffe\uffff\u{1f600}',
  ...HOSTILE_STRINGS,
];

/**
 * One report for each text. The agent's name, the titles, the sentences and the log lines of the report are this text.
 */
const reports = WORDS.map((words): Report => {
  const [agent] = sampleReport.agents;
  const [info] = sampleReport.cases;
  const one = agent?.cases.find(({ verdict }) => verdict === 'regressed');
  if (agent === undefined || info === undefined || one === undefined) throw new Error('the sample is empty');
  return {
    ...sampleReport,
    problems: [{ what: words, where: words, why: words, todo: words, tail: [words] }],
    cases: [{ ...info, id: '2.4', title: words, categoryTitle: words }],
    agents: [{ ...agent, name: words, cases: [{ ...one, sentence: words, why: words }] }],
  };
});
/** The content of `junit.xml` for each of these reports. */
export const documents = reports.map((report) => [...junit(report)][0]?.content ?? '');

/**
 * Makes a script for a browser. The script parses each XML text. It returns the indexes of the texts that are not
 * well-formed, and the number of test cases.
 */
export const reading = (texts: readonly string[]) => `(() => {
  const broken = [];
  let cases = 0;
  for (const [at, text] of ${JSON.stringify(texts).replaceAll('<', '\\u003c')}.entries()) {
    const xml = new DOMParser().parseFromString(text, 'application/xml');
    if (xml.querySelector('parsererror') !== null) broken.push(at);
    cases += xml.querySelectorAll('testsuites > testsuite > testcase').length;
  }
  return { broken, cases };
})()`;
/** What the script made by `reading` returns if every JUnit document is well-formed and complete. */
export const whole = { broken: [], cases: 2 * documents.length };
