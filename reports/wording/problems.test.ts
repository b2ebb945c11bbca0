import { expect, it } from 'vitest';
import { casesOf, groupSimilarProblems, whatOfAll } from './problems.ts';

it('groups missing files into one problem, although each file name contains the id of its case', () => {
  const gone = (id: string, why = 'The file is not there.') => ({
    case: id,
    agent: 'ws',
    what: `The file that the index names for case ${id} is not there.`,
    where: `reports/servers/ws_case_${id.replaceAll('.', '_')}.json`,
    why,
  });
  const [all, other, ...rest] = groupSimilarProblems([
    gone('9.1.1'),
    gone('9.1.2'),
    gone('9.2.1', 'Another.'),
    gone('9.8.6'),
  ]);
  if (all === undefined || other === undefined) throw new Error('there are two');
  expect(casesOf(all)).toEqual(['9.1.1', '9.1.2', '9.8.6']);
  expect(whatOfAll(all)).toBe('The file that the index names for case 9.1.1 is not there. The same of 2 more cases.');
  expect(other).toHaveLength(1);
  expect(rest).toEqual([]);
});
