import type { CaseVerdict, Difference, Report } from '../document/report.ts';
import type { SuiteFacts } from '../document/suite-facts.ts';
import { escapeInvisible } from './escape-invisible.ts';
import { gradeFace } from './outcome.ts';
import { type Face, MISSING_FACE, SKIPPED_FACE } from './vocabulary.ts';

/** What both kinds of page share. Views hold finished words: a template decides where they stand, never what they say. */

/** The grade a case earned, or why there is none. */
export function outcomeFace({ actual, verdict }: CaseVerdict, suite: SuiteFacts): Face {
  if (actual !== null) return gradeFace(suite, actual);
  return verdict === 'skipped' ? SKIPPED_FACE : MISSING_FACE;
}

/** Path of a case's page below the report's folder. */
export function casePath(slug: string, id: string): string {
  return `cases/${slug}/${id}.html`;
}

/**
 * A recorded path as a link from a page to which `up` is the way out of its folders. Each part is encoded, so it
 * cannot become another scheme; null for one that would leave the report.
 */
export function rawLink(path: string | null, up: string): string | null {
  const parts = path?.split('/') ?? ['..'];
  return parts.includes('..') ? null : up + parts.map((part) => encodeURIComponent(escapeInvisible(part))).join('/');
}

/** The address of an RFC's section: `RFC 6455 5.5.1` → rfc-editor.org. null when the words are not of this form. */
export function rfcLink(section: string): string | null {
  const [, number, at] = /^RFC (\d+)(?: (\d[\d.]*))?$/.exec(section) ?? [];
  if (number === undefined) return null;
  return `https://www.rfc-editor.org/rfc/rfc${number}${at === undefined ? '' : `#section-${at}`}`;
}

/** Only http and https may be followed from a page; anything else stays text. */
export function webLink(address: string | undefined): string | null {
  return address !== undefined && /^https?:\/\/[^\s]+$/i.test(address) ? address : null;
}

/** The CI job a run was played in, in words; null outside of one. */
export function ciJob({ ci }: Report['run']): string | null {
  if (ci === undefined) return null;
  const { name, job, branch } = ci;
  return `${name}${job === undefined ? '' : `, job ${job}`}${branch === undefined ? '' : `, branch ${branch}`}`;
}

/** The gate's decision as one word and a tone. INCOMPLETE stands where it would be a pass or a fail. */
export function decisionFace(decision: Report['gate']['decision']): Face {
  switch (decision) {
    case 'passed':
      return { glyph: '✓', word: 'PASSED', tone: 'ok' };
    case 'failed':
      return { glyph: '✗', word: 'FAILED', tone: 'failed' };
    case 'undecided':
      return { glyph: '○', word: 'INCOMPLETE', tone: 'undecided' };
  }
}

const TOWARD: Readonly<Record<Difference['toward'], Face & { order: number }>> = {
  worse: { glyph: '▼', word: 'worse', tone: 'worse', order: 0 },
  sideways: { glyph: '±', word: 'other', tone: 'other', order: 1 },
  better: { glyph: '▲', word: 'better', tone: 'better', order: 2 },
};

/** How a field that differs is marked. `order` sorts worse before other before better. */
export function towardFace(toward: Difference['toward']): Face & { order: number } {
  return TOWARD[toward];
}
