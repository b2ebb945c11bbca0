import { dockerKind } from '../engines/docker/kind.ts';
import type { EngineKind } from '../engines/engine-kind.ts';
import { nativeKind } from '../engines/native/kind.ts';
import type { Suite } from '../plan/suite.ts';
import { autobahn } from '../suites/autobahn/suite.ts';
import { closestTo } from '../support/did-you-mean.ts';
import { HarnessError } from '../support/harness-error.ts';

/** A test suite, and the engines (programs) that can play its cases, the preferred engine first. */
export interface RegisteredSuite {
  suite: Suite;
  engines: readonly EngineKind[];
}

/** All suites that the command line offers, the default suite first. Never empty. */
export type Registry = readonly [RegisteredSuite, ...RegisteredSuite[]];

/** The suites of this package. A new suite is one line here. */
export const REGISTRY: Registry = [{ suite: autobahn, engines: [dockerKind, nativeKind] }];

/**
 * Finds a suite by its id.
 * @param id undefined for the default suite.
 * @throws HarnessError with exit code 2 if no suite has the id.
 */
export function suiteNamed(registry: Registry, id: string | undefined): RegisteredSuite {
  const [first] = registry;
  if (id === undefined) return first;
  const found = registry.find(({ suite }) => suite.id === id);
  if (found !== undefined) return found;
  const ids = registry.map(({ suite }) => suite.id);
  throw new HarnessError(2, {
    what: `There is no suite "${id}".`,
    where: '--suite',
    why: `The suites are ${ids.join(', ')}.`,
    todo: `Did you mean "${closestTo(id, ids)}"?`,
  });
}

/**
 * Finds the suite of a report.
 * @param where path of the report, for the error.
 * @throws HarnessError with exit code 2 if this version of the tool does not have the suite.
 */
export function suiteOfReport(
  registry: Registry,
  { suites }: { suites: readonly { id: string; title: string; version: string }[] },
  where: string,
): RegisteredSuite {
  const found = registry.find(({ suite }) => suites.some(({ id }) => id === suite.id));
  if (found !== undefined) return found;
  throw new HarnessError(2, {
    what: `The report is about a suite that this version does not have: ${suites.map(({ title }) => title).join(', ')}.`,
    where,
    why: `This version has ${registry.map(({ suite }) => suite.title).join(', ')}.`,
    todo: 'Use the version of ws-conformance that made the report, or run again.',
  });
}
