import { z } from 'zod';
import { describeDifferences } from '../../../reports/wording/differences.ts';
import type { OutcomeField, Suite } from '../../plan/suite.ts';

/** The line that the engine sends in each case, and the answer of a conformant server. */
export const EXCHANGES: Readonly<Record<string, { send: string; answer: string }>> = {
  'echo.long.1': { send: 'x'.repeat(200), answer: 'x'.repeat(200) },
  'echo.short.1': { send: 'hello', answer: 'hello' },
  'farewell.1': { send: 'bye', answer: 'good bye' },
};

const fields: readonly OutcomeField[] = [
  {
    name: 'manners',
    label: 'Manners',
    kind: 'grade',
    grades: [
      { word: 'polite', glyph: '✓', tone: 'ok', letter: 'p', level: 'good' },
      { word: 'curt', glyph: '≈', tone: 'nonstrict', letter: 'c', level: 'tolerated' },
      { word: 'rude', glyph: '✗', tone: 'failed', letter: 'r', level: 'bad' },
    ],
    toward: (expected, actual) => (rank(actual.manners) < rank(expected.manners) ? 'better' : 'worse'),
  },
  {
    name: 'answer',
    label: 'Answer',
    kind: 'text',
    toward: (_, actual, conformant) => (actual.answer === conformant.answer ? 'better' : 'worse'),
  },
];
/** The position of a grade in the order from best to worst. A grade is this suite's judgement of an answer. */
const rank = (grade: unknown) => ['polite', 'curt', 'rude'].indexOf(String(grade));

/** The grade of an answer. An answer that differs only in case or in leading and trailing spaces is `curt`. */
export function grade(id: string, answer: string | null): 'polite' | 'curt' | 'rude' {
  const expected = EXCHANGES[id]?.answer;
  if (answer === expected) return 'polite';
  return answer?.trim().toLowerCase() === expected ? 'curt' : 'rude';
}

const fileSchema = z.strictObject({
  id: z.string(),
  started: z.string(),
  durationMs: z.number(),
  manners: z.enum(['polite', 'curt', 'rude']),
  answer: z.string().nullable(),
});
/** The content of a result file of the toy server suite. */
export type ToyFile = z.infer<typeof fileSchema>;

/** A suite of three cases that tests a server over TCP. It shows that the code works with a suite other than Autobahn. */
export const toyServerSuite: Suite = {
  id: 'toy-server',
  title: 'Toy for servers',
  version: '1',
  subject: 'server',
  cases: Object.keys(EXCHANGES).map((id) => ({
    id,
    title: `Answers to ${id}`,
    category: id.split('.')[0] ?? '',
    categoryTitle: `About ${id.split('.')[0]}`,
    subcategory: null,
    subcategoryTitle: null,
    rfc: ['RFC 862'],
    weightMs: 10,
    timed: true,
  })),
  groups: { '@echo': (id) => id.startsWith('echo.') },
  fields,
  conformant(id) {
    const exchange = EXCHANGES[id];
    if (exchange === undefined) throw new RangeError(`The suite has no case ${id}.`);
    return { manners: 'polite', answer: exchange.answer };
  },
  readCase(file, _, { id }) {
    const { manners, answer, started, durationMs, ...about } = fileSchema.parse(file);
    return {
      outcome: { manners, answer },
      started,
      durationMs,
      isTruncated: false,
      contradictions: about.id === id ? [] : [`the case id is ${id} in the index and ${about.id} in the file`],
    };
  },
  describe: (actual, expected, differences, against) =>
    describeDifferences(fields, actual, expected, differences, against),
  explain: (id) => ({
    title: `${id}  Answers`,
    subtitle: 'Toy · RFC 862',
    sections: [
      { title: 'What is sent', paragraphs: [EXCHANGES[id]?.send ?? ''] },
      { title: 'What must happen', paragraphs: [`The server answers ${EXCHANGES[id]?.answer}.`] },
    ],
  }),
};
