import type { EngineFacts } from '../../reports/document/report.ts';
import type { Engine } from './engine.ts';

/** What a user can ask of an engine that not every engine can do, in words for errors. */
export const ABILITIES = {
  headers: 'send your own header fields',
  certificates: 'verify certificates',
  image: 'run a container image (--image)',
  data: 'use other test data (--data)',
  trace: 'report frames while cases run (--trace)',
} as const;
export type Ability = keyof typeof ABILITIES;

/** What the user asks of an engine in addition to playing cases. */
export interface EngineWishes {
  /** Names of the servers that are to be sent header fields of the user's. */
  headersFor?: readonly string[];
  /** Whether certificates must be verified. An engine that cannot is still used if the user names it: we verify once ourselves. */
  verifyCertificates?: boolean;
  /** Container image of the suite. */
  image?: string;
  /** Folder with the original's data for compressed messages. */
  dataFolder?: string;
  /** Receives a line for every frame and timer as it happens. */
  onTrace?: (line: string) => void;
}

/** An engine before it is loaded: its name, what it can do, and how to make one. */
export interface EngineKind {
  name: Exclude<EngineFacts['name'], 'recorded'>;
  /** For sentences: "the embedded engine". */
  title: string;
  abilities: ReadonlySet<Ability>;
  /** Why the engine lacks an ability, for an error. */
  limits?: Partial<Record<Ability, string>>;
  load(wishes: EngineWishes): Promise<Engine>;
}
