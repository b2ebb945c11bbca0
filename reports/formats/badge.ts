import type { ReportFile } from '../document/files.ts';
import type { Report } from '../document/report.ts';
import { escapeInvisibleLine } from '../wording/escape-invisible.ts';
import { verdictOf } from '../wording/vocabulary.ts';

/**
 * The average width of a letter in pixels at a font size of 11 px. The SVG attribute `textLength` fits the text
 * exactly.
 */
const LETTER = 6.5;
const PADDING = 8;

const COLOURS = { passed: '#0b5d1e', failed: '#8f1220', undecided: '#444c56' } as const;

/**
 * Makes `badge.svg`, which a README can show: the number of cases that are as expected. The badge is a separate file,
 * so a README that shows the badge loads nothing from a third party. The badge says the result in words, because not
 * everybody can read a result from a colour alone.
 */
export function* badge(report: Report): Generator<ReportFile> {
  yield { path: 'badge.svg', content: badgeOf(report) };
}

function badgeOf(report: Report): string {
  const all = report.agents.flatMap((agent) => report.cases.map(({ id }) => verdictOf(agent, id).verdict));
  const asExpected = all.filter((verdict) => verdict === 'same').length;
  const left = 'RFC 6455';
  const words = { passed: '', failed: ', not as expected', undecided: ', incomplete' }[report.gate.decision];
  const right = escapeInvisibleLine(`${asExpected}/${all.length}${words}`);
  const [a, b] = [left, right].map((text) => Math.round(text.length * LETTER) + 2 * PADDING) as [number, number];
  const part = (text: string, from: number, width: number) =>
    `<text x="${from + PADDING}" y="14" textLength="${width - 2 * PADDING}">${text}</text>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${a + b}" height="20" role="img" aria-label="${left}: ${right}">`,
    `<title>${left}: ${right}</title>`,
    `<rect width="${a}" height="20" fill="#333b44"/><rect x="${a}" width="${b}" height="20" fill="${COLOURS[report.gate.decision]}"/>`,
    `<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">${part(left, 0, a)}${part(right, a, b)}</g>`,
    '</svg>',
    '',
  ].join('\n');
}
