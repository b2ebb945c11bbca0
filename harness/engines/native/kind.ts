import type { EngineKind } from '../engine-kind.ts';
import { traceLine } from './trace.ts';

/** The embedded engine: the cases of Autobahn, played from this process. */
export const nativeKind: EngineKind = {
  name: 'native',
  title: 'the embedded engine',
  abilities: new Set(['headers', 'certificates', 'data', 'trace']),
  limits: { image: '--image names the container image of the real suite.' },
  async load({ dataFolder, onTrace }) {
    const { nativeEngine } = await import('./engine.ts');
    return nativeEngine({
      ...(dataFolder === undefined ? {} : { dataFolder }),
      ...(onTrace === undefined ? {} : { trace: (id, entry) => onTrace(traceLine(id, entry)) }),
    });
  },
};
