import type { CaseVerdict, Difference, Report } from '../document/report.ts';
import type { SuiteFacts } from '../document/suite-facts.ts';
import { escapeInvisible } from './escape-invisible.ts';
import { gradeFace } from './outcome.ts';
import { type Face, MISSING_FACE, SKIPPED_FACE } from './vocabulary.ts';

/** Views for several kinds of pages. A view contains finished words, and a template only places them. */

/** The face of a case in a list: its main grade, or why there is none. */
export function outcomeFace({ actual, verdict }: CaseVerdict, suite: SuiteFacts): Face {
  if (actual !== null) return gradeFace(suite, actual);
  return verdict === 'skipped' ? SKIPPED_FACE : MISSING_FACE;
}

/** Path of a case's page, relative to the report's folder. */
export function casePath(slug: string, id: string): string {
  return `cases/${slug}/${id}.html`;
}

/**
 * A link to a recorded file from a page. `up` leads from the page to the report's folder. Each part of the path is
 * encoded, so that the link cannot get another scheme. null for a path that leaves the report's folder.
 */
export function rawLink(path: string | null, up: string): string | null {
  const parts = path?.split('/') ?? ['..'];
  return parts.includes('..') ? null : up + parts.map((part) => encodeURIComponent(escapeInvisible(part))).join('/');
}

/** The address of an RFC section at rfc-editor.org, for example of `RFC 6455 5.5.1`. null for any other text. */
export function rfcLink(section: string): string | null {
  const [, number, at] = /^RFC (\d+)(?: (\d[\d.]*))?$/.exec(section) ?? [];
  if (number === undefined) return null;
  return `https://www.rfc-editor.org/rfc/rfc${number}${at === undefined ? '' : `#section-${at}`}`;
}

/**
 * The address itself if it starts with http or https; otherwise null, so that a page shows the address as text only.
 */
export function webLink(address: string | undefined): string | null {
  return address !== undefined && /^https?:\/\/[^\s]+$/i.test(address) ? address : null;
}

/** The CI job of a run in words; null for a run outside of CI. */
export function ciJob({ ci }: Report['run']): string | null {
  if (ci === undefined) return null;
  const { name, job, branch } = ci;
  return `${name}${job === undefined ? '' : `, job ${job}`}${branch === undefined ? '' : `, branch ${branch}`}`;
}

/** The decision of the gate as glyph, word and tone. INCOMPLETE means that the gate could not decide. */
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

/** How a field that differs is marked. Sorting by `order` puts worse first, then other, then better. */
export function towardFace(toward: Difference['toward']): Face & { order: number } {
  return TOWARD[toward];
}
