import { caseInfo } from '../../suites/autobahn/catalogue.ts';
import type { EngineKind } from '../engine-kind.ts';

/** The Docker engine: Autobahn's fuzzingclient in a container. */
export const dockerKind: EngineKind = {
  name: 'docker',
  title: 'the Docker engine',
  abilities: new Set(['image']),
  limits: {
    trace: "Autobahn's fuzzingclient reports what went over the wire only when all cases have been played.",
    headers: "Autobahn's fuzzingclient has no such option.",
    data: "Autobahn's fuzzingclient has no such option.",
  },
  // The code is loaded only if this engine is used, because importing the Docker client takes longer than any other
  // package.
  async load({ image }) {
    const { dockerEngine } = await import('./index.ts');
    const weigh = (id: string) => caseInfo(id)?.weightMs ?? 0;
    return dockerEngine({ weigh, ...(image === undefined ? {} : { image }) });
  },
};
