import { defineConfig } from 'vitest/config';

/**
 * Test settings for `npm run mutation` only: the tests of the protocol core that need no socket and no timer, with 500
 * random streams instead of a million. A mutant is then tested in about a second, independent of the load of the machine.
 */
export default defineConfig({
  test: {
    include: [
      'server/*/{close,deflate,frame,payload-assembler,handshake,mask,message,offers,frame-writer,protocol,large-buffers,zlib-output,compression-heuristic,write-buffers,utf8,fast-path}.test.ts',
      'server/attacks/{hostile-deflate,hostile-handshakes,random-streams}.test.ts',
    ],
    env: { WS_RUNS: '500' },
    testTimeout: 120_000,
  },
});
