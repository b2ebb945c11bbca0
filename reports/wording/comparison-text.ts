import { CHANGES, type Comparison, type ComparisonChange } from './comparison.ts';
import { count, type Face } from './vocabulary.ts';

/**
 * The glyph, the word and the colours of each kind of change. The glyph and the word serve readers who see no colours.
 */
export const CHANGE_FACES: Readonly<Record<ComparisonChange, Face>> = {
  regressed: { glyph: '▼', word: 'regressed', tone: 'worse' },
  removed: { glyph: '−', word: 'removed', tone: 'worse' },
  changed: { glyph: '±', word: 'changed', tone: 'other' },
  fixed: { glyph: '▲', word: 'fixed', tone: 'better' },
  added: { glyph: '+', word: 'added', tone: 'other' },
};

/**
 * The glyph, the word and the colours of each kind of change between two agents of one run. The two agents have no
 * order in time, so the words do not say that a case regressed or was fixed.
 */
const AGENT_FACES: Readonly<Record<ComparisonChange, Face>> = {
  regressed: { ...CHANGE_FACES.regressed, word: 'worse in B' },
  removed: { ...CHANGE_FACES.removed, word: 'only in A' },
  changed: { ...CHANGE_FACES.changed, word: 'different' },
  fixed: { ...CHANGE_FACES.fixed, word: 'better in B' },
  added: { ...CHANGE_FACES.added, word: 'only in B' },
};

/** Selects the glyphs, words and colours for a comparison: of two runs of one agent, or of two agents. */
export function changeFaces({ a, b }: Pick<Comparison, 'a' | 'b'>): Readonly<Record<ComparisonChange, Face>> {
  return a.agent === b.agent ? CHANGE_FACES : AGENT_FACES;
}

/** Summarises a comparison in one line, for example `2 regressed, 1 fixed, 514 the same`. */
export function comparisonSentence(comparison: Comparison): string {
  const { counts, same, without } = comparison;
  const faces = changeFaces(comparison);
  const changes = CHANGES.filter((change) => counts[change] > 0).map(
    (change) => `${count(counts[change])} ${faces[change].word}`,
  );
  const rest = without === 0 ? '' : `, ${count(without)} without an outcome on either side`;
  return `${[...changes, `${count(same)} the same`].join(', ')}${rest}`;
}
