import { writeFileSync } from 'node:fs';
import { Command, type Option } from 'commander';
import { z } from 'zod';
import { variableOf } from '../harness/cli/options/settings.ts';
import { addRun } from '../harness/cli/verbs/run.ts';
import { configSchema, serverSchema } from '../harness/config/config-schema.ts';
import { REGISTRY } from '../harness/run/registry.ts';
import { TOOL } from '../harness/support/identity.ts';

/**
 * `npm run docs`: writes docs/configuration.md and the JSON Schema of the configuration, both from what the code takes.
 * A test holds both to it.
 */

/** The JSON Schema of a configuration file, as it is published. */
export const configJsonSchema = () => ({
  title: 'ws-conformance configuration',
  ...z.toJSONSchema(configSchema, { io: 'input' }),
});

/** The text of docs/configuration.md. */
export function configurationPage(): string {
  return `# Configuration

<!-- Made by \`npm run docs\` from harness/config/config-schema.ts and the options of the command. -->

Nothing has to be configured: \`${TOOL.name} --url ws://…\` or \`${TOOL.name} -- COMMAND {port}\` name a server by themselves. What is
written down once is found from any folder below it: \`conformance.config.json\` (comments and trailing commas are allowed),
\`conformance.config.js\`, \`conformance.config.mjs\` (a default export), or the key \`conformance\` of \`package.json\`. Two of them in one
folder are an error, and so is a key that is not known.

\`\`\`json
${JSON.stringify(EXAMPLE, null, 2)}
\`\`\`

\`\`\`sh
npm run conformance -- --print-config                         # exit 0: every option, its value, and who set it
WS_CONFORMANCE_JOBS=4 npm run conformance -- --print-config   # exit 0
\`\`\`

**A flag counts before an environment variable, a variable before the file, the file before the default.** A server's own \`ca\` counts before
the one for all; header fields of both are sent, and of two with one name the flag's. \`--server all\` plays every server, and the report shows
them side by side.

## Keys

${keyTable(configSchema)}

## A server

${keyTable(serverSchema)}

## Options of \`run\`, and their variables

${optionTable()}
`;
}

const EXAMPLE = {
  $schema: 'node_modules/ws-conformance/dist/harness/config.schema.json',
  default: 'mine',
  servers: {
    mine: {
      build: ['make'],
      command: ['./my-server', '--listen', '{port}'],
      path: '/ws',
      ready: 'echo',
      expected: 'conformance/mine.json',
    },
    staging: { url: 'wss://127.0.0.1:9443/ws', ca: 'conformance/ca.pem', expected: 'conformance/mine.json' },
  },
  engine: 'native',
  history: 'conformance/history.jsonl',
};

function keyTable(schema: z.ZodObject): string {
  const { properties = {} } = z.toJSONSchema(schema, { io: 'input' });
  const rows = Object.entries(properties).map(([key, value]) => {
    if (typeof value !== 'object') throw new Error(`${key} has no schema`);
    return [
      `\`${key}\``,
      typeOf(value),
      value.default === undefined ? '' : code(value.default),
      value.description ?? '',
    ];
  });
  return markdownTable(['key', 'is', 'default', 'says'], rows);
}

function typeOf(schema: z.core.JSONSchema._JSONSchema): string {
  if (typeof schema === 'boolean') return '';
  const { type, enum: words, items, additionalProperties, anyOf, properties } = schema;
  if (words) return words.map(code).join(' ');
  if (anyOf) return anyOf.map(typeOf).join(', or ');
  if (properties) return `object with ${Object.keys(properties).map(code).join(', ')}`;
  if (type === 'array' && typeof items === 'object' && !Array.isArray(items)) return `list of ${typeOf(items)}s`;
  if (type === 'object' && typeof additionalProperties === 'object') {
    return additionalProperties.type === 'object' ? 'name → server' : `name → ${typeOf(additionalProperties)}`;
  }
  return String(type);
}

function optionTable(): string {
  const silent = {
    words: [],
    command: undefined,
    env: {},
    stdout: process.stdout,
    stderr: process.stderr,
    registry: REGISTRY,
    exitCode: 0,
  };
  const program = new Command();
  addRun(program, silent);
  const rows = (program.commands[0]?.options ?? []).map((option) => [
    `\`${option.flags}\``,
    option.defaultValue === undefined || option.isBoolean() || option.negate ? '' : code(option.defaultValue),
    variable(option),
    option.description,
  ]);
  return markdownTable(['option', 'default', 'variable', 'does'], rows);
}

function variable(option: Option): string {
  if (option.name() === 'color') return '`FORCE_COLOR`, `NO_COLOR`';
  return option.name() === 'print-config' || option.negate ? '' : `\`${variableOf(option.name())}\``;
}

const code = (value: unknown) => `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

if (process.argv[1] === import.meta.filename) {
  writeFileSync(new URL('configuration.md', import.meta.url), configurationPage());
  writeFileSync(
    new URL('../harness/config/config.schema.json', import.meta.url),
    `${JSON.stringify(configJsonSchema(), null, 2)}\n`,
  );
}
