import { runCommandLine } from '../cli/command-line.ts';
import { toyClientEngine } from './toy-client-suite/engine.ts';
import { toyClientSuite } from './toy-client-suite/suite.ts';
import { toyServerEngine } from './toy-server-suite/engine.ts';
import { toyServerSuite } from './toy-server-suite/suite.ts';

/** Starts the command with two small test suites instead of Autobahn, to show that the code works with any suite. */
await runCommandLine([
  { suite: toyServerSuite, engines: [toyServerEngine] },
  { suite: toyClientSuite, engines: [toyClientEngine] },
]);
