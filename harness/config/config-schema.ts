import { z } from 'zod';
import { parseReporter, REPORTERS } from '../reporting/reporters.ts';

/*
 * The schema of the configuration file. `config.schema.json` and docs/configuration.md are generated from it, so
 * people read the descriptions.
 */

/** The longest delay of a Node timer. A timer with a longer delay fires at once. */
export const MOST_SECONDS = 2_147_483;
const seconds = z.number().positive().max(MOST_SECONDS);

/**
 * Name (RFC 9110 section 5.1) and value (section 5.5) of a header field. The fields that the opening handshake itself
 * needs are excluded.
 */
const FIELD_NAME = /^(?!(?:host|upgrade|connection|sec-websocket-[a-z]+)$)[!#$%&'*+.^_`|~0-9a-z-]+$/i;
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Whether a header field can be added to the request of the opening handshake. */
export const isSendable = (name: string, value: string): boolean => FIELD_NAME.test(name) && FIELD_VALUE.test(value);

/** The name of a subprotocol (RFC 6455 section 4.1). */
export const protocolSchema = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, { error: 'is no name of a subprotocol (RFC 6455 4.1)' });

/** The value of the header field Origin. A line break is excluded, because it would start another header field. */
export const originSchema = z
  .string()
  .min(1, { error: 'is empty' })
  .regex(FIELD_VALUE, { error: 'is no value of a header field (RFC 9110 5.5)' });

const READY_KINDS = ['handshake', 'echo', 'tcp'] as const;

/** When a server is ready: it answers a kind of probe, or prints a line that matches a regular expression. */
export const readySchema = z.union(
  [
    z.enum(READY_KINDS),
    z.strictObject({ line: z.string().min(1).refine(isExpression, { error: 'is no regular expression' }) }),
  ],
  { error: 'is neither "handshake", "echo" nor "tcp", nor { "line": "REGULAR EXPRESSION" }' },
);
/** When a server is ready; see `readySchema`. */
export type Readiness = z.infer<typeof readySchema>;

function isExpression(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}

/** The settings of one server, under `servers` in the configuration. */
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
  build: z
    .array(z.string())
    .min(1)
    .optional()
    .describe('Program and arguments that are run before, to their end, in the same folder and environment.'),
  url: z
    .url({ protocol: /^wss?$/, error: 'is no WebSocket address such as "ws://127.0.0.1:9001/"' })
    .refine((url) => !url.includes('#'), { error: 'has a "#", which no WebSocket address may have (RFC 6455 3)' })
    .optional()
    .describe('Where it is running already. Either this or `command`.'),
  host: z
    .string()
    .min(1)
    .optional()
    .describe('Where a server we start listens: a name or an address such as `::1`; `127.0.0.1` when left out.'),
  port: z
    .int()
    .min(1)
    .max(65_535)
    .optional()
    .describe('The port of a server we start, where it has one of its own; a free one when left out.'),
  path: z
    .string()
    .startsWith('/', { error: 'does not begin with "/"' })
    .refine((path) => !path.includes('#'), { error: 'has a "#"', abort: true })
    .optional()
    .describe('Path of the WebSocket endpoint of a server we start; `/` when left out.'),
  tls: z.boolean().optional().describe('Whether a server we start speaks `wss:`; with `ca` it does.'),
  ca: z
    .string()
    .optional()
    .describe("Certificate authorities to trust for `wss:`, a PEM file relative to the configuration's folder."),
  cwd: z.string().optional().describe("Folder to start it in, relative to the configuration's."),
  env: z
    .record(z.string(), z.string())
    .optional()
    .describe('Variables added to its environment; `{port}` is replaced here too.'),
  expected: z
    .string()
    .optional()
    .describe("Its expectation file, relative to the configuration's folder. Without one it is held to conformance."),
  ready: readySchema
    .optional()
    .describe(
      'When it is ready: it answers an opening handshake (`handshake`, the rule), sends a text back (`echo`), takes a TCP connection (`tcp`), or prints a line that matches (`{ "line": "up on (?<port>\\\\d+)" }`; a group named `port` or `url` says where). A line `listening ws://…` always does.',
    ),
  readyTimeoutSeconds: seconds
    .optional()
    .describe('How long it may take to get ready: 30 for a server we start; one that is running is asked once.'),
  buildTimeoutSeconds: seconds.optional().describe('How long `build` may take; 600 when left out.'),
  protocols: z.array(protocolSchema).optional().describe('Subprotocols to offer.'),
  origin: originSchema.optional().describe('Origin to send.'),
  headers: z
    .record(
      z.string().regex(FIELD_NAME, { error: 'is no header field that can be sent beside those of the handshake' }),
      z.string().regex(FIELD_VALUE, { error: 'is no value of a header field (RFC 9110 5.5)' }),
    )
    .optional()
    .describe('Further header fields of the opening handshake. Only the embedded engine can send them.'),
});

const reporter = z.string().regex(new RegExp(`^(${REPORTERS.join('|')})(=.+)?$`), {
  error: ({ input }) => String(parseReporter(String(input))),
});

/** Options of the command line that a configuration can set. The keys are the long names of the options. */
const settings = {
  engine: z.enum(['auto', 'docker', 'native']).optional().describe('As --engine.'),
  image: z.string().optional().describe('As --image.'),
  data: z.string().optional().describe('As --data.'),
  ca: z.string().optional().describe('As --ca, for servers that name none.'),
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

/** The settings whose value is a path, relative to the folder of the configuration. */
export const PATH_SETTINGS: readonly string[] = ['data', 'ca', 'out', 'history'] satisfies (keyof typeof settings)[];

/** The names of all options that a configuration can set. */
export const SETTINGS: readonly string[] = Object.keys(settings);

/** The whole configuration file. */
export const configSchema = z.strictObject({
  $schema: z.string().optional().describe('For editors.'),
  default: z
    .string()
    .optional()
    .describe('The server that is run when none is named; the one in the package when left out.'),
  servers: z.record(z.string(), serverSchema).default({}).describe('Name → server. `--server NAME` chooses one.'),
  ...settings,
});

/** A valid configuration file. */
export type ConfigFile = z.infer<typeof configSchema>;
