import type { ServerConfig } from '../config/config.ts';
import type { Engine } from '../engines/engine.ts';
import { ABILITIES, type Ability, type EngineKind, type EngineWishes } from '../engines/engine-kind.ts';
import { HarnessError } from '../support/harness-error.ts';
import { fallbackEngine } from './fallback-engine.ts';

export const ENGINE_CHOICES = ['auto', 'docker', 'native'] as const;
/** Value of `--engine`. `auto` takes the first engine that can run on this machine and has all needed abilities. */
export type EngineChoice = (typeof ENGINE_CHOICES)[number];

/** The abilities of the engine that the configuration of the servers requires, for example own headers. */
export function wishesOf(servers: readonly ServerConfig[]): Pick<EngineWishes, 'headersFor' | 'verifyCertificates'> {
  return {
    headersFor: servers.filter(({ headers = {} }) => Object.keys(headers).length > 0).map(({ name }) => name),
    verifyCertificates: servers.some(({ caFile }) => caFile !== undefined),
  };
}

/**
 * Chooses the engine, which is the program that plays the cases of a run. Its code is loaded when the engine is first
 * used.
 * @param kinds the engines of the suite, the preferred engine first.
 * @throws HarnessError with exit code 2 if the suite does not have the engine, or the engine lacks a needed ability.
 */
export function chooseEngine(kinds: readonly EngineKind[], choice: EngineChoice, wishes: EngineWishes = {}): Engine {
  const needed = neededAbilities(wishes);
  if (choice !== 'auto') {
    const kind = kinds.find(({ name }) => name === choice);
    if (kind === undefined) throw noSuchEngine(kinds, choice);
    refuseUnable(kinds, kind, needed, wishes);
    return lazyEngine(kind, wishes);
  }
  const able = kinds.filter(({ abilities }) => needed.every((ability) => abilities.has(ability)));
  const [first, ...others] = preferVerifying(able, wishes);
  if (first === undefined) {
    const [kind] = kinds;
    if (kind !== undefined) refuseUnable(kinds, kind, needed, wishes);
    throw noSuchEngine(kinds, choice);
  }
  return others.reduce((engine, kind) => fallbackEngine(engine, lazyEngine(kind, wishes)), lazyEngine(first, wishes));
}

function neededAbilities({ headersFor = [], image, dataFolder, onTrace }: EngineWishes): Ability[] {
  const needed = {
    headers: headersFor.length > 0,
    data: dataFolder !== undefined,
    trace: onTrace !== undefined,
    image: image !== undefined,
  };
  return (Object.keys(needed) as (keyof typeof needed)[]).filter((ability) => needed[ability]);
}

/**
 * If certificates must be verified, the engines that can verify certificates. Otherwise, or if none can, all engines.
 */
function preferVerifying(kinds: readonly EngineKind[], { verifyCertificates }: EngineWishes): readonly EngineKind[] {
  const verifying = kinds.filter(({ abilities }) => abilities.has('certificates'));
  return verifyCertificates && verifying.length > 0 ? verifying : kinds;
}

/**
 * Refuses an engine that lacks a needed ability.
 * @throws HarnessError with exit code 2 if the engine lacks an ability.
 */
function refuseUnable(
  kinds: readonly EngineKind[],
  kind: EngineKind,
  needed: readonly Ability[],
  { headersFor = [] }: EngineWishes,
): void {
  const missing = needed.filter((ability) => !kind.abilities.has(ability));
  if (missing.length === 0) return;
  const words = missing.map((ability) =>
    ability === 'headers' ? `${ABILITIES.headers} (to ${headersFor.join(', ')})` : ABILITIES[ability],
  );
  const [first] = missing;
  const other = kinds.find(({ abilities }) => needed.every((ability) => abilities.has(ability)));
  throw new HarnessError(2, {
    what: `${capitalized(kind.title)} cannot ${words.join(', or ')}.`,
    why: (first === undefined ? undefined : kind.limits?.[first]) ?? 'The engine has no such option.',
    todo: `${other === undefined ? 'Leave' : `Use --engine ${other.name}, or leave`} the option out.`,
  });
}

function noSuchEngine(kinds: readonly EngineKind[], choice: EngineChoice): HarnessError {
  return new HarnessError(2, {
    what: `The suite cannot be played by "${choice}".`,
    where: '--engine',
    why: `The engines of the suite are ${kinds.map(({ name }) => name).join(', ')}.`,
    todo: 'Name one of these engines, or leave --engine out.',
  });
}

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Wraps an engine. The wrapper loads the code of the engine once, at the first use. */
function lazyEngine(kind: EngineKind, wishes: EngineWishes): Engine {
  let loading: Promise<Engine> | undefined;
  const load = (): Promise<Engine> => {
    loading ??= kind.load(wishes);
    return loading;
  };
  return {
    inspect: async (preparation) => await (await load()).inspect(preparation),
    prepare: async (preparation) => await (await load()).prepare(preparation),
  };
}
