import { isUtf8 } from 'node:buffer';
import { describe, expect, test } from 'vitest';
import { Protocol, type ProtocolSettings } from '../protocol/protocol.ts';
import { Utf8Validator } from '../protocol/utf8.ts';
import { frame } from '../testing/protocol-kit.ts';

const SETTINGS: ProtocolSettings = { maxMessageBytes: 300, deflateLevel: 1, deflateFromBytes: 0 };

describe('each of the 65,536 values of the first two bytes is refused by the right section', () => {
  const agreed = {
    serverNoContextTakeover: true,
    clientNoContextTakeover: true,
    serverMaxWindowBits: 15,
    clientMaxWindowBits: 15,
  };

  /**
   * Returns the section of RFC 6455 §5 or RFC 7692 §6 whose rule the first two bytes of a frame break. The first
   * matching entry of the table decides.
   */
  function brokenSection(first: number, second: number, inMessage: boolean, deflate: boolean): string | undefined {
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
      // The rules below depend on the rest of the header, which is all zeros in this test.
      [(second & 127) > 125, '5.2'],
      [opcode === 0 && !inMessage, '5.4'],
      [(opcode === 1 || opcode === 2) && inMessage, '5.4'],
    ];
    return rules.find(([broken]) => broken)?.[1];
  }

  test.each([
    ['between messages', false, false],
    ['between messages, with deflate', false, true],
    ['in a message', true, false],
    ['in a message, with deflate', true, true],
  ])('%s', (_name, inMessage, deflate) => {
    const settings = deflate ? { ...SETTINGS, deflate: agreed } : SETTINGS;
    const firstFragment = frame(2, 'x');
    for (let head = 0; head <= 0xffff; head++) {
      const protocol = new Protocol(settings);
      if (inMessage) protocol.receive(Buffer.from(firstFragment));
      // The stream is exactly one header without payload, because this test must not check payloads.
      const short = head & 127;
      const header = Buffer.alloc(short === 126 ? 8 : short === 127 ? 14 : 6);
      header.writeUInt16BE(head);
      let section: string | undefined;
      for (const step of protocol.receive(header))
        if (step.do === 'end' && step.violation) section = step.violation.section;
      protocol.dispose();
      const expected = brokenSection(head >> 8, head & 255, inMessage, deflate);
      if (section !== expected) expect.fail(`${head.toString(16)}: ${section}, not ${expected}`);
    }
  });
});

test('all 16,843,008 sequences of one to three bytes are UTF-8 exactly if Node says so, at each split that can matter', {
  timeout: 600_000,
}, () => {
  let checkedSplits = 0;
  for (let size = 1; size <= 3; size++) {
    const sequence = Buffer.alloc(size);
    const splits = Array.from(
      { length: size - 1 },
      (_, n) => [sequence.subarray(0, n + 1), sequence.subarray(n + 1)] as const,
    );
    for (let number = 0; number < 256 ** size; number++) {
      sequence.writeUIntBE(number, 0, size);
      const good = isUtf8(sequence);
      const validator = new Utf8Validator();
      if ((validator.push(sequence) && validator.isComplete) !== good) expect.fail(sequence.toString('hex'));
      // After an ASCII byte the validator is in its initial state. A split after such a byte is already tested with a
      // shorter sequence.
      if ((sequence[0] as number) < 0xc0) continue;
      for (const [before, behind] of splits) {
        checkedSplits++;
        const validator = new Utf8Validator();
        if ((validator.push(before) && validator.push(behind) && validator.isComplete) !== good)
          expect.fail(sequence.toString('hex'));
      }
    }
  }
  expect(checkedSplits).toBeGreaterThan(1_000_000);
});
