import { explainDifferences } from '../../../reports/wording/sentence.ts';
import type { CaseGroups } from '../../plan/match-cases.ts';
import type { Suite } from '../../plan/suite.ts';
import { SUITE_VERSION } from './cases/index.ts';
import { catalogue, conformantOutcome } from './catalogue.ts';
import { explain } from './explain.ts';
import { fields } from './outcome-fields.ts';
import { readCase } from './read-case.ts';
import { selfTest } from './self-test.ts';

const categoryOf = (id: string): number => Number(id.split('.')[0]);

/** The named groups of cases. `@core` leaves out the slow cases; most CI jobs run only this group. */
export const groups: CaseGroups = {
  '@core': (id) => categoryOf(id) <= 7 || categoryOf(id) === 10,
  '@limits': (id) => categoryOf(id) === 9,
  '@deflate': (id) => categoryOf(id) === 12 || categoryOf(id) === 13,
};

/** The Autobahn|Testsuite as a fuzzing client that tests servers. */
export const autobahn: Suite = {
  id: 'autobahn',
  title: 'Autobahn|Testsuite',
  version: SUITE_VERSION,
  subject: 'server',
  cases: catalogue,
  groups,
  fields,
  conformant: conformantOutcome,
  readCase,
  describe: explainDifferences,
  explain,
  selfTest,
};
