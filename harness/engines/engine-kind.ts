import type { EngineFacts } from '../../reports/document/report.ts';
import type { Engine } from './engine.ts';

/**
 * Things that not every engine (program that plays the cases) can do, as the end of a sentence such as "The engine
 * cannot …".
 */
export const ABILITIES = {
  headers: 'send your own header fields',
  certificates: 'verify certificates',
  image: 'run a container image (--image)',
  data: 'use other test data (--data)',
  trace: 'report frames while cases run (--trace)',
} as const;
/** The name of something that not every engine can do, such as verifying certificates. */
export type Ability = keyof typeof ABILITIES;

/** The abilities that the user demands of an engine (a program that plays the cases), in addition to playing cases. */
export interface EngineWishes {
  /** Names of the servers that receive additional header fields of the user. */
  headersFor?: readonly string[];
  /**
   * Whether the engine must verify certificates. An engine that cannot verify them is used only if the user names it.
   */
  verifyCertificates?: boolean;
  /** Name of the container image of the suite. */
  image?: string;
  /** Folder with Autobahn's data for compressed messages. */
  dataFolder?: string;
  /** Receives a line for every frame and every timer, at the time when it happens. */
  onTrace?: (line: string) => void;
}

/**
 * Describes an engine (a program that plays the cases) before its code is loaded: its name, its abilities, and how to
 * load it.
 */
export interface EngineKind {
  name: Exclude<EngineFacts['name'], 'recorded'>;
  /** The engine's name as a part of a sentence, such as "the embedded engine". */
  title: string;
  abilities: ReadonlySet<Ability>;
  /** Reasons why this engine cannot do certain things. Each reason is a sentence for an error message. */
  limits?: Partial<Record<Ability, string>>;
  /** Loads the code of the engine. */
  load(wishes: EngineWishes): Promise<Engine>;
}
