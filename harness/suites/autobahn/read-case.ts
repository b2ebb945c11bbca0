import type { RecordedCase } from '../../../reports/document/recorded-case.ts';
import { isTruncated } from '../../../reports/wording/truncated.ts';
import type { ReadCase } from '../../plan/suite.ts';
import { caseById, SUITE_VERSION } from './cases/index.ts';
import { normalise } from './normalise.ts';
import { caseFile, type IndexEntry, indexEntry } from './recorded-json.ts';

/**
 * Parses the result file of one case and its entry in `index.json`, in Autobahn's format.
 * @throws ZodError if the format is wrong. An unknown grade or key is refused too, because it shows another suite or a
 * damaged file.
 */
export function readCase(file: unknown, entry: unknown, { id, agent }: { id: string; agent: string }): ReadCase {
  const listed = indexEntry.parse(entry);
  const detail = caseFile.parse(file);
  return {
    outcome: normalise(detail),
    started: detail.started,
    durationMs: detail.durationMs,
    isTruncated: isTruncated(detail),
    ...(detail.unsteady === undefined ? {} : { unsteady: detail.unsteady }),
    detail,
    contradictions: findContradictions(id, agent, listed, detail),
  };
}

/**
 * Finds contradictions between a case's entry in `index.json`, its result file and the data of the case. A
 * contradiction shows a damaged or forged result.
 */
function findContradictions(id: string, agent: string, listed: IndexEntry, detail: RecordedCase): string[] {
  const contradictions: string[] = [];
  const compare = (what: string, inIndex: unknown, inFile: unknown) => {
    if (inIndex !== inFile)
      contradictions.push(
        `${what} is ${JSON.stringify(inIndex)} in the index and ${JSON.stringify(inFile)} in the file`,
      );
  };
  compare('the case id', id, detail.id);
  compare('the agent', agent, detail.agent);
  compare('behavior', listed.behavior, detail.behavior);
  compare('behaviorClose', listed.behaviorClose, detail.behaviorClose);
  compare('remoteCloseCode', listed.remoteCloseCode, detail.remoteCloseCode);
  if (detail.durationMs !== null) compare('duration', listed.duration, detail.durationMs);
  contradictions.push(...impossibleGrades(id, detail));
  // Autobahn's fuzzing client sends its version in the header field User-Agent. Other engines send their own name.
  const recordedBy = /^User-Agent: AutobahnTestSuite\/([\d.]+)/m.exec(detail.httpRequest)?.[1];
  if (recordedBy !== undefined && recordedBy !== SUITE_VERSION) {
    contradictions.push(
      `the result is of version ${recordedBy} of the suite, but cases and expectations are of version ${SUITE_VERSION}`,
    );
  }
  if (Number.isNaN(Date.parse(detail.started))) contradictions.push(`the start "${detail.started}" is not a time`);
  return contradictions;
}

/** Finds grades in a result that the suite never gives in this case, according to the case data. */
function impossibleGrades(id: string, { behavior, behaviorClose }: RecordedCase): string[] {
  const contradictions: string[] = [];
  const caseData = caseById(id);
  const isInformational = caseData?.finalRule === 'informational';
  const canBeNonStrict = caseData?.allowed['NON-STRICT'] !== undefined && !isInformational;
  const canBeUnimplemented = caseData?.criterion.by === 'compressed round-trips';
  if ((behavior === 'INFORMATIONAL') !== isInformational) {
    contradictions.push(
      isInformational ? 'this case is always INFORMATIONAL' : 'INFORMATIONAL is never a grade of this case',
    );
  }
  if ((behavior === 'INFORMATIONAL') !== (behaviorClose === 'INFORMATIONAL'))
    contradictions.push('only one of the two grades is INFORMATIONAL');
  if (behavior === 'NON-STRICT' && !canBeNonStrict) contradictions.push('NON-STRICT is never a grade of this case');
  if (behavior === 'UNIMPLEMENTED' && !canBeUnimplemented)
    contradictions.push('UNIMPLEMENTED is never a grade of this case');
  return contradictions;
}
