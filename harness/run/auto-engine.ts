import type { EngineFacts } from '../../reports/document/report.ts';
import type { Engine } from '../engines/engine.ts';
import { HarnessError } from '../support/harness-error.ts';

/**
 * The real suite where a Docker engine answers and the image is there or can be pulled, else the embedded engine. Which
 * of them it took, and why, stands in the report and is said at once.
 */
export function autoEngine(docker: Engine, native: Engine): Engine {
  let chosen: Engine | undefined;
  const prepare: Engine['prepare'] = async (options): Promise<EngineFacts> => {
    try {
      const facts = await docker.prepare(options);
      chosen = docker;
      return facts;
    } catch (error) {
      // Only "it cannot run here" is a reason to take the other one.
      if (options.signal.aborted || !(error instanceof HarnessError) || error.exitCode !== 3) throw error;
      const why = error.problem.what.replace(/\.$/, '');
      if (!options.lookOnly)
        options.onProgress({ kind: 'note', text: `${why}: the embedded engine plays the cases instead` });
      const facts = await native.prepare(options);
      chosen = native;
      return { ...facts, summary: `${facts.summary} (taken because: ${why})` };
    }
  };
  return {
    prepare,
    async play(assignment) {
      if (chosen === undefined) await prepare(assignment);
      if (chosen === undefined) throw new Error('prepared, and yet no engine was chosen');
      return await chosen.play(assignment);
    },
  };
}
