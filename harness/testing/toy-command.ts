import { runCommandLine } from '../cli/command-line.ts';
import { toyClientEngine } from './toy-client-suite/engine.ts';
import { toyClientSuite } from './toy-client-suite/suite.ts';
import { toyServerEngine } from './toy-server-suite/engine.ts';
import { toyServerSuite } from './toy-server-suite/suite.ts';

/** The whole command, with the two toy suites in place of Autobahn. */
await runCommandLine([
  { suite: toyServerSuite, engines: [toyServerEngine] },
  { suite: toyClientSuite, engines: [toyClientEngine] },
]);
