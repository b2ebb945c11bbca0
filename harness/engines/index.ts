import { caseInfo } from '../catalogue.ts';
import type { Engine } from '../engine.ts';
import { Trouble } from '../trouble.ts';
import { autoEngine } from './auto.ts';
import { deferred } from './deferred.ts';
import { nativeEngine } from './native/engine.ts';
import type { Trace } from './native/trace.ts';

export const ENGINE_CHOICES = ['auto', 'docker', 'native'] as const;
export type EngineChoice = (typeof ENGINE_CHOICES)[number];

/** What an engine can be told beside the assignment. */
export interface EngineOptions {
  /** Container image of the suite; only the real one has any. */
  image?: string;
  /** Further header fields of the opening handshake; only the embedded engine can send them. */
  headers?: Readonly<Record<string, string>>;
  /** Reads the PEM of the certificate authorities to trust; only the embedded engine checks them, and asks for it. */
  ca?: () => string;
  /** Folder with the original's data for 12.x and 13.x; only the embedded engine has other ones. */
  dataFolder?: string;
  /** Hears of every frame as it happens; the reference tells only afterwards. */
  trace?: Trace;
}

/** The engine that was asked for. @throws Trouble (2) when it cannot do what is asked of it. */
export function chooseEngine(choice: EngineChoice, { image, ...forNative }: EngineOptions = {}): Engine {
  const nativeOnly = Object.keys(forNative).filter((key) => forNative[key as keyof typeof forNative] !== undefined);
  if (choice === 'docker' && nativeOnly.length > 0) throw onlyNative(nativeOnly);
  if (choice === 'native' && image !== undefined) throw onlyDocker();
  const docker = () =>
    // The client of the Docker engine is the slowest import of all: who plays natively does not wait for it.
    deferred(async () => {
      const { dockerEngine } = await import('./docker/index.ts');
      return dockerEngine({ weigh: (id) => caseInfo(id)?.weightMs ?? 0, ...(image === undefined ? {} : { image }) });
    });
  const { ca, ...rest } = forNative;
  const native = () => nativeEngine({ ...rest, ...(ca === undefined ? {} : { ca: ca() }) });
  switch (choice) {
    case 'auto':
      if (nativeOnly.length > 0) return native();
      return image === undefined ? autoEngine(docker(), native()) : docker();
    case 'docker':
      return docker();
    case 'native':
      return native();
  }
}

function onlyNative(options: readonly string[]): Trouble {
  const flags: Readonly<Record<string, string>> = {
    headers: '--header',
    ca: '--ca',
    dataFolder: '--data',
    trace: '--trace',
  };
  return new Trouble(2, {
    what: `The Docker engine cannot do ${options.map((option) => flags[option] ?? option).join(', ')}.`,
    why: options.includes('trace')
      ? "Autobahn's fuzzingclient tells what went over the wire only when all cases have been played."
      : "Autobahn's fuzzingclient has no such option.",
    todo: 'Use --engine native, or leave it out.',
  });
}

function onlyDocker(): Trouble {
  return new Trouble(2, {
    what: 'The embedded engine has no image.',
    why: '--image names the container image of the real suite.',
    todo: 'Use --engine docker, or leave it out.',
  });
}
