import type { Command } from 'commander';
import { reporterHelp } from '../../config/reporter-names.ts';
import { ENGINE_CHOICES, type EngineChoice } from '../../run/choose-engine.ts';
import { TOOL } from '../../support/identity.ts';
import {
  collect,
  image,
  oneOf,
  origin,
  pathOfUrl,
  port,
  positive,
  protocol,
  readiness,
  reporters,
  shard,
  wholeNumber,
  wholeNumberOr0,
} from '../options/arguments.ts';
import type { SelectionFlags } from '../options/selection.ts';
import type { ServerFlags } from '../options/servers.ts';

/** The values of all options of `run`, as commander parses them. An option without a value here was not set. */
export interface RunFlags extends ServerFlags, SelectionFlags {
  /** The words of a command that runs one case of this run again. The case id must be added at the end. */
  rerun: readonly string[];
  suite?: string;
  engine: EngineChoice;
  image?: string;
  data?: string;
  out: string;
  from?: string;
  history?: string;
  config?: string;
  jobs?: number;
  strict?: boolean;
  patience: number;
  timeout?: number;
  trace?: boolean;
  resume?: boolean;
  dryRun?: boolean;
  selftest?: boolean;
  retries?: number;
  bail?: number;
  checkpoint: number;
  watch?: boolean;
  reporter?: string[];
  json?: boolean;
  quiet?: boolean;
  printConfig?: boolean;
  color?: boolean;
}

const EXAMPLES = `
Examples:
  test the server of this repository with all cases
    ${TOOL.name}
  test it with categories 1 to 5, 7 and 10
    ${TOOL.name} @core '!6'
  test a server that is already running
    ${TOOL.name} --url ws://127.0.0.1:9001/
  start a server and run category 7
    ${TOOL.name} 7 -- ./my-server --listen {port}
  judge results that wstest recorded
    ${TOOL.name} --from reports/servers

Exit codes: 0 every outcome is as expected; 1 an outcome is not as expected;
2 the command or a file you wrote is wrong; 3 no verdict was possible, for
example because the server exited; 130, 143 interrupted.

You can set every option by an environment variable (--ready-timeout by
WS_CONFORMANCE_READY_TIMEOUT), and many options in the configuration file.
A flag overrides a variable. A variable overrides the configuration file.
--print-config prints the value of each option and its source.`;

/** Adds the arguments, the options and the examples of `run` to a command. */
export function addRunOptions(command: Command): Command {
  return command
    .description('test a server: run the cases, compare the outcomes with the expectations, write a report')
    .argument(
      '[cases...]',
      'cases to run, for example 7.1.6, 7.1, 7.1.*, 12.1.1-12.1.9, @core, @limits, @deflate, @FILE, !9 (default: all)',
    )
    .option('--server <name>', 'name of a server in the configuration; repeatable; "all" means every server', collect)
    .option('--url <url>', 'address of a server that is already running')
    .option('--command <words>', 'command that starts the server, as one string; or write the command after "--"')
    .option(
      '--path <path>',
      'path of the WebSocket endpoint, if the started server does not print its address',
      pathOfUrl,
    )
    .option('--port <n>', 'port of the started server (default: a free port)', port)
    .option('--tls', 'the started server speaks wss://')
    .option('--agent <name>', 'name of the server in the report')
    .option('--protocol <name>', 'subprotocol to offer in the opening handshake; repeatable', protocol)
    .option('--origin <origin>', 'value of the header field Origin in the opening handshake', origin)
    .option(
      '--header <line>',
      'additional header field of the opening handshake, as "Name: value"; repeatable; embedded engine only',
      collect,
    )
    .option(
      '--ca <file>',
      'PEM file with the certificate authorities to trust for wss:// (default: trust every certificate)',
    )
    .option(
      '--engine <name>',
      `engine that runs the cases: ${ENGINE_CHOICES.join(', ')}`,
      oneOf(ENGINE_CHOICES),
      'auto',
    )
    .option('--image <image>', 'container image of the Autobahn|Testsuite', image)
    .option(
      '--data <folder>',
      "folder with Autobahn's payloads for cases 12.x and 13.x (default: generated payloads with similar content)",
    )
    .option('--expected <file>', 'expectation file to compare the outcomes with')
    .option('--out <folder>', 'folder for the report', 'conformance-report')
    .option('--from <folder>', 'read recorded results from this folder or archive instead of running cases')
    .option('--spec <file>', 'fuzzingclient.json of the Autobahn|Testsuite that chooses the cases')
    .option('--config <file>', 'configuration file (default: the nearest conformance.config.{json,js,mjs})')
    .option('--suite <id>', 'suite to run (default: autobahn)')
    .option('--jobs <n>', 'number of containers (docker) or cases (native) that run at the same time', wholeNumber)
    .option('--shard <i/n>', 'run only shard i of n; all shards take about the same time', shard)
    .option('--strict', 'treat the grade NON-STRICT as a failure, even if NON-STRICT is expected')
    .option(
      '--patience <seconds>',
      'after this many seconds without progress, check that the server still answers',
      positive,
      30,
    )
    .option('--timeout <seconds>', 'end the run after this many seconds', positive)
    .option(
      '--ready <how>',
      'sign that the server is ready: handshake, echo, tcp, or line:REGEXP for a line that the server prints',
      readiness,
    )
    .option(
      '--ready-timeout <seconds>',
      'seconds to wait until the server is ready (default: 30; one attempt if the server is already running)',
      positive,
    )
    .option('--retries <n>', 'run each case with an unexpected outcome again, alone, at most n times', wholeNumberOr0)
    .option('--bail <n>', 'end the run after n unexpected outcomes', wholeNumber)
    .option(
      '--checkpoint <seconds>',
      'seconds until a partial report is first written to --out, in case the run is killed',
      positive,
      15,
    )
    .option('--selftest', 'before the run, check that a server with a known fault fails')
    .option('--reporter <name>', reporterHelp(), reporters)
    .option('--history <file>', 'history file: append this run, and show each case over time in the report')
    .option('--resume', 'run only the cases without a result in the last report in --out, and keep the other results')
    .option('--watch', 'run again after each change of a file of the server, until Ctrl-C')
    .option('--trace', 'print every frame to stderr while the cases run; embedded engine only')
    .option('--dry-run', 'print the plan, the target and the engine, and start nothing')
    .option('--json', 'print only the report, as JSON, to stdout')
    .option('--quiet', 'print only the final summary')
    .option('--print-config', 'print every option with its value and the source of the value, and run nothing')
    .option('--color', 'print colours, even if the terminal does not ask for them')
    .option('--no-color', 'print no colours')
    .addHelpText('after', EXAMPLES);
}
