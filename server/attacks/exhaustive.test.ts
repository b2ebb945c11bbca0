import { isUtf8 } from 'node:buffer';
import { describe, expect, test } from 'vitest';
import { Protocol, type ProtocolSettings } from '../protocol/protocol.ts';
import { Utf8Validator } from '../protocol/utf8.ts';
import { frame } from '../testing/protocol-kit.ts';

const SETTINGS: ProtocolSettings = { maxMessageBytes: 300, deflateLevel: 1, deflateFromBytes: 0 };

describe('each of the 65,536 first two octets', () => {
  const agreed = {
    serverNoContextTakeover: true,
    clientNoContextTakeover: true,
    serverMaxWindowBits: 15,
    clientMaxWindowBits: 15,
  };

  /** The rules of RFC 6455 §5.2 to §5.5 and RFC 7692 §6, as a table read from the top: the first that fits decides. */
  function section(first: number, second: number, midway: boolean, deflate: boolean): string | undefined {
    const opcode = first & 15;
    const control = opcode > 7;
    const rules: [boolean, string][] = [
      [(first & 0x30) !== 0, '5.2'],
      [(opcode > 2 && opcode < 8) || opcode > 10, '5.2'],
      [(first & 0x40) !== 0 && !deflate, '5.2'],
      [(first & 0x40) !== 0 && (control || opcode === 0), '7692 6.1'],
      [second < 128, '5.1'],
      [control && first < 128, '5.5'],
      [control && (second & 127) > 125, '5.5'],
      [opcode === 8 && (second & 127) === 1, '5.5.1'],
      // Only these need the rest of the header, which is all zeros here.
      [(second & 127) > 125, '5.2'],
      [opcode === 0 && !midway, '5.4'],
      [(opcode === 1 || opcode === 2) && midway, '5.4'],
    ];
    return rules.find(([broken]) => broken)?.[1];
  }

  test.each([
    ['idle', false, false],
    ['idle, with deflate', false, true],
    ['in a message', true, false],
    ['in a message, with deflate', true, true],
  ])('%s', (_name, midway, deflate) => {
    const settings = deflate ? { ...SETTINGS, deflate: agreed } : SETTINGS;
    const begun = frame(2, 'x');
    for (let head = 0; head <= 0xffff; head++) {
      const protocol = new Protocol(settings);
      if (midway) protocol.receive(Buffer.from(begun));
      // Exactly the header, so that no payload is judged.
      const short = head & 127;
      const header = Buffer.alloc(short === 126 ? 8 : short === 127 ? 14 : 6);
      header.writeUInt16BE(head);
      let told: string | undefined;
      for (const step of protocol.receive(header))
        if (step.do === 'end' && step.violation) told = step.violation.section;
      protocol.dispose();
      const expected = section(head >> 8, head & 255, midway, deflate);
      // An empty message that is said to be compressed is one that does not inflate, or nothing.
      if (told !== expected) expect.fail(`${head.toString(16)}: ${told}, not ${expected}`);
    }
  });
});

test('all 16,843,008 sequences of one to three octets are UTF-8 exactly where Node says so, at each split that may matter', {
  timeout: 600_000,
}, () => {
  let splits = 0;
  for (let size = 1; size <= 3; size++) {
    const octets = Buffer.alloc(size);
    const cuts = Array.from(
      { length: size - 1 },
      (_, n) => [octets.subarray(0, n + 1), octets.subarray(n + 1)] as const,
    );
    for (let number = 0; number < 256 ** size; number++) {
      octets.writeUIntBE(number, 0, size);
      const good = isUtf8(octets);
      const judge = new Utf8Validator();
      if ((judge.push(octets) && judge.isComplete) !== good) expect.fail(octets.toString('hex'));
      // Behind an ASCII octet the judge is as it was at first, so a cut there is one of a shorter sequence.
      if ((octets[0] as number) < 0xc0) continue;
      for (const [before, behind] of cuts) {
        splits++;
        const judge = new Utf8Validator();
        if ((judge.push(before) && judge.push(behind) && judge.isComplete) !== good)
          expect.fail(octets.toString('hex'));
      }
    }
  }
  expect(splits).toBeGreaterThan(1_000_000);
});
