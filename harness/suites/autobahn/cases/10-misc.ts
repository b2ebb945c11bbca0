import { defineCase, type Family, gotText, killAfter, message, run, WE_CLOSE } from './case.ts';

const STARS = run(0x2a, 65_536);

/** The cases of category 10: a message that the fuzzing client splits into many frames automatically. */
export const misc: Family = {
  category: '10',
  title: 'Miscellaneous',
  subcategories: { '10.1': 'Automatic fragmentation' },
  cases: [
    defineCase({
      id: '10.1.1',
      title: 'Text of 64 KiB, cut into frames of 1,300 bytes',
      sends: 'A text message of 64 KiB, cut into one text frame and fifty continuation frames.',
      demands: 'The server echoes one message of 64 KiB within 10 s, in any number of frames.',
      rfc: ['RFC 6455 5.4'],
      script: [message(STARS, { fragment: 1300 }), killAfter(10)],
      allowed: { OK: [gotText(STARS)] },
      close: WE_CLOSE,
      finalRule: 'frame count',
    }),
  ],
};
