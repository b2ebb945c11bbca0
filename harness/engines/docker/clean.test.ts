import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { isOrphan } from './clean.ts';
import { LABEL, ownLabels } from './labels.ts';

const ours = { Labels: ownLabels('run'), State: 'running', Created: 1_000 };

describe('a container', () => {
  it('is not left behind if the process that created it is running', () => {
    expect(isOrphan(ours)).toBe(false);
  });

  it('is left behind if its process has ended, even if another process has the same pid now', () => {
    // The largest pid of Linux is 2^22, so no process has this pid.
    expect(isOrphan({ ...ours, Labels: { ...ours.Labels, [LABEL.pid]: String(2 ** 22 + 1) } })).toBe(true);
    expect(isOrphan({ ...ours, Labels: { ...ours.Labels, [LABEL.started]: '1' } })).toBe(true);
  });

  it('of another host is left behind only if it has stopped and is old', () => {
    const Labels = { ...ours.Labels, [LABEL.host]: `not-${hostname()}`, [LABEL.pid]: '1' };
    const later = (ours.Created + 3_601) * 1_000;
    expect(isOrphan({ ...ours, Labels, State: 'running' }, later)).toBe(false);
    expect(isOrphan({ ...ours, Labels, State: 'exited' }, later)).toBe(true);
    expect(isOrphan({ ...ours, Labels, State: 'exited' }, later - 2_000)).toBe(false);
  });

  it('is never left behind if it does not have our labels', () => {
    expect(isOrphan({ Labels: {}, State: 'exited', Created: 0 })).toBe(false);
    expect(isOrphan({ Labels: { [LABEL.run]: 'x', [LABEL.pid]: 'all' }, State: 'exited', Created: 0 })).toBe(false);
  });
});
