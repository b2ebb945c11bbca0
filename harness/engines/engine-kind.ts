import type { EngineFacts } from '../../reports/document/report.ts';
import type { Engine } from './engine.ts';

/** The abilities that only some engines have, each with the words for an error. */
export const ABILITIES = {
  headers: 'send your own header fields',
  certificates: 'verify certificates',
  image: 'run a container image (--image)',
  data: 'use other test data (--data)',
  trace: 'report frames while cases run (--trace)',
} as const;
/** Name of an ability. */
export type Ability = keyof typeof ABILITIES;

/** The user's options that need an ability of the engine. */
export interface EngineWishes {
  /** Names of the servers whose opening handshake must contain header fields of the user. */
  headersFor?: readonly string[];
  /** Whether certificates must be verified. If the named engine cannot do this, the harness verifies the certificate once before the run. */
  verifyCertificates?: boolean;
  /** Container image of the suite. */
  image?: string;
  /** Folder with Autobahn's own test data for compressed messages. */
  dataFolder?: string;
  /** Receives a line for every frame and timer as it happens. */
  onTrace?: (line: string) => void;
}

/** An engine before its code is loaded: the name, the abilities and the loader. */
export interface EngineKind {
  name: Exclude<EngineFacts['name'], 'recorded'>;
  /** The engine's name in sentences: "the embedded engine". */
  title: string;
  abilities: ReadonlySet<Ability>;
  /** Why the engine lacks an ability, for an error. */
  limits?: Partial<Record<Ability, string>>;
  /** Loads the code and makes the engine. */
  load(wishes: EngineWishes): Promise<Engine>;
}
