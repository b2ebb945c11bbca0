import type { RecordedCase } from '../../../reports/document/recorded-case.ts';
import { isTruncated } from '../../../reports/wording/truncated.ts';
import type { ReadCase } from '../../plan/suite.ts';
import { caseById, SUITE_VERSION } from './cases/index.ts';
import { normalise } from './normalise.ts';
import { caseFile, type IndexEntry, indexEntry } from './recorded-json.ts';

/**
 * Checks and types one case file and its index entry in Autobahn's format.
 * @throws ZodError if one of them does not have that format: an unknown grade or key means another suite, or damage.
 */
export function readCase(file: unknown, entry: unknown, { id, agent }: { id: string; agent: string }): ReadCase {
  const listed = indexEntry.parse(entry);
  const detail = caseFile.parse(file);
  return {
    outcome: normalise(detail),
    started: detail.started,
    durationMs: detail.durationMs,
    isTruncated: isTruncated(detail),
    detail,
    contradictions: findContradictions(id, agent, listed, detail),
  };
}

/** Contradictions between the index entry, the case file and the rules of the suite: signs of a damaged or forged result. */
function findContradictions(id: string, agent: string, listed: IndexEntry, detail: RecordedCase): string[] {
  const found: string[] = [];
  const compare = (what: string, inIndex: unknown, inFile: unknown) => {
    if (inIndex !== inFile)
      found.push(`${what} is ${JSON.stringify(inIndex)} in the index and ${JSON.stringify(inFile)} in the file`);
  };
  compare('the case id', id, detail.id);
  compare('the agent', agent, detail.agent);
  compare('behavior', listed.behavior, detail.behavior);
  compare('behaviorClose', listed.behaviorClose, detail.behaviorClose);
  compare('remoteCloseCode', listed.remoteCloseCode, detail.remoteCloseCode);
  if (detail.durationMs !== null) compare('duration', listed.duration, detail.durationMs);
  found.push(...impossibleGrades(id, detail));
  // Autobahn's own engine names its version in this field. Other engines name themselves.
  const recordedBy = /^User-Agent: AutobahnTestSuite\/([\d.]+)/m.exec(detail.httpRequest)?.[1];
  if (recordedBy !== undefined && recordedBy !== SUITE_VERSION) {
    found.push(
      `it was recorded by version ${recordedBy} of the suite, and cases and expectations are those of ${SUITE_VERSION}`,
    );
  }
  if (Number.isNaN(Date.parse(detail.started))) found.push(`"${detail.started}" is no time`);
  return found;
}

/** Grades that the suite never gives in this case, by the data of the case. */
function impossibleGrades(id: string, { behavior, behaviorClose }: RecordedCase): string[] {
  const found: string[] = [];
  const one = caseById(id);
  const isInformational = one?.finalRule === 'informational';
  const mayBeNonStrict = one?.allowed['NON-STRICT'] !== undefined && !isInformational;
  const mayBeUnimplemented = one?.criterion.by === 'compressed round-trips';
  if ((behavior === 'INFORMATIONAL') !== isInformational) {
    found.push(isInformational ? 'this case is always INFORMATIONAL' : 'INFORMATIONAL is no grade of this case');
  }
  if ((behavior === 'INFORMATIONAL') !== (behaviorClose === 'INFORMATIONAL'))
    found.push('only one of its two grades is INFORMATIONAL');
  if (behavior === 'NON-STRICT' && !mayBeNonStrict) found.push('NON-STRICT is no grade of this case');
  if (behavior === 'UNIMPLEMENTED' && !mayBeUnimplemented) found.push('UNIMPLEMENTED is no grade of this case');
  return found;
}
