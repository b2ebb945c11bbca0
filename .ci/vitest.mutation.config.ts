import { defineConfig } from 'vitest/config';

/**
 * For `npm run mutation` alone: the tests of the protocol core that need no socket and no timer, and of the random ones
 * a few thousandths, so that a mutant is judged in a second and never by how busy the machine is.
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
