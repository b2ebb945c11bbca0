import { z } from 'zod';
import { parseReporter, REPORTERS } from './reporters.ts';

/**
 * What a configuration may say. The descriptions are read by people: they are the text of `config.schema.json` and of
 * docs/configuration.md, both made from here.
 */

const seconds = z.number().positive();

/** One server under `servers`. */
export const serverSchema = z.strictObject({
  agent: z
    .string()
    .min(1)
    .max(64)
    .optional()
    .describe("Its name in reports; the server's name in the configuration when left out."),
  command: z
    .array(z.string())
    .min(1)
    .optional()
    .describe(
      'Program and arguments that start it; `{port}` is replaced by a free port, which is in the environment as PORT too.',
    ),
  url: z
    .url({ protocol: /^wss?$/ })
    .optional()
    .describe('Where it is running already. Either this or `command`.'),
  path: z.string().startsWith('/').default('/').describe('Path of its WebSocket endpoint, for a server we start.'),
  cwd: z.string().optional().describe("Folder to start it in, relative to the configuration's."),
  env: z.record(z.string(), z.string()).optional().describe('Variables added to its environment.'),
  expected: z
    .string()
    .optional()
    .describe("Its expectation file, relative to the configuration's folder. Without one it is held to conformance."),
  ready: z
    .enum(['handshake', 'tcp'])
    .optional()
    .describe(
      'When it is ready: it answers an opening handshake (the rule), or merely takes a TCP connection. A line `listening ws://…` on its stdout always does.',
    ),
  readyTimeoutSeconds: seconds.default(30).describe('How long it may take to get ready.'),
  protocols: z.array(z.string()).optional().describe('Subprotocols to offer.'),
  origin: z.string().optional().describe('Origin to send.'),
});

const reporter = z.string().regex(new RegExp(`^(${REPORTERS.join('|')})(=.+)?$`), {
  error: ({ input }) => String(parseReporter(String(input))),
});

/** Options of the command line that a configuration may set, by the name they have there. */
const settings = {
  engine: z.enum(['auto', 'docker', 'native']).optional().describe('As --engine.'),
  image: z.string().optional().describe('As --image.'),
  data: z.string().optional().describe('As --data.'),
  ca: z.string().optional().describe('As --ca.'),
  out: z.string().optional().describe('As --out.'),
  reporter: z
    .union([reporter, z.array(reporter).min(1)])
    .optional()
    .describe('As --reporter: one, or a list.'),
  history: z.string().optional().describe('As --history.'),
  jobs: z.int().positive().optional().describe('As --jobs.'),
  retries: z.int().nonnegative().optional().describe('As --retries.'),
  bail: z.int().positive().optional().describe('As --bail.'),
  checkpoint: seconds.optional().describe('As --checkpoint, in seconds.'),
  strict: z.boolean().optional().describe('As --strict.'),
  patience: seconds.optional().describe('As --patience, in seconds.'),
  timeout: seconds.optional().describe('As --timeout, in seconds.'),
};

/** Those of them that name a file or folder, relative to the configuration's folder. */
export const PATH_SETTINGS: readonly string[] = ['data', 'ca', 'out', 'history'] satisfies (keyof typeof settings)[];

/** Those of them that a verb may take its options from. */
export const SETTINGS: readonly string[] = Object.keys(settings);

export const configSchema = z.strictObject({
  $schema: z.string().optional().describe('For editors.'),
  default: z
    .string()
    .optional()
    .describe('The server that is run when none is named; the one in the package when left out.'),
  servers: z.record(z.string(), serverSchema).default({}).describe('Name → server. `--server NAME` chooses one.'),
  ...settings,
});

export type ConfigFile = z.infer<typeof configSchema>;
