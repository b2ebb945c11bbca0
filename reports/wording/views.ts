import type { CaseVerdict, Difference, Report } from '../document/report.ts';
import type { SuiteFacts } from '../document/suite-facts.ts';
import { escapeInvisible } from './escape-invisible.ts';
import { gradeFace } from './outcome.ts';
import { type Face, MISSING_FACE, SKIPPED_FACE } from './vocabulary.ts';

/**
 * These functions prepare values for several kinds of pages. The values are finished words, and a template only places
 * them on the page.
 */

/**
 * Returns the glyph, the word and the colours of a case in a list. They show the main grade, or the reason why there is
 * no grade.
 */
export function outcomeFace({ actual, verdict }: CaseVerdict, suite: SuiteFacts): Face {
  if (actual !== null) return gradeFace(suite, actual);
  return verdict === 'skipped' ? SKIPPED_FACE : MISSING_FACE;
}

/** Returns the path of a case's page, relative to the report's folder. */
export function casePath(slug: string, id: string): string {
  return `cases/${slug}/${id}.html`;
}

/**
 * Makes a link from a page to a recorded file. `up` is the path from the page to the report's folder. The function
 * encodes each part of the path, so that the link cannot get another URL scheme. Returns null if the path leaves the
 * report's folder.
 */
export function rawLink(path: string | null, up: string): string | null {
  const parts = path?.split('/') ?? ['..'];
  return parts.includes('..') ? null : up + parts.map((part) => encodeURIComponent(escapeInvisible(part))).join('/');
}

/**
 * Returns the address of an RFC section at rfc-editor.org, for example of `RFC 6455 5.5.1`. Returns null for any other
 * text.
 */
export function rfcLink(section: string): string | null {
  const [, number, at] = /^RFC (\d+)(?: (\d[\d.]*))?$/.exec(section) ?? [];
  if (number === undefined) return null;
  return `https://www.rfc-editor.org/rfc/rfc${number}${at === undefined ? '' : `#section-${at}`}`;
}

/**
 * Returns the address unchanged if it starts with http or https. Otherwise returns null, and the page shows the address
 * as text without a link.
 */
export function webLink(address: string | undefined): string | null {
  return address !== undefined && /^https?:\/\/[^\s]+$/i.test(address) ? address : null;
}

/** Describes the CI job of a run in words. Returns null if the run was not made in CI. */
export function ciJob({ ci }: Report['run']): string | null {
  if (ci === undefined) return null;
  const { name, job, branch } = ci;
  return `${name}${job === undefined ? '' : `, job ${job}`}${branch === undefined ? '' : `, branch ${branch}`}`;
}

/**
 * Returns the glyph, the word and the colours of the decision about a run. INCOMPLETE means that no decision was
 * possible.
 */
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

/**
 * Returns the mark of a field that differs. Sorting by `order` puts worse fields first, better fields last, and other
 * fields between.
 */
export function towardFace(toward: Difference['toward']): Face & { order: number } {
  return TOWARD[toward];
}
