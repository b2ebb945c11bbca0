import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RecordedCase } from '../document/recorded-case.ts';
import type { Report } from '../document/report.ts';
import { filledWith, HOSTILE_STRINGS } from '../testing/hostile.ts';
import { HOSTILE_NAMES, sampleDetail, sampleDetailOf, sampleOutcome, sampleReport } from '../testing/sample.ts';
import { bigReport } from '../testing/sample-big.ts';
import { gradeFaces } from '../wording/outcome.ts';
import { MISSING_FACE, SKIPPED_FACE } from '../wording/vocabulary.ts';
import { caseView } from './case-view.ts';
import { unpackCells } from './cell-facts.ts';
import { html } from './html.ts';
import { indexView } from './index-view.ts';
import { precompileTemplates } from './precompile.ts';
import { parseQuery } from './query.ts';
import { render } from './render.ts';

const pages = new Map([...html(sampleReport, sampleDetailOf)].map(({ path, content }) => [path, content]));
const page = (path: string) => {
  const content = pages.get(path);
  if (content === undefined) throw new Error(`no page ${path}`);
  return content;
};
const index = page('index.html');
const [OURS, OTHER] = ['img-1a2b3c4d', 'error-5e6f7a8b'];
const seed = page(`cases/${OURS}/7.1.6.html`);

/** Returns the text of a page as a reader sees it: without tags, with resolved entities and single spaces. */
function text(content: string): string {
  const entities: Record<string, string> = {
    amp: '&',
    lt: '<',
    gt: '>',
    quot: '"',
    '#x27': "'",
    '#x60': '`',
    '#x3D': '=',
  };
  return content
    .replace(/<(style|script)>[\s\S]*?<\/\1>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&(#?\w+);/g, (all, name: string) => entities[name] ?? all)
    .replace(/\s+/g, ' ');
}

/**
 * Returns the tags of a page in order, with the names of their attributes. No text in a report may change this list.
 */
function skeleton(content: string): string {
  return (content.match(/<[^>]*>/g) ?? []).map((tag) => tag.replace(/="[^"]*"/g, '')).join('\n');
}

describe('every page', () => {
  it('is the index, or belongs to one planned case of one agent, also if the result is missing', () => {
    expect(pages.size).toBe(1 + sampleReport.agents.length * sampleReport.cases.length);
  });

  it('contains everything it needs, and allows only its one style sheet and one script', () => {
    for (const content of pages.values()) {
      const style = /<style>([\s\S]*?)<\/style>/.exec(content)?.[1] ?? '';
      const script = /<script>([\s\S]*?)<\/script>/.exec(content)?.[1] ?? '';
      const sha = (inline: string) => createHash('sha256').update(inline).digest('base64');
      expect(content).toContain(
        `content="default-src 'none'; img-src data:; style-src 'sha256-${sha(style)}'; script-src 'sha256-${sha(script)}'; base-uri 'none'; form-action 'none'"`,
      );
      expect(content.match(/<(style|script)\b/g)).toEqual(['<style', '<script']);
      const tags = content.match(/<[a-z][^>]*>/g)?.join('\n') ?? '';
      expect(tags).not.toMatch(/\s(on\w+|style|src|srcset|action)(=|\s|>)/);
    }
  });

  it('shows in the title of a case the verdict instead of the grade, if the case needs attention', () => {
    const title = (path: string) => /<title>([^<]*)/.exec(page(path))?.[1];
    expect(title(`cases/${OURS}/7.1.6.html`)).toMatch(/^7\.1\.6 ▼ /);
    expect(title(`cases/${OURS}/1.1.1.html`)).toMatch(/^1\.1\.1 ✓ /);
    expect(title(`cases/${OURS}/6.4.1.html`)).toMatch(/^6\.4\.1 ≈ /);
  });

  it('has one h1, a language, a title and a main part', () => {
    for (const content of pages.values()) {
      expect(content.match(/<h1[ >]/g)).toHaveLength(1);
      expect(content).toMatch(/<html lang="en">[\s\S]*<title>[^<]+<\/title>[\s\S]*<main id="main">/);
    }
  });

  it('shows times for people, with the machine-readable time in the attribute', () => {
    for (const content of pages.values()) {
      expect(text(content)).not.toMatch(/\d\dT\d\d:\d\d/);
      for (const [, datetime, words] of content.matchAll(/<time datetime="([^"]*)">(.*?)<\/time>/g)) {
        expect(datetime).toBe('2026-05-07T18:09:48.789Z');
        expect(words).toBe('7 May 2026, 18:09:48 UTC');
      }
    }
    expect(index).toContain('<time ');
    expect(seed).toContain('<time ');
  });

  it('has unique ids, and all its links and anchors within the report exist', () => {
    for (const [path, content] of pages) {
      const ids = [...content.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
      expect(new Set(ids).size).toBe(ids.length);
      for (const [, href = ''] of content.matchAll(/<a [^>]*href="([^"]*)"/g)) {
        if (
          /^https:\/\//.test(href) ||
          /(^|\/)results\/|^(report\.json|junit\.xml|summary\.md|compare\.html|history\.html|badge\.svg)$/.test(href)
        )
          continue;
        // A link that starts with `#?` sets a filter of the index page. Such a link has no anchor as its target.
        if (href.startsWith('#?')) continue;
        if (href.startsWith('#')) expect(ids).toContain(href.slice(1));
        else expect([...pages.keys()]).toContain(posix.join(posix.dirname(path), href));
      }
    }
  });
});

describe('the index', () => {
  it('shows the times of categories 9 and 12 separately, with the slowest cases of each', () => {
    const times = text(/<section aria-labelledby="slowest">[\s\S]*?<\/section>/.exec(index)?.[0] ?? '');
    expect(times).toMatch(
      /Slowest cases Times by part of the suite and agent Agent Cases Median Slowest Total 9 Limits .* 1 12 ms 12 ms 9\.1\.1 12 ms/,
    );
    expect(times).toMatch(/ 12 permessage-deflate .* all others .* The slowest of 9 Limits 12 ms 9\.1\.1 /);
  });

  it('starts with the decision in words, and with the problems if there is no verdict', () => {
    expect(text(index)).toMatch(
      /○ INCOMPLETE exit code 3 15 of 22 cases.*Problems of the run.*Needs attention.*All cases/,
    );
    for (const part of [
      'The server ended while',
      'It was killed by SIGSEGV.',
      'Read its last lines',
      'segmentation fault',
    ]) {
      expect(index).toContain(part);
    }
  });

  it('shows hundreds of similar cases once, with folded ids, so that a regressed case is visible', () => {
    const missing = Array.from({ length: 516 }, (_, i) => ({
      what: `Case 9.1.${i} has no result.`,
      case: `9.1.${i}`,
      agent: 'ours',
      where: 'results',
      why: 'The index does not list it.',
    }));
    const other = {
      ...missing[0],
      why: 'It holds no JSON.',
      what: 'The result of 9.9.9 cannot be read.',
      case: '9.9.9',
    };
    const all = render('index', indexView({ ...sampleReport, problems: [...missing, other] }));
    expect(all.match(/<article class="problem">/g)).toHaveLength(2);
    expect(text(all)).toContain('Case 9.1.0 has no result. Where ours · results Why The index does not list it.');
    expect(all).toContain('<summary>The same of 515 more cases</summary>');
    expect(all).toMatch(/9\.1\.1, 9\.1\.2, .*9\.1\.515</);
    expect(text(all)).toContain('Where ours · 9.9.9 · results');
  });

  it.each([
    ['passed', '✓ PASSED'],
    ['failed', '✗ FAILED'],
    ['undecided', '○ INCOMPLETE'],
  ] as const)('shows the decision %s as %s', (decision, words) => {
    const view = indexView({ ...sampleReport, gate: { ...sampleReport.gate, decision } });
    expect(text(render('index', view)).trim()).toContain(words);
  });

  it('lists the cases that need attention, worst first, with a sentence and a link', () => {
    const list = /<ol class="attention">([\s\S]*?)<\/ol>/.exec(index)?.[1] ?? '';
    const words = [...list.matchAll(/<span class="mark \w+"><b aria-hidden="true">.<\/b> (\w+)/g)].map(
      ([, word]) => word,
    );
    expect([...new Set(words)]).toEqual(['regressed', 'missing', 'changed', 'new', 'flaky', 'improved']);
    // Five cases without a result have the same reason, so the list shows them in one line.
    expect(words).toHaveLength(11);
    expect(text(list)).toContain('○ missing 5 cases ');
    expect(text(list)).toContain(
      'The server never answered the Close frame: it dropped TCP without a closing handshake.',
    );
  });

  it('folds the list after sixty lines', () => {
    const agents = Array.from({ length: 70 }, (_, i) => ({ name: `a${i}`, slug: `a${i}`, url: 'ws://x', cases: [] }));
    expect(render('index', indexView({ ...sampleReport, agents }))).toContain('<summary>10 more lines</summary>');
  });

  it('shows each case of each agent with glyph and word, also if the result is missing', () => {
    const cells = [...index.matchAll(/<td[^>]*><a (?:class|href)="[^>]*><small>[\s\S]*?(?=<td|<\/tr>)/g)].map(
      ([cell]) => text(cell).trim(),
    );
    expect(cells).toHaveLength(22);
    for (const cell of cells) {
      expect(cell).toMatch(/: (OK|NON-STRICT|INFORMATIONAL|UNIMPLEMENTED|FAILED|MISSING|SKIPPED)( |$)/);
    }
    expect(cells.filter((cell) => cell.includes('MISSING'))).toHaveLength(6);
    expect(cells[0]).toBe(`1.1.1 ${HOSTILE_NAMES[0]}: OK 1000`);
  });

  it('gives every grade in the matrix a glyph that screen readers ignore', () => {
    const [good, ...others] = gradeFaces(sampleReport.suites);
    expect(index).toContain(`.matrix td a:before{font-weight:700;content:"${good?.glyph} " / ""}`);
    for (const face of [...others, MISSING_FACE, SKIPPED_FACE])
      expect(index).toContain(`.matrix a.${face.tone}:before{content:"${face.glyph} " / ""}`);
  });

  it('has a link for every count, whose search word finds as many cells', () => {
    const counters = [
      ...index.matchAll(/<a class="mark \w+" href="#\?q[^"]*" data-word="([^"]*)"[^>]*>.*?<\/b> (\d+) /g),
    ];
    expect(counters.length).toBeGreaterThan(12);
    const [, quoted = ''] = /data-words="([^"]*)"/.exec(index) ?? [];
    const words = JSON.parse(quoted.replaceAll('&quot;', '"'));
    const cells = sampleReport.agents.map((agent, at) => {
      const packed = [...index.matchAll(/data-cells="([^"]*)"/g)][at]?.[1] ?? '';
      return unpackCells(packed, agent.name, words);
    });
    for (const [, word = '', n] of counters) {
      const found = cells
        .flat()
        .filter((cell) => parseQuery(word, { ...words, agents: [] }).matches({ id: '1', text: '', cells: [cell] }));
      expect(found, word).toHaveLength(Number(n));
    }
  });

  it('marks unexpected outcomes, close grades other than OK, and known deviations with their reasons', () => {
    const row = (id: string) => text(new RegExp(`<tr data-case="${id}".*?</tr>`, 's').exec(index)?.[0] ?? '');
    expect(row('7.1.6')).toContain('INFORMATIONAL no code ▼ regressed');
    expect(row('6.4.2')).toContain('OK 1007 ▲ improved');
    expect(row('7.5.1')).toContain('OK 1002 ± changed close ‼ WRONG CODE');
    expect(row('6.4.1')).toContain('known');
    expect(index).toContain(
      '<abbr title="UTF-8 is judged when the message is whole | &lt;b&gt;not&lt;/b&gt; before.">',
    );
  });

  it('says that no agent is known, instead of a matrix without columns', () => {
    const content = render('index', indexView({ ...sampleReport, agents: [] }));
    expect(content).not.toContain('<details class="category"');
    expect(text(content)).toContain('No agent is known, so there are no outcomes; 11 cases were planned.');
  });

  it('unfolds the categories with cases that need attention, and counts the cases by agent', () => {
    const good = sampleReport.agents.map((agent) => ({
      ...agent,
      cases: sampleReport.cases.map(
        ({ id }) =>
          ({
            ...agent.cases[0],
            id,
            verdict: id === '2.4' ? 'regressed' : 'same',
          }) as Report['agents'][number]['cases'][number],
      ),
    }));
    const content = render('index', indexView({ ...sampleReport, agents: good }));
    const open = [...content.matchAll(/<details class="category" data-category="(\w+)"( open)?>/g)].map(
      ([, id, is]) => [id, is !== undefined],
    );
    expect(open).toEqual([
      ['1', false],
      ['2', true],
      ['6', false],
      ['7', false],
      ['9', false],
      ['12', false],
    ]);
    expect(text(content)).toContain('1 Framing 2/2 2/2');
  });
});

describe('a case page', () => {
  it('says what was wrong at the top, and shows the fields that differ first', () => {
    expect(text(seed)).toMatch(
      /▼ regressed .*The server never answered the Close frame: it dropped TCP without a closing handshake\./,
    );
    const rows = [...seed.matchAll(/<tr class="apart"><th scope="row">[\s\S]*?<\/tr>/g)].map(([row]) =>
      text(row).trim(),
    );
    expect(rows.slice(0, 2)).toEqual([
      'Server’s close code remoteCloseCode 1000 (normal closure) none ▼ worse',
      'Clean close wasClean yes no ▼ worse',
    ]);
  });

  it('has every section of an Autobahn report, each with its anchor', () => {
    const anchors = [
      'verdict',
      'description',
      'expectation',
      'outcome',
      'closing',
      'handshake',
      'properties',
      'octets',
      'frames',
      'wire',
      'compression',
      'again',
    ];
    expect([...seed.matchAll(/<h2 id="(\w+)">/g)].map(([, id]) => id)).toEqual(anchors);
    expect(seed.match(/<th scope="row"><code>/g)).toHaveLength(13);
    expect(text(seed)).toContain('Sec-WebSocket-Key NrIHTwv0VMBOFaV2wXpGUQ==');
    expect(text(seed)).toContain('HTTP/1.1 101 Switching Protocols');
    expect(text(seed)).toContain('65,536 3 196,608');
    expect(text(seed)).toContain('Total 5 202,942');
    expect(text(seed)).toContain('8 close 1 9 ping 1 11 reserved control 1 Total 5');
    expect(text(seed)).toContain('incoming Compression Ratio 75.96 %');
  });

  it('names the first difference between observed and expected events by position, not by alignment', () => {
    const part = (expected: RecordedCase['received'], received: RecordedCase['received']) => {
      const [agent] = sampleReport.agents;
      const at = sampleReport.cases.findIndex(({ id }) => id === '7.1.6');
      const detail = sampleDetailOf(OURS ?? '', '7.1.6');
      if (agent === undefined || detail === undefined) throw new Error('the sample is empty');
      const view = caseView(sampleReport, agent, at, { ...detail, expected: { OK: expected }, received });
      return /First difference at event \d+: .*?\./.exec(text(render('case', view)))?.[0];
    };
    const [one, two] = ['a', 'b'].map((payload) => ({ kind: 'message', payload, binary: false }) as const);
    if (one === undefined || two === undefined) throw new Error('there are no events');
    expect(part([two], [one, two])).toBe(
      'First difference at event 1: expected text message “b”, got text message “a”.',
    );
    expect(part([one, two], [two])).toBe(
      'First difference at event 1: expected text message “a”, got text message “b”.',
    );
    expect(part([one], [one, two])).toBe(
      'First difference at event 2: nothing more was expected, got text message “b”.',
    );
    expect(part([one, two], [one])).toBe('First difference at event 2: expected text message “b”, got nothing.');
  });

  it('turns the line breaks of a recorded description into lines, and shows all other tags as text', () => {
    expect(seed).toContain(
      'Two messages, then a Close and a Ping.\n\nPART1 &#x3D; &lt;i&gt;cebae1&lt;/i&gt;\nPART2 &#x3D; f4908080',
    );
  });

  it('explains every kind of wire log row, and says which side dropped TCP', () => {
    const wire = text(/<table class="data wire"[\s\S]*?<\/table>/.exec(seed)?.[0] ?? '');
    for (const row of [
      '0 → TX BYTES · 242 bytes row 2 474554202f',
      '1 ← RX BYTES · 166 bytes row 10 +3 ms 485454502f312e31 ...',
      '2 → TX FRAME · 1 text · FIN · len 10 · mask eccd1840 · repeated to 262,144 bytes · written 997 at a time · synced row 0 BAsd7&jh23',
      '3 → TX FRAME · 8 close · FIN · len 2 · mask da9b8168 · 1000 (normal closure) 0x03e8',
      '4 ◷ TIMER case waits 1 s · tag A',
      '5 ◷ TIMER wait over, case continues · tag A',
      '6 ◷ TIMER connection will be failed after 1 s',
      '7 ◷ TIMER timeout: the connection is failed',
      '8 ◷ TIMER connection will be closed after 10 s',
      '9 ◷ TIMER timeout: a Close frame is sent',
      '10 ← RX FRAME · 1 text · no FIN · RSV1 · RSV2 · RSV3 · len 27 · no mask',
      '! breaks a rule: RSV1 is set and nothing negotiated it (RFC 6455 5.2)',
      '<img src=x onerror=alert(1)>',
      '11 · LOG wire log switched off',
      '12 · LOG wire log switched on',
      '13 END TCP was dropped by the server ! the Close frame of row 3 was not answered: the server ended TCP without a Close frame (RFC 6455 5.5.1)',
    ]) {
      expect(wire).toContain(row);
    }
    expect(seed).toContain('<u>RSV1</u>');
    expect(seed).toContain('<tr id="w10"');
  });

  it('shows both ends of a long wire log, and says how many rows are left out', () => {
    const detail: RecordedCase = {
      ...sampleDetail('7.1.6', 'a', sampleOutcome({ droppedByMe: true })),
      wirelog: Array.from({ length: 65_536 }, (_, at) => {
        return { row: 'octets', direction: at % 2 === 0 ? 'in' : 'out', length: 1, hex: '00' };
      }),
    };
    const [agent] = sampleReport.agents;
    if (agent === undefined) throw new Error('the sample has no agent');
    const content = render('case', caseView(sampleReport, agent, 5, detail));
    expect(text(content)).toContain('65,136 rows are left out;');
    expect(content.match(/<tr id="w/g)).toHaveLength(401);
    expect(text(content)).toContain('65536 END TCP was dropped by the fuzzing client');
    expect(content.length).toBeLessThan(200_000);
  });

  it('joins reads or writes without the start of a frame in a long wire log, and keeps rows that others link to', () => {
    const octets = (hex: string, direction: 'in' | 'out' = 'out') =>
      ({ row: 'octets', direction, length: hex.length / 2, hex }) as const;
    const ping = {
      row: 'frame',
      direction: 'out',
      opcode: 9,
      fin: true,
      rsv: 0,
      masked: true,
      mask: '00000000',
    } as const;
    const wirelog = Array.from({ length: 10 }, () => [
      { ...ping, length: 1, payload: 'p' },
      ...['89', '81', '00', '00', '00', '00', '70'].map((hex) => octets(hex)),
    ]).flat();
    const rows = (log: RecordedCase['wirelog']) => {
      const detail = {
        ...sampleDetail('7.1.6', 'a', sampleOutcome()),
        httpRequest: '?',
        httpResponse: '?',
        wirelog: log,
      };
      const [agent] = sampleReport.agents;
      if (agent === undefined) throw new Error('the sample has no agent');
      const content = render('case', caseView(sampleReport, agent, 5, detail));
      return [...content.matchAll(/<tr id="w\d+"[\s\S]*?<\/tr>/g)].map(([row]) => text(row).trim());
    };
    const long = rows(wirelog);
    expect(long).toHaveLength(2 * 10 + 1);
    expect(long.slice(0, 3)).toEqual([
      '0 → TX FRAME · 9 ping · FIN · len 1 · mask 00000000 row 1 p',
      '1 → TX BYTES · 7 bytes · in 7 writes row 0 89810000000070',
      '8 → TX FRAME · 9 ping · FIN · len 1 · mask 00000000 row 9 p',
    ]);
    // Rows of a short wire log are not joined. Rows of different directions are not joined either.
    expect(rows(wirelog.slice(0, 8))).toHaveLength(8 + 1);
    expect(rows([...wirelog, octets('00', 'in'), octets('00', 'in')])).toHaveLength(2 * 10 + 1 + 1);
  });

  it('shows equal grades once, and says if only the facts differ from the expectation', () => {
    const chips = (path: string) => text(/<p class="chips">[\s\S]*?<\/p>/.exec(page(path))?.[0] ?? '').trim();
    expect(chips(`cases/${OURS}/7.1.6.html`)).toBe('▼ regressed graded i INFORMATIONAL as expected; only facts differ');
    expect(chips(`cases/${OURS}/1.1.1.html`)).toBe('= as expected graded ✓ OK');
    expect(chips(`cases/${OURS}/7.5.1.html`)).toBe('± changed graded ✓ OK close ‼ WRONG CODE expected ✓ OK');
    expect(chips(`cases/${OURS}/1.1.2.html`)).toBe('○ missing graded ○ MISSING expected ✓ OK');
  });

  it('has different links for the next case and the next problem', () => {
    const steps = text(/<span class="steps">[\s\S]*?<\/nav>/.exec(seed)?.[0] ?? '').trim();
    expect(steps).toBe(
      'case ← previous case 6.4.2 next case 7.5.1 → problem ← previous problem 6.4.2 next problem 7.5.1 →',
    );
  });

  it('links to its neighbours, the other agents and the recorded JSON, and shows the command for this case', () => {
    expect(seed).toContain('rel="prev" href="6.4.2.html"');
    expect(seed).toContain('rel="next" href="7.5.1.html"');
    expect(seed).toContain(`href="../${OTHER}/7.1.6.html"`);
    expect(seed).toContain('href="../../results/server/case_7_1_6.json"');
    expect(seed).toContain('npm run conformance -- --engine docker 7.1.6</pre>');
    expect(seed).toContain('href="https://www.rfc-editor.org/rfc/rfc6455#section-5.5.1"');
  });

  it('names a known deviation, its reason and the address of its discussion', () => {
    const known = text(page(`cases/${OURS}/6.4.1.html`));
    expect(known).toContain(
      'Known deviation: UTF-8 is judged when the message is whole | <b>not</b> before. https://example.com/issues/7',
    );
    expect(known).toContain('fixtures/expected/ours.json, line 12');
  });

  it('says that there is no record of a missing result, and names the problem that may be the cause', () => {
    const missing = text(page(`cases/${OTHER}/7.5.1.html`));
    expect(missing).toContain('○ MISSING: the engine recorded no result for this case');
    expect(missing).toContain('Problem: The server ended while cases were still to be played.');
  });

  it('shows what the server printed during the case, and has no such section if the server printed nothing', () => {
    const [agent] = sampleReport.agents;
    const [one] = agent?.cases ?? [];
    if (agent === undefined || one === undefined) throw new Error('the sample is empty');
    const loud = { ...agent, cases: [{ ...one, serverOutput: ['<b>closing</b>', 'reset\x1b[2J'] }] };
    const content = render('case', caseView(sampleReport, loud, 0, undefined));
    expect(content).toContain('&lt;b&gt;closing&lt;/b&gt;\nreset\\x1b[2J</pre>');
    expect(seed).not.toContain('id="output"');
  });

  it('links only to web addresses, and to no recorded path outside of the report', () => {
    const [agent] = sampleReport.agents;
    const [one] = agent?.cases ?? [];
    if (agent === undefined || one === undefined) throw new Error('the sample is empty');
    const odd = {
      ...agent,
      cases: [{ ...one, issue: 'javascript:alert(1)', why: 'x', result: 'javascript:alert(1)//"x' }],
    };
    const content = render('case', caseView(sampleReport, odd, 0, undefined));
    expect(content).not.toMatch(/href="javascript/);
    expect(content).toContain('href="../../javascript%3Aalert(1)//%22x"');
    const out = { ...agent, cases: [{ ...one, result: '../../secret.json' }] };
    expect(render('case', caseView(sampleReport, out, 0, undefined))).not.toContain('secret');
  });
});

describe('517 cases', () => {
  it('of 5 agents give an index of at most 400 KiB', () => {
    const [page] = html(bigReport(5), () => undefined);
    expect(Buffer.byteLength(page?.content ?? '')).toBeLessThanOrEqual(400 * 1024);
  });

  it('give pages of at most 60 KiB each and 20 MiB in total, with wire logs of real length', () => {
    const [agent] = sampleReport.agents;
    if (agent === undefined) throw new Error('the sample has no agent');
    const detail = sampleDetail('7.1.6', 'a', sampleOutcome());
    const wirelog = Array.from({ length: 6 }, () => detail.wirelog).flat();
    const stats = Object.fromEntries(Array.from({ length: 450 }, (_, i) => [String(i * 37), i]));
    const content = render('case', caseView(sampleReport, agent, 5, { ...detail, wirelog, rxOctetStats: stats }));
    expect(Buffer.byteLength(content)).toBeLessThanOrEqual(60 * 1024);
    const usual = page(`cases/${OURS}/1.1.1.html`);
    expect(Buffer.byteLength(usual) * 517).toBeLessThanOrEqual(20 * 1024 * 1024);
  });
});

describe('the facts of the run', () => {
  const withJob = (url: string) =>
    [
      ...html(
        { ...sampleReport, run: { ...sampleReport.run, ci: { name: 'CI', branch: '<main>', url } } },
        sampleDetailOf,
      ),
    ][0]?.content ?? '';

  it('name the CI job, and link to it', () => {
    expect(index).toContain(
      '<dd><a href="https://git.example/somebody/server/actions/runs/4711">GitHub Actions, job conformance, branch fix/close|&lt;b&gt;</a></dd>',
    );
  });

  it.each(['javascript:alert(1)', 'data:text/html,x', 'ftp://x.example/', ''])('never link to %j', (url) => {
    expect(withJob(url)).toContain('<dt>CI job</dt><dd>CI, branch &lt;main&gt;</dd>');
  });
});

describe('hostile text', () => {
  const both = (words: string) => {
    const report = filledWith(sampleReport, words);
    const [agent] = report.agents;
    if (agent === undefined) throw new Error('the sample has no agent');
    const line = words.replace(/[\r\n]/g, ' ');
    const filled = filledWith(sampleDetail('7.1.6', 'a', sampleOutcome()), words);
    const detail = {
      ...filled,
      // The lengths of headers and of hex texts decide whether rows are joined and whether hex is folded.
      wirelog: [
        { row: 'log', on: false } as const,
        ...filled.wirelog.map((row) => (row.row === 'octets' ? { ...row, hex: words.padEnd(40, '0') } : row)),
      ],
      httpRequest: `${line}\r\n${line.replaceAll(':', '')}: ${line}\r\n`,
      httpResponse: `${line}\r\n`,
    };
    return [render('index', indexView(report)), render('case', caseView(report, agent, 3, detail))] as const;
  };
  const plain = both('plain').map(skeleton);

  it(`changes no tag and no attribute of a page, in any field: ${HOSTILE_STRINGS.length} strings`, () => {
    expect(HOSTILE_STRINGS.length).toBeGreaterThanOrEqual(300);
    for (const words of HOSTILE_STRINGS) {
      const [indexPage, casePage] = both(words);
      expect(skeleton(indexPage) === plain[0], `index with ${JSON.stringify(words)}`).toBe(true);
      expect(skeleton(casePage) === plain[1], `case with ${JSON.stringify(words)}`).toBe(true);
    }
  });

  it('is shown as it is, with escaped invisible characters', () => {
    expect(text(index)).toContain(HOSTILE_NAMES[0]);
    expect(text(index)).toContain('::error::x\\u202e]]>\\x00 {{7*7}} | two');
    expect(text(seed)).toContain('<svg onload=alert(1)>');
  });
});

describe('the templates', () => {
  const folder = new URL('./templates/', import.meta.url);

  it('escape every expression', () => {
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.hbs'))) {
      expect(readFileSync(new URL(file, folder), 'utf8'), file).not.toMatch(/\{\{\{|\{\{~?&/);
    }
  });

  it('are never compiled from data: pages import only the runtime of handlebars, in a version without known vulnerabilities', () => {
    const room = new URL('..', import.meta.url);
    const users = readdirSync(room, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
      .filter((name) => /^import (?!type).* from 'handlebars'/m.test(readFileSync(new URL(name, room), 'utf8')));
    expect(users).toEqual(['pages/precompile.ts']);
    const { devDependencies } = JSON.parse(readFileSync(new URL('../package.json', room), 'utf8'));
    expect(devDependencies.handlebars).toMatch(/^4\.7\.(9|\d\d)$/);
  });

  it('treat inherited properties of a view as missing', () => {
    expect(() => render('index', Object.create(indexView(sampleReport)))).toThrow();
  });

  it('are compiled in their current form (npm run templates)', () => {
    expect(readFileSync(new URL('compiled.js', folder), 'utf8') === precompileTemplates()).toBe(true);
  });

  it('throw if a view lacks a value', () => {
    expect(() => render('index', {})).toThrow(/not defined/);
  });
});
