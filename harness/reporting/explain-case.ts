import { wrapText } from '../../reports/wording/wrap-text.ts';
import { matchCases } from '../plan/match-cases.ts';
import { caseIds, type Explanation, type Suite } from '../plan/suite.ts';
import { closestTo } from '../support/did-you-mean.ts';
import { HarnessError } from '../support/harness-error.ts';

/** Longer lines are tiring to read. */
const MAX_COLUMNS = 100;

/**
 * The text of `explain`: what a case sends, what must happen, what is allowed, and usual causes of each bad grade.
 * @param columns width of the terminal. @param command plays this case alone.
 * @throws HarnessError (2) for an id that the suite does not have, with the closest id.
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
    `Alone:  ${command}`,
    '',
  ].join('\n');
}

function unknownCase(ids: readonly string[], id: string): HarnessError {
  const meant = matchCases(ids, id);
  if (meant.length > 0) {
    return new HarnessError(2, {
      what: `"${id}" is not one case but ${meant.length}.`,
      why: 'Cases are explained one at a time.',
      todo: `Name one, such as ${meant[0]}; "list ${id}" prints them all.`,
    });
  }
  return new HarnessError(2, {
    what: `There is no case "${id}".`,
    why: `The closest id is ${closestTo(id, ids)}.`,
    todo: '"ws-conformance list" prints all cases.',
  });
}
