import { z } from 'zod';
import { reporterSchema } from './reporter-names.ts';

/*
 * The schema of the configuration file. docs/configuration.md and `config.schema.json` are generated from this schema,
 * so the descriptions in it are texts for users.
 */

/** The longest delay of a Node timer. A timer with a longer delay fires at once. */
export const MOST_SECONDS = 2_147_483;
const seconds = z.number().positive().max(MOST_SECONDS);

/**
 * Expressions for the name (RFC 9110 section 5.1) and the value (section 5.5) of an additional header field. The header
 * fields that the opening handshake itself sends are excluded.
 */
const FIELD_NAME = /^(?!(?:host|upgrade|connection|sec-websocket-[a-z]+)$)[!#$%&'*+.^_`|~0-9a-z-]+$/i;
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Whether a header field can be added to the request of the opening handshake. */
export const isSendable = (name: string, value: string): boolean => FIELD_NAME.test(name) && FIELD_VALUE.test(value);

/** The name of a subprotocol (RFC 6455 section 4.1). */
export const protocolSchema = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, { error: 'is not a subprotocol name (RFC 6455 4.1)' });

/** The value of the header field Origin. A line break is excluded, because it would start another header field. */
export const originSchema = z
  .string()
  .min(1, { error: 'is empty' })
  .regex(FIELD_VALUE, { error: 'is not a valid header field value (RFC 9110 5.5)' });

const READY_KINDS = ['handshake', 'echo', 'tcp'] as const;

/**
 * How a server shows that it is ready: the server answers a kind of probe, or prints a line that matches an expression.
 */
export const readySchema = z.union(
  [
    z.enum(READY_KINDS),
    z.strictObject({ line: z.string().min(1).refine(isExpression, { error: 'is not a regular expression' }) }),
  ],
  { error: 'is none of "handshake", "echo", "tcp", { "line": "REGULAR EXPRESSION" }' },
);
/** How a server shows that it is ready, as written in the configuration. */
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
    .describe('Name of the server in reports (default: its key in `servers`).'),
  command: z
    .array(z.string())
    .min(1)
    .optional()
    .describe(
      'Program and arguments that start the server. `{port}` is replaced by a free port. The environment variable `PORT` holds the same port.',
    ),
  build: z
    .array(z.string())
    .min(1)
    .optional()
    .describe(
      'Program and arguments that build the server. The build runs to completion before the server starts, in the same folder and environment.',
    ),
  url: z
    .url({ protocol: /^wss?$/, error: 'is not a WebSocket address such as "ws://127.0.0.1:9001/"' })
    .refine((url) => !url.includes('#'), { error: 'has a "#", which a WebSocket address must not have (RFC 6455 3)' })
    .optional()
    .describe('Address of a server that is already running. A server has either `url` or `command`.'),
  host: z
    .string()
    .min(1)
    .optional()
    .describe('Host name or address on which the started server listens, for example `::1` (default: `127.0.0.1`).'),
  port: z.int().min(1).max(65_535).optional().describe('Port of the started server (default: a free port).'),
  path: z
    .string()
    .startsWith('/', { error: 'does not start with "/"' })
    .refine((path) => !path.includes('#'), { error: 'has a "#"', abort: true })
    .optional()
    .describe('Path of the WebSocket endpoint of the started server (default: `/`).'),
  tls: z.boolean().optional().describe('Whether the started server speaks `wss:` (default: `true` if `ca` is set).'),
  ca: z
    .string()
    .optional()
    .describe('PEM file with the certificate authorities to trust for `wss:`, relative to the configuration file.'),
  cwd: z.string().optional().describe('Folder in which the server starts, relative to the configuration file.'),
  env: z
    .record(z.string(), z.string())
    .optional()
    .describe('Environment variables to set for the server. `{port}` is replaced in their values.'),
  expected: z
    .string()
    .optional()
    .describe(
      'Expectation file of the server, relative to the configuration file. Without an expectation file, every outcome must be that of a conformant server.',
    ),
  ready: readySchema
    .optional()
    .describe(
      'Sign that the server is ready. `handshake` (default): the server answers an opening handshake. `echo`: the server sends a text message back. `tcp`: the server accepts a TCP connection. `{ "line": "up on (?<port>\\\\d+)" }`: the server prints a line that matches the regular expression; a group named `port` or `url` gives the address. A printed line `listening ws://…` always means that the server is ready.',
    ),
  readyTimeoutSeconds: seconds
    .optional()
    .describe(
      'Seconds to wait until the server is ready (default: 30 for a started server; a server with `url` gets one attempt).',
    ),
  buildTimeoutSeconds: seconds.optional().describe('Seconds that `build` may take (default: 600).'),
  protocols: z.array(protocolSchema).optional().describe('Subprotocols to offer in the opening handshake.'),
  origin: originSchema.optional().describe('Value of the header field `Origin` in the opening handshake.'),
  headers: z
    .record(
      z.string().regex(FIELD_NAME, { error: 'is not a header field that can be added to the opening handshake' }),
      z.string().regex(FIELD_VALUE, { error: 'is not a valid header field value (RFC 9110 5.5)' }),
    )
    .optional()
    .describe(
      'Additional header fields of the opening handshake. Only the embedded engine can send additional header fields.',
    ),
});

const reporter = reporterSchema();

/** Options of the command line that a configuration can set. The keys are the long names of the options. */
const settings = {
  engine: z.enum(['auto', 'docker', 'native']).optional().describe('Same as --engine.'),
  image: z.string().optional().describe('Same as --image.'),
  data: z.string().optional().describe('Same as --data.'),
  ca: z.string().optional().describe('Same as --ca, for servers without a `ca` of their own.'),
  out: z.string().optional().describe('Same as --out.'),
  reporter: z
    .union([reporter, z.array(reporter).min(1)])
    .optional()
    .describe('Same as --reporter: one reporter, or a list of reporters.'),
  history: z.string().optional().describe('Same as --history.'),
  jobs: z.int().positive().optional().describe('Same as --jobs.'),
  retries: z.int().nonnegative().optional().describe('Same as --retries.'),
  bail: z.int().positive().optional().describe('Same as --bail.'),
  checkpoint: seconds.optional().describe('Same as --checkpoint, in seconds.'),
  strict: z.boolean().optional().describe('Same as --strict.'),
  patience: seconds.optional().describe('Same as --patience, in seconds.'),
  timeout: seconds.optional().describe('Same as --timeout, in seconds.'),
};

/** The settings whose value is a path, relative to the folder of the configuration. */
export const PATH_SETTINGS: readonly string[] = ['data', 'ca', 'out', 'history'] satisfies (keyof typeof settings)[];

/** The names of all options that a configuration can set. */
export const SETTINGS: readonly string[] = Object.keys(settings);

/** The whole configuration file. */
export const configSchema = z.strictObject({
  $schema: z.string().optional().describe('Address of the JSON Schema of this file, for editors.'),
  default: z
    .string()
    .optional()
    .describe('Name of the server to test if the command line names none (default: the server in this package).'),
  servers: z
    .record(z.string(), serverSchema)
    .default({})
    .describe('Servers by name. `--server NAME` chooses one of them.'),
  ...settings,
});

/** A valid configuration file. */
export type ConfigFile = z.infer<typeof configSchema>;
