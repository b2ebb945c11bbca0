import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CaseVerdict, Report } from '../../reports/document/report.ts';
import { junit } from '../../reports/formats/junit.ts';
import { markdown } from '../../reports/formats/markdown.ts';
import { endBlock } from '../../reports/formats/terminal.ts';
import { unpackCells } from '../../reports/pages/cell-facts.ts';
import { parseQuery } from '../../reports/pages/query.ts';
import { unnamedServer } from '../config/config.ts';
import { readRecorded } from '../run/read-recorded.ts';
import { run } from '../run/run.ts';
import { catalogue, suiteIds } from '../suites/autobahn/catalogue.ts';
import { autobahn } from '../suites/autobahn/suite.ts';

/*
 * Tests of the HTML pages of a report of two agents (tested servers). Each link must lead to an existing file and
 * anchor, and each case must be found.
 */

const recorded = join(import.meta.dirname, '../../fixtures/recorded');
const AGENTS = ['ws', 'websocket-node'] as const;

let home: string;
let out: string;
let report: Report;
/** Every page of the report: path below the report's folder → HTML. */
const pages = new Map<string, string>();
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'reachable-test-'));
  out = join(home, 'report');
  const both = join(home, 'both');
  mkdirSync(both);
  const index: Record<string, unknown> = {};
  for (const agent of AGENTS) {
    cpSync(join(recorded, agent), both, { recursive: true });
    Object.assign(index, JSON.parse(readFileSync(join(recorded, agent, 'index.json'), 'utf8')));
  }
  writeFileSync(join(both, 'index.json'), JSON.stringify(index));
  const servers = AGENTS.map((agent) => unnamedServer(agent));
  const options = { plan: catalogue, out, strict: false, command: 'test', history: join(home, 'history.ndjson') };
  report = await run(
    autobahn,
    readRecorded(autobahn, both, servers, undefined, '2026-01-01'),
    options,
    new AbortController().signal,
  );
  for (const name of readdirSync(out, { recursive: true, encoding: 'utf8' }))
    if (name.endsWith('.html')) pages.set(name, readFileSync(join(out, name), 'utf8'));
}, 120_000);
afterAll(() => rmSync(home, { recursive: true }));

/** Replaces the HTML entities that links contain. */
const unescaped = (text: string) => text.replaceAll('&amp;', '&').replaceAll('&#x3D;', '=');

test('the report has every kind of page', () => {
  const kinds = ['index.html', 'compare.html', 'compare-swapped.html', 'history.html'];
  expect([...pages.keys()].filter((path) => !path.startsWith('cases/')).sort()).toEqual(kinds.sort());
  expect(pages.size).toBe(kinds.length + 2 * 517);
});

test('every link leads to an existing file and an existing anchor', () => {
  const idsOf = new Map(
    [...pages].map(([path, page]) => [
      path,
      new Set([...page.matchAll(/ id="([^"]*)"/g)].map(([, id = '']) => unescaped(id))),
    ]),
  );
  const broken: string[] = [];
  let links = 0;
  for (const [path, page] of pages) {
    for (const [, attribute = ''] of page.matchAll(/<a [^>]*href="([^"]*)"/g)) {
      const href = unescaped(attribute);
      if (/^https?:/.test(href)) continue;
      links++;
      const [file = '', anchor] = href.split('#');
      const to = file === '' ? path : decodeURIComponent(posix.join(posix.dirname(path), file));
      // An anchor that begins with "?" is a filter of the index page, not an element.
      const isFilter = anchor === undefined || anchor.startsWith('?') || anchor === '';
      if (!existsSync(join(out, to)) || !(isFilter || idsOf.get(to)?.has(decodeURIComponent(anchor))))
        broken.push(`${path}: ${href}`);
    }
  }
  expect(broken).toEqual([]);
  expect(links).toBeGreaterThan(20_000);
});

describe('each of the 517 cases can be found by its id', () => {
  test('in the matrix, which links to the page with the id in its title', () => {
    const index = pages.get('index.html') ?? '';
    for (const { slug } of report.agents)
      for (const id of suiteIds) {
        const row = new RegExp(`<tr data-case="${id.replaceAll('.', '\\.')}">.*?</tr>`, 's').exec(index)?.[0] ?? '';
        expect(row).toContain(`<b>${id}</b>`);
        expect(row).toContain(`href="cases/${slug}/${id}.html"`);
        expect(pages.get(`cases/${slug}/${id}.html`)).toContain(`<title>${id} `);
      }
  });

  test('by the search, which finds only the case and the cases below its id', () => {
    const index = pages.get('index.html') ?? '';
    const words = JSON.parse((/data-words="([^"]*)"/.exec(index)?.[1] ?? '').replaceAll('&quot;', '"'));
    const packed = [...index.matchAll(/data-cells="([^"]*)"/g)].map(([, cells = '']) => cells);
    const cells = report.agents.map(({ name }, i) => unpackCells(packed[i] ?? '', name, words));
    const rows = suiteIds.map((id, i) => ({ id, text: '', cells: cells.flatMap((agent) => agent[i] ?? []) }));
    for (const id of suiteIds) {
      const found = rows.filter((row) => parseQuery(id, { ...words, agents: [] }).matches(row)).map((row) => row.id);
      expect(found).toContain(id);
      expect(
        found.every((other) => other === id || other.startsWith(`${id}.`)),
        `${id}: ${found}`,
      ).toBe(true);
    }
  });

  test('in JUnit, once for each agent', () => {
    const xml = readFileSync(join(out, 'junit.xml'), 'utf8');
    expect([...junit(report)][0]?.content).toBe(xml);
    const names = [...xml.matchAll(/<testcase [^>]*\bname="(\S+) /g)].map(([, id = '']) => id);
    for (const id of suiteIds) expect(names.filter((name) => name === id)).toHaveLength(report.agents.length);
  });

  test('in the summary and in the terminal output if the case regressed', () => {
    const [agent] = report.agents;
    if (agent === undefined) throw new Error('the report has no agent');
    const unchanged = agent.cases.map((verdict): CaseVerdict => ({ ...verdict, verdict: 'same' }));
    for (const [at, regressed] of unchanged.entries()) {
      const cases = unchanged.with(at, { ...regressed, verdict: 'regressed', sentence: 'It did not.' });
      const changed = { ...report, agents: [{ ...agent, cases }] };
      expect([...markdown(changed)][0]?.content).toContain(`| ▼ regressed | ${regressed.id} | `);
      const terminal = endBlock(changed, out, { colour: false, unicode: true });
      expect(terminal).toContain(`▼ ${regressed.id} regressed: It did not.`);
      expect(terminal).toContain(`cases/${agent.slug}/${regressed.id}.html`);
    }
  });
});
