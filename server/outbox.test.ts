import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ownHeaderBytes, writeHeader } from './frame.ts';
import { Outbox } from './outbox.ts';

test('frames of any sizes leave in order, and none overwrites another', () => {
  const sizes = fc.array(fc.oneof(fc.nat(300), fc.nat(20_000), fc.constantFrom(16_384, 16_385, 70_000)), {
    maxLength: 20,
  });
  fc.assert(
    fc.property(fc.array(sizes, { maxLength: 3 }), (batches) => {
      const outbox = new Outbox();
      for (const batch of batches) {
        const expected: Buffer[] = [];
        for (const [at, size] of batch.entries()) {
          const payload = Buffer.alloc(size, at + 1);
          const header = Buffer.alloc(ownHeaderBytes(size));
          writeHeader(header, 0, 0x82, size);
          expected.push(header, payload);
          outbox.frame(0x82, payload);
        }
        expect(Buffer.concat(outbox.take()).equals(Buffer.concat(expected))).toBe(true);
      }
      expect(outbox.take()).toEqual([]);
    }),
    { numRuns: 60 },
  );
});

test('what waits already is not lost when a read begins, and does not lie in the memory that reads share', () => {
  const [first, second] = [new Outbox(), new Outbox()];
  first.frame(0x81, Buffer.from('said before the read'));
  first.borrow();
  first.frame(0x81, Buffer.from('the answer'));
  const [said = Buffer.alloc(0), ...more] = first.take();
  expect(more).toEqual([]);
  second.borrow();
  second.frame(0x82, Buffer.alloc(64, 0xff));
  second.take();
  expect(said.toString('latin1')).toBe('\x81\x14said before the read\x81\x0athe answer');
});

test('more than the memory that reads share goes on in memory of its own', () => {
  const outbox = new Outbox();
  outbox.borrow();
  const frames = Array.from({ length: 60 }, (_, n) => Buffer.alloc(10_000, n + 1));
  for (const payload of frames) outbox.frame(0x82, payload);
  const sent = Buffer.concat(outbox.take());
  expect(sent).toHaveLength(60 * 10_004);
  for (const [n, payload] of frames.entries()) {
    expect(sent.subarray(n * 10_004 + 4, (n + 1) * 10_004).equals(payload)).toBe(true);
  }
});

test('hundreds of small frames are one piece', () => {
  const outbox = new Outbox();
  for (let n = 0; n < 50; n++) outbox.frame(0x82, Buffer.alloc(16));
  expect(outbox.take()).toHaveLength(1);
});
