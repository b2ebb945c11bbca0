import { defineConfig } from 'vitest/config';

/**
 * For `npm run mutation` alone: the tests of the protocol core that need no socket and no timer, and of the random ones
 * a few thousandths, so that a mutant is judged in a second and never by how busy the machine is.
 */
export default defineConfig({
  test: {
    include: [
      'server/*/{close,deflate,frame,gather,handshake,mask,message,offers,outbox,protocol,rooms,scratch,shrinkage,slabs,utf8,whole-frames}.test.ts',
      'server/attacks/{hostile-deflate,hostile-handshakes,random-streams}.test.ts',
    ],
    env: { WS_RUNS: '500' },
    testTimeout: 120_000,
  },
});
