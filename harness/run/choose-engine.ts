import type { ServerConfig } from '../config/config.ts';
import type { Engine } from '../engines/engine.ts';
import { nativeEngine } from '../engines/native/engine.ts';
import type { Trace } from '../engines/native/trace.ts';
import { caseInfo } from '../suites/autobahn/catalogue.ts';
import { HarnessError } from '../support/harness-error.ts';
import { autoEngine } from './auto-engine.ts';
import { deferredEngine } from './deferred-engine.ts';

export const ENGINE_CHOICES = ['auto', 'docker', 'native'] as const;
export type EngineChoice = (typeof ENGINE_CHOICES)[number];

/** What an engine can be told beside the assignment. */
interface EngineOptions {
  /** Container image of the suite; only the real one has any. */
  image?: string;
  /** Who is to be sent header fields of the user's, for the error: only the embedded engine can send them. */
  headersFor?: string;
  /** Whether certificates are to be verified, which the reference does not; "auto" then takes who does. */
  verifies?: boolean;
  /** Folder with the original's data for 12.x and 13.x; only the embedded engine has other ones. */
  dataFolder?: string;
  /** Hears of every frame as it happens; the reference tells only afterwards. */
  trace?: Trace;
}

/** What servers ask of an engine that not every engine can do. */
export function asksOf(servers: readonly ServerConfig[]): Pick<EngineOptions, 'headersFor' | 'verifies'> {
  const withFields = servers.filter(({ headers = {} }) => Object.keys(headers).length > 0).map(({ name }) => name);
  return {
    ...(withFields.length === 0 ? {} : { headersFor: withFields.join(', ') }),
    verifies: servers.some(({ caFile }) => caFile !== undefined),
  };
}

/** The engine that was asked for. @throws HarnessError (2) when it cannot do what is asked of it. */
export function chooseEngine(
  choice: EngineChoice,
  { image, headersFor, verifies, ...forNative }: EngineOptions = {},
): Engine {
  const nativeOnly = [
    headersFor !== undefined && `send header fields of ours (to ${headersFor})`,
    forNative.dataFolder !== undefined && '--data',
    forNative.trace !== undefined && '--trace',
  ].filter((one) => one !== false);
  if (choice === 'docker' && nativeOnly.length > 0) throw onlyNative(nativeOnly);
  if (choice === 'native' && image !== undefined) throw onlyDocker();
  const docker = () =>
    // The client of the Docker engine is the slowest import of all: who plays natively does not wait for it.
    deferredEngine(async () => {
      const { dockerEngine } = await import('../engines/docker/index.ts');
      return dockerEngine({ weigh: (id) => caseInfo(id)?.weightMs ?? 0, ...(image === undefined ? {} : { image }) });
    });
  const native = () => nativeEngine(forNative);
  switch (choice) {
    case 'auto':
      if (nativeOnly.length > 0 || (verifies && image === undefined)) return native();
      return image === undefined ? autoEngine(docker(), native()) : docker();
    case 'docker':
      return docker();
    case 'native':
      return native();
  }
}

function onlyNative(wanted: readonly string[]): HarnessError {
  return new HarnessError(2, {
    what: `The Docker engine cannot do this: ${wanted.join(', ')}.`,
    why: wanted.includes('--trace')
      ? "Autobahn's fuzzingclient tells what went over the wire only when all cases have been played."
      : "Autobahn's fuzzingclient has no such option.",
    todo: 'Use --engine native, or leave it out.',
  });
}

function onlyDocker(): HarnessError {
  return new HarnessError(2, {
    what: 'The embedded engine has no image.',
    why: '--image names the container image of the real suite.',
    todo: 'Use --engine docker, or leave it out.',
  });
}
