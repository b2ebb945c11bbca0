import type { EngineFacts } from '../../reports/document/report.ts';
import type { Engine, Preparation } from '../engines/engine.ts';
import { HarnessError } from '../support/harness-error.ts';

/**
 * Makes an engine that uses the preferred engine, or the other engine if the preferred engine cannot run on this machine.
 * The engine's facts, which the report shows, name the used engine and the reason.
 */
export function fallbackEngine(preferred: Engine, other: Engine): Engine {
  return {
    async inspect(preparation) {
      try {
        return await preferred.inspect(preparation);
      } catch (error) {
        const why = reasonToFallBack(error, preparation);
        return withReason(await other.inspect(preparation), why);
      }
    },
    async prepare(preparation) {
      try {
        return await preferred.prepare(preparation);
      } catch (error) {
        const why = reasonToFallBack(error, preparation);
        const prepared = await other.prepare(preparation);
        preparation.onMessage({
          kind: 'note',
          text: `${why}: ${prepared.facts.summary.split(',')[0]} is used instead`,
        });
        return { ...prepared, facts: withReason(prepared.facts, why) };
      }
    },
  };
}

/**
 * The reason to use the other engine: the error with which the preferred engine cannot run on this machine (exit code
 * 3).
 * @throws the error itself if it has any other cause.
 */
function reasonToFallBack(error: unknown, { signal }: Preparation): string {
  if (signal.aborted || !(error instanceof HarnessError) || error.exitCode !== 3) throw error;
  return error.problem.what.replace(/\.$/, '');
}

const withReason = (facts: EngineFacts, why: string): EngineFacts => ({
  ...facts,
  summary: `${facts.summary} (taken because: ${why})`,
});
