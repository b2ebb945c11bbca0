import { z } from 'zod';
import { describeDifferences } from '../../../reports/wording/differences.ts';
import type { OutcomeField, Suite } from '../../plan/suite.ts';

/** The question that the engine asks a client in each case, and the right answer. */
export const QUESTIONS: Readonly<Record<string, { ask: string; answer: string }>> = {
  'count.1': { ask: 'what is 1 + 1', answer: '2' },
  'count.2': { ask: 'what is 2 + 2', answer: '4' },
  'name.1': { ask: 'who are you', answer: 'a client' },
};

const fields: readonly OutcomeField[] = [
  {
    name: 'grade',
    label: 'Grade',
    kind: 'grade',
    grades: [
      { word: 'kept', glyph: '✓', tone: 'ok', letter: 'k', level: 'good' },
      { word: 'broken', glyph: '✗', tone: 'failed', letter: 'b', level: 'bad' },
    ],
    toward: (_, actual) => (actual.grade === 'kept' ? 'better' : 'worse'),
  },
  {
    name: 'answered',
    label: 'Answered at all',
    kind: 'flag',
    toward: (_, actual) => (actual.answered === true ? 'better' : 'worse'),
  },
  { name: 'answer', label: 'Answer', kind: 'text', toward: () => 'sideways' },
];

const fileSchema = z.strictObject({
  started: z.string(),
  durationMs: z.number(),
  grade: z.enum(['kept', 'broken']),
  answered: z.boolean(),
  answer: z.string().nullable(),
});
/** The content of a result file of the toy client suite. */
export type ToyFile = z.infer<typeof fileSchema>;

/** A suite of three cases that tests a client. The client connects to a port that the engine opens. */
export const toyClientSuite: Suite = {
  id: 'toy-client',
  title: 'Toy for clients',
  version: '3',
  subject: 'client',
  cases: Object.keys(QUESTIONS).map((id) => ({
    id,
    title: `Answers question ${id}`,
    category: id.split('.')[0] ?? '',
    categoryTitle: `Questions of kind ${id.split('.')[0]}`,
    subcategory: null,
    subcategoryTitle: null,
    rfc: [],
    weightMs: 10,
  })),
  groups: {},
  fields,
  conformant(id) {
    const question = QUESTIONS[id];
    if (question === undefined) throw new RangeError(`The suite has no case ${id}.`);
    return { grade: 'kept', answered: true, answer: question.answer };
  },
  readCase(file) {
    const { started, durationMs, ...outcome } = fileSchema.parse(file);
    return { outcome, started, durationMs, isTruncated: false, contradictions: [] };
  },
  describe: (actual, expected, differences, against) =>
    describeDifferences(fields, actual, expected, differences, against),
  explain: (id) => ({
    title: `${id}  Answers a question`,
    subtitle: 'Toy for clients',
    sections: [{ title: 'What is asked', paragraphs: [QUESTIONS[id]?.ask ?? ''] }],
  }),
};
