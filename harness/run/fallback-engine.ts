import type { EngineFacts } from '../../reports/document/report.ts';
import type { Engine, Preparation } from '../engines/engine.ts';
import { HarnessError } from '../support/harness-error.ts';

/**
 * The preferred engine if it can run here, else the other one. The report, the terminal and the page say which engine
 * played, and why it was not the preferred one.
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

/** Only "the engine cannot run here" (exit code 3) is a reason to use the other engine. @throws any other error again. */
function reasonToFallBack(error: unknown, { signal }: Preparation): string {
  if (signal.aborted || !(error instanceof HarnessError) || error.exitCode !== 3) throw error;
  return error.problem.what.replace(/\.$/, '');
}

const withReason = (facts: EngineFacts, why: string): EngineFacts => ({
  ...facts,
  summary: `${facts.summary} (taken because: ${why})`,
});
