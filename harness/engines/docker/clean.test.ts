import { hostname } from 'node:os';
import { expect, it } from 'vitest';
import { isOrphan } from './clean.ts';
import { LABEL, ownLabels } from './labels.ts';

const mine = { Labels: ownLabels('run'), State: 'running', Created: 1_000 };

it('leaves the containers of a living owner alone', () => {
  expect(isOrphan(mine)).toBe(false);
});

it('takes those whose owner is dead, and those whose owner’s pid is somebody else’s now', () => {
  // 2^22 is the largest pid Linux gives out.
  expect(isOrphan({ ...mine, Labels: { ...mine.Labels, [LABEL.pid]: String(2 ** 22 + 1) } })).toBe(true);
  expect(isOrphan({ ...mine, Labels: { ...mine.Labels, [LABEL.started]: '1' } })).toBe(true);
});

it('takes those of another host only when they have ended and are old', () => {
  const Labels = { ...mine.Labels, [LABEL.host]: `not-${hostname()}`, [LABEL.pid]: '1' };
  const later = (mine.Created + 3_601) * 1_000;
  expect(isOrphan({ ...mine, Labels, State: 'running' }, later)).toBe(false);
  expect(isOrphan({ ...mine, Labels, State: 'exited' }, later)).toBe(true);
  expect(isOrphan({ ...mine, Labels, State: 'exited' }, later - 2_000)).toBe(false);
});

it('never touches a container without our labels', () => {
  expect(isOrphan({ Labels: {}, State: 'exited', Created: 0 })).toBe(false);
  expect(isOrphan({ Labels: { [LABEL.run]: 'x', [LABEL.pid]: 'all' }, State: 'exited', Created: 0 })).toBe(false);
});
