import { wrapText } from '../../reports/wording/wrap-text.ts';
import { matchCases } from '../plan/match-cases.ts';
import { caseIds, type Explanation, type Suite } from '../plan/suite.ts';
import { closestTo } from '../support/did-you-mean.ts';
import { HarnessError } from '../support/harness-error.ts';

/** Maximum width of the text in columns, also on a wider terminal: long lines are hard to read. */
const MAX_COLUMNS = 100;

/**
 * The text that the verb `explain` prints: what a case sends, what must happen, which outcomes are allowed, and usual
 * causes of each bad grade.
 * @param command command line that runs only this case.
 * @param columns width of the terminal.
 * @throws HarnessError with exit code 2 if the suite has no case with this id. The error names the closest id.
 */
export function explainCase(suite: Suite, id: string, command: string, columns = MAX_COLUMNS): string {
  const ids = caseIds(suite);
  if (!ids.includes(id)) throw unknownCase(ids, id);
  const { title, subtitle, sections } = suite.explain(id);
  const lines = (text: string, first: string, rest: string) =>
    wrapText(text, first, rest, Math.min(columns, MAX_COLUMNS));
  const section = ({ title: heading, paragraphs }: Explanation['sections'][number]) => [
    '',
    heading,
    ...paragraphs.flatMap((paragraph) => lines(paragraph, '  ', paragraphs.length > 1 ? '    ' : '  ')),
  ];
  return [
    ...lines(title, '', '  '),
    ...lines(subtitle, '', '  '),
    ...sections.flatMap(section),
    '',
    `Run only this case:  ${command}`,
    '',
  ].join('\n');
}

/** The error for an argument of `explain` that is not the id of exactly one case. */
function unknownCase(ids: readonly string[], id: string): HarnessError {
  const matches = matchCases(ids, id);
  if (matches.length > 0) {
    return new HarnessError(2, {
      what: `"${id}" matches ${matches.length} cases.`,
      why: 'explain describes one case at a time.',
      todo: `Name one case, for example ${matches[0]}. "list ${id}" prints all ${matches.length} cases.`,
    });
  }
  return new HarnessError(2, {
    what: `There is no case "${id}".`,
    why: `The closest id is ${closestTo(id, ids)}.`,
    todo: '"ws-conformance list" prints all cases.',
  });
}
