import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { type Connection, createServer, Violation } from '../index.ts';
import { OP } from '../protocol/frame.ts';
import { incompleteBytes } from '../protocol/payload-assembler.ts';
import { Protocol } from '../protocol/protocol.ts';
import { type AttackedServer, survives } from '../testing/attack-kit.ts';
import { cuts, feed, finalFrame, frame, hex } from '../testing/protocol-kit.ts';
import type { RawClient } from '../testing/raw-client.ts';

/** Sends `bytes` on a new connection and reads to the end. @returns what was said before the Close, and its code. */
async function attack({ upgraded }: AttackedServer, bytes: Buffer, headers: string[] = []) {
  const client = await upgraded(headers);
  client.socket.write(bytes);
  await client.waitUntil(() => client.ended);
  return lastWords(client);
}

function lastWords(client: RawClient): { said: Buffer; code: number | undefined } {
  let at = 0;
  while (at < client.received.length && ((client.received[at] ?? 0) & 0x0f) !== OP.close) {
    const short = client.received[at + 1] ?? 0;
    at +=
      short < 126
        ? 2 + short
        : short === 126
          ? 4 + client.received.readUInt16BE(at + 2)
          : 10 + client.received.readUInt32BE(at + 6);
  }
  const close = client.received.subarray(at);
  return { said: client.received.subarray(0, at), code: close.length >= 4 ? close.readUInt16BE(2) : undefined };
}

const DEFLATE = ['Sec-WebSocket-Extensions: permessage-deflate'];

describe('a frame that breaks a rule gets its code, after what was good, and harms nobody else', () => {
  const good = finalFrame(OP.text, 'good');
  const reserved = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15];
  test.each<[string, number, Buffer]>([
    ['S24 no mask', 1002, hex`8105 48656c6c6f`],
    ['S24 no mask on a Ping', 1002, hex`8900`],
    ['S25 RSV1 without an extension', 1002, frame(0xc1, 'x')],
    ['S25 RSV2', 1002, frame(0xa1, 'x')],
    ['S25 RSV3', 1002, frame(0x91, 'x')],
    ['S25 RSV1 on a Ping', 1002, frame(0xc9, 'x')],
    ['S25 RSV1 on a continuation', 1002, Buffer.concat([frame(1, 'x'), frame(0xc0, 'x')])],
    ...reserved.flatMap((opcode): [string, number, Buffer][] => [
      [`S26 opcode ${opcode}`, 1002, finalFrame(opcode)],
      [`S26 opcode ${opcode} with a payload`, 1002, finalFrame(opcode, 'x')],
      [`S26 opcode ${opcode} inside a message`, 1002, Buffer.concat([frame(OP.text, 'x'), finalFrame(opcode)])],
    ]),
    ['S27 a Ping in fragments', 1002, frame(OP.ping)],
    ['S27 a Close in fragments', 1002, frame(OP.close)],
    ['S27 a Ping of 126 octets, its length alone', 1002, hex`89fe`],
    ['S27 a Ping of 2^16 octets, its length alone', 1002, hex`89ff`],
    ['S27 a Close of one octet', 1002, hex`8881`],
    ['S28 a length with its top bit set', 1002, hex`82ff 8000000000000000 00000000`],
    ['S28 a length of all ones', 1002, hex`82ff ffffffffffffffff 00000000`],
    ...[
      '000000007fffffff',
      '0000000080000000',
      '0000000100000000',
      '001fffffffffffff',
      '0020000000000000',
      '7fffffffffffffff',
    ].map((length): [string, number, Buffer] => [`S29 a length of 0x${length}`, 1009, hex`82ff ${length} 00000000`]),
    ['S30 125 in two octets', 1002, hex`82fe007d 00000000`],
    ['S30 0 in two octets', 1002, hex`82fe0000 00000000`],
    ['S30 65535 in eight octets', 1002, hex`82ff000000000000ffff 00000000`],
    ['S35 a continuation of nothing', 1002, finalFrame(OP.continuation, 'x')],
    ['S35 a text inside a text', 1002, Buffer.concat([frame(OP.text, 'x'), finalFrame(OP.text, 'x')])],
    ['S35 a binary begun inside a text', 1002, Buffer.concat([frame(OP.text, 'x'), frame(OP.binary, 'x')])],
    ['S38 text cut inside a code point', 1007, finalFrame(OP.text, hex`e282`)],
    ['S38 overlong', 1007, finalFrame(OP.text, hex`c0af`)],
    ['S38 overlong, three octets', 1007, finalFrame(OP.text, hex`e08080`)],
    ['S38 a surrogate', 1007, finalFrame(OP.text, hex`eda080`)],
    ['S38 beyond U+10FFFF', 1007, finalFrame(OP.text, hex`f4908080`)],
    ['S38 a reason that is not UTF-8', 1007, finalFrame(OP.close, hex`03e8 ff`)],
  ])('%s: %i', async (_name, code, bad) => {
    await survives(async (arena) => {
      const { said, code: got } = await attack(arena, Buffer.concat([good, bad]));
      expect(got).toBe(code);
      expect(said).toEqual(hex`8104 676f6f64`);
    });
  });
});

test('S31 three hundred promises of 16 MiB hold next to nothing', async () => {
  await survives(async ({ upgraded }) => {
    const before = process.memoryUsage();
    const clients = await Promise.all(Array.from({ length: 300 }, () => upgraded()));
    for (const client of clients) client.socket.write(hex`82ff 0000000001000000 00000000 01`);
    const [last] = clients.slice(-1);
    last?.socket.write(Buffer.alloc(10));
    await expect.poll(incompleteBytes).toBeGreaterThan(0);
    expect(incompleteBytes()).toBeLessThanOrEqual(300 * 64 * 1024);
    expect(process.memoryUsage().rss - before.rss).toBeLessThan(64 * 1024 * 1024);
  });
});

test('S31 S48 a frame that trickles is given up, and a pause between frames is not', async () => {
  await survives(
    async ({ upgraded, ends }) => {
      const patient = await upgraded();
      patient.socket.write(frame(OP.text, 'to be '));
      const slow = await upgraded();
      slow.socket.write(hex`82fe 0100 00000000`);
      const trickle = setInterval(() => slow.socket.write('x'), 10);
      await slow.waitUntil(() => slow.ended);
      clearInterval(trickle);
      expect(lastWords(slow).code).toBe(1008);
      slow.socket.end();
      await expect.poll(() => ends.length).toBe(1);
      expect(ends).toMatchObject([{ error: { message: 'the peer sends a frame too slowly' } }]);
      patient.socket.write(Buffer.concat([finalFrame(OP.pong), finalFrame(OP.continuation, 'continued')]));
      await patient.waitUntil(() => patient.received.includes('to be continued') || patient.ended);
      expect(patient.ended).toBe(false);
    },
    { pingIntervalMs: 100, pingTimeoutMs: 3_000 },
  );
});

test('S32 131,000 fragments of one octet hold twice their octets, and all connections together a fixed amount', async () => {
  const flood = Buffer.concat([frame(OP.binary, 'x'), ...Array.from({ length: 130_999 }, () => frame(0, 'x'))]);
  await survives(
    async (arena) => {
      const first = await arena.upgraded();
      first.socket.write(Buffer.concat([flood, finalFrame(OP.ping, 'done')]));
      await first.waitForBytes(6);
      expect(incompleteBytes()).toBeLessThanOrEqual(2 * 131_000 + 65_536);
      const { code } = await attack(arena, flood);
      expect(code).toBe(1008);
    },
    { maxIncompleteBytesPerProcess: 200_000 },
  );
});

test('S33 empty fragments are counted, and end at the limit', async () => {
  await survives(
    async (arena) => {
      const flood = Buffer.concat([frame(OP.text), ...Array.from({ length: 2_000 }, () => frame(0))]);
      expect((await attack(arena, flood)).code).toBe(1008);
      const held = incompleteBytes();
      const fine = await arena.upgraded();
      const most = [frame(OP.text), ...Array.from({ length: 998 }, () => frame(0)), finalFrame(0)];
      fine.socket.write(Buffer.concat(most));
      await fine.expectReceived(hex`8100`);
      expect(incompleteBytes()).toBe(held);
    },
    { maxFragmentsPerMessage: 1_000 },
  );
});

test('S34 a message that comes octet by octet holds twice its octets and comes back whole', () => {
  const protocol = new Protocol({ maxMessageBytes: 1 << 20, deflateLevel: 1, deflateFromBytes: 0 });
  const message = finalFrame(OP.binary, Buffer.alloc(200_000, 'x'));
  let delivered = 0;
  let most = 0;
  for (const octet of message) {
    for (const step of protocol.receive(Buffer.from([octet])))
      if (step.do === 'deliver') delivered += step.message.bytes.length;
    most = Math.max(most, incompleteBytes());
  }
  expect(delivered).toBe(200_000);
  expect(most).toBeLessThanOrEqual(2 * 200_000);
});

test('S36 Pings between fragments are answered before the message ends, compressed or not', async () => {
  await survives(async ({ upgraded }) => {
    for (const [headers, pieces, answer] of [
      [[], [frame(1, 'ab'), frame(0, 'cd'), finalFrame(0, 'ef')], hex`8106 616263646566`],
      // The compressed `Hello` of RFC 7692 §7.2.3.1, in three fragments.
      [DEFLATE, [frame(0x41, hex`f248cd`), frame(0, hex`c9c9`), finalFrame(0, hex`0700`)], hex`c107 f248cdc9c90700`],
    ] as const) {
      const client = await upgraded([...headers]);
      for (const [at, piece] of pieces.entries()) {
        client.socket.write(Buffer.concat([piece, finalFrame(OP.ping, `${at}`)]));
      }
      const pongs = [hex`8a0130`, hex`8a0131`];
      await client.expectReceived(Buffer.concat([...pongs, answer, hex`8a0132`]));
    }
  });
});

test('S37 a bad octet is found when it comes, at every cut and in every fragment', () => {
  const good = Buffer.from('aé€𝄞');
  const bad = Buffer.concat([good, hex`ed a0`]);
  const settings = { maxMessageBytes: 1 << 20, deflateLevel: 1, deflateFromBytes: 0 };
  // The frame says 200 octets, and never ends.
  const unfinished = finalFrame(OP.text, Buffer.concat([bad, Buffer.alloc(200 - bad.length)])).subarray(
    0,
    8 + bad.length,
  );
  for (const pieces of cuts(unfinished))
    expect(feed(new Protocol(settings), pieces)).toEqual(['close 1007', 'end by 8.1']);
  expect(feed(new Protocol(settings), cuts(unfinished.subarray(0, -1)).next().value ?? [])).toEqual([]);
  const fragments = Buffer.concat([frame(OP.text), ...[...bad].map((octet) => frame(0, Buffer.from([octet])))]);
  for (const pieces of cuts(fragments))
    expect(feed(new Protocol(settings), pieces)).toEqual(['close 1007', 'end by 8.1']);
});

test('S39 each of 65,536 close codes is echoed or refused, an empty Close answered with one, 123 octets of reason heard', () => {
  const settings = { maxMessageBytes: 1, deflateLevel: 1, deflateFromBytes: 0 };
  const legal = (code: number) =>
    (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
  const payload = Buffer.alloc(2);
  for (let code = 0; code <= 0xffff; code++) {
    payload.writeUInt16BE(code);
    const [told] = feed(new Protocol(settings), [finalFrame(OP.close, payload)]);
    if (told !== `close ${legal(code) ? code : 1002}`) expect.fail(`code ${code}: ${told}`);
  }
  expect(feed(new Protocol(settings), [finalFrame(OP.close)])).toEqual(['close empty', 'end clean']);
  const long = Buffer.concat([hex`03e8`, Buffer.alloc(123, 'x')]);
  expect(feed(new Protocol(settings), [finalFrame(OP.close, long)])).toEqual(['close 1000', 'end clean']);
});

test('S40 nothing after a Close is heard or answered', async () => {
  await survives(async (arena) => {
    for (const after of [
      finalFrame(OP.text, 'x'),
      finalFrame(OP.ping),
      finalFrame(OP.close, hex`03e9`),
      Buffer.alloc(1_000, 0xff),
    ]) {
      const { said, code } = await attack(arena, Buffer.concat([finalFrame(OP.close, hex`03e8`), after]));
      expect([said.length, code]).toEqual([0, 1000]);
    }
  });
});

test('S41 when both close at once each sends one Close, and what was sent before arrives before', async () => {
  await survives(async ({ server, upgraded, ends }) => {
    for (const size of [0, 1_000, 4 * 1024 * 1024]) {
      const [client, [ours]] = await Promise.all([upgraded(), once(server, 'connection') as Promise<[Connection]>]);
      client.socket.write(Buffer.concat([finalFrame(OP.binary, Buffer.alloc(size)), finalFrame(OP.close, hex`03e8`)]));
      if (size === 1_000) ours.close(4000);
      await client.waitUntil(() => client.ended);
      const { said, code } = lastWords(client);
      if (size === 1_000) expect([said.length, code]).toEqual([0, 4000]);
      else expect([said.length > size, code]).toEqual([true, 1000]);
      client.socket.end();
    }
    await expect.poll(() => ends.length).toBe(3);
    expect(ends.every(({ clean }) => clean)).toBe(true);
  });
});

test('S42 a client that ignores our Close, or our FIN, or trickles on, is dropped', async () => {
  await survives(
    async ({ server, upgraded, ends }) => {
      const trickles: NodeJS.Timeout[] = [];
      for (const [at, deed] of ['ignores Close', 'ignores FIN', 'trickles'].entries()) {
        const [client, [ours]] = await Promise.all([upgraded(), once(server, 'connection') as Promise<[Connection]>]);
        if (deed === 'ignores FIN') client.socket.write(finalFrame(OP.close));
        else ours.close();
        if (deed === 'trickles') trickles.push(setInterval(() => client.socket.write('x'), 20));
        await expect.poll(() => ends.length).toBe(at + 1);
      }
      for (const trickle of trickles) clearInterval(trickle);
    },
    { closeTimeoutMs: 100 },
  );
});

test('S43 S71 a peer that is cut off is found by its silence, whatever the clock on the wall says', async () => {
  const real = Date.now;
  try {
    await survives(
      async ({ upgraded, ends }) => {
        const start = performance.now();
        const cut = await upgraded();
        cut.socket.pause();
        Date.now = () => real() + 86_400_000;
        await expect.poll(() => ends.length).toBe(1);
        expect(performance.now() - start).toBeGreaterThan(100);
        expect(ends).toMatchObject([{ code: 1006, error: { message: expect.stringContaining('sent nothing') } }]);
        Date.now = real;
      },
      { pingIntervalMs: 60, pingTimeoutMs: 140 },
    );
  } finally {
    Date.now = real;
  }
});

test('S44 a hundred thousand Pings keep nobody waiting, and each is answered where the peer reads', async () => {
  await survives(async ({ upgraded }) => {
    const flooder = await upgraded();
    const other = await upgraded();
    const pings = Buffer.concat(Array.from({ length: 1_000 }, () => finalFrame(OP.ping, Buffer.alloc(125))));
    for (let n = 0; n < 100; n++) flooder.socket.write(pings);
    const start = performance.now();
    other.socket.write(finalFrame(OP.text, 'x'));
    await other.expectReceived(hex`8101 78`);
    expect(performance.now() - start).toBeLessThan(1_000);
    flooder.socket.write(finalFrame(OP.close));
    await flooder.waitUntil(() => flooder.ended);
  });
});

test('S45 Pings of a peer that does not read leave one Pong to send', async () => {
  await survives(async ({ server, upgraded }) => {
    const [client, [ours]] = await Promise.all([upgraded(), once(server, 'connection') as Promise<[Connection]>]);
    client.socket.pause();
    ours.send(Buffer.alloc(8 * 1024 * 1024));
    await new Promise(setImmediate);
    const before = ours.unsentBytes;
    const pings = Buffer.concat(Array.from({ length: 1_000 }, () => finalFrame(OP.ping, Buffer.alloc(125))));
    for (let n = 0; n < 20; n++) await new Promise((resolve) => client.socket.write(pings, resolve));
    await new Promise(setImmediate);
    expect(ours.unsentBytes).toBeLessThanOrEqual(before + 127);
  });
});

test('S46 Pongs nobody asked for are heard and held not', async () => {
  await survives(async ({ upgraded }) => {
    const client = await upgraded();
    const pongs = Buffer.concat(Array.from({ length: 10_000 }, () => finalFrame(OP.pong, Buffer.alloc(125))));
    for (let n = 0; n < 10; n++) client.socket.write(pongs);
    client.socket.write(finalFrame(OP.text, 'x'));
    await client.expectReceived(hex`8101 78`);
  });
});

test('S47 a client that asks for 256 MiB of echoes and reads none is not read from, and dropped in the end', async () => {
  await survives(
    async ({ server, upgraded, ends }) => {
      const [client, [ours]] = await Promise.all([upgraded(), once(server, 'connection') as Promise<[Connection]>]);
      client.socket.pause();
      let most = 0;
      const watch = setInterval(() => {
        most = Math.max(most, ours.unsentBytes);
      }, 5);
      const message = finalFrame(OP.binary, Buffer.alloc(65_536));
      for (let n = 0; n < 4_096; n++) client.socket.write(message);
      await expect.poll(() => ends.length, { timeout: 5_000 }).toBe(1);
      clearInterval(watch);
      expect(most).toBeLessThan(2 * 1024 * 1024);
      client.socket.destroy();
    },
    { pingIntervalMs: 300, pingTimeoutMs: 700 },
  );
});

test('S49 a message at the limit is taken and one octet more is not: whole, in fragments', async () => {
  await survives(
    async (arena) => {
      const client = await arena.upgraded();
      client.socket.write(
        Buffer.concat([finalFrame(OP.binary, Buffer.alloc(1_000)), frame(2, Buffer.alloc(999)), finalFrame(0, 'x')]),
      );
      await client.waitForBytes(2 * 1_004);
      expect((await attack(arena, hex`82fe 03e9 00000000`)).code).toBe(1009);
      expect((await attack(arena, Buffer.concat([frame(2, Buffer.alloc(999)), hex`8082 00000000`]))).code).toBe(1009);
    },
    { maxMessageBytes: 1_000 },
  );
});

test('S50 eight MiB of empty frames in one go keep nobody waiting', async () => {
  await survives(async ({ upgraded }) => {
    const flooder = await upgraded();
    const other = await upgraded();
    const flood = Buffer.concat(Array.from({ length: 100_000 }, () => finalFrame(OP.binary)));
    for (let n = 0; n < 14; n++) flooder.socket.write(flood);
    const waits: number[] = [];
    for (let n = 0; n < 20; n++) {
      const start = performance.now();
      other.received = Buffer.alloc(0);
      other.socket.write(finalFrame(OP.text, 'x'));
      await other.expectReceived(hex`8101 78`);
      waits.push(performance.now() - start);
    }
    // The client's side of the flood runs in this process too, so this is a generous bound.
    expect(waits.sort((a, b) => a - b)[10]).toBeLessThan(250);
  });
});

test('S51 whatever a listener throws, or promises in vain, ends its own connection with 1011', async () => {
  for (const event of ['message', 'pong', 'drain', 'close'] as const) {
    for (const fail of [
      () => {
        throw new Violation(1008, 'not this one', '0');
      },
      () => Promise.reject(new Error('in vain')),
    ]) {
      await survives(async ({ server, upgraded }) => {
        const faults: unknown[] = [];
        const attached = once(server, 'connection') as Promise<[Connection]>;
        const client = await upgraded();
        const [ours] = await attached;
        ours.on(event, fail);
        ours.on('fault', (error) => faults.push(error));
        if (event === 'message') ours.receive(fail as () => void);
        client.socket.write(Buffer.concat([finalFrame(OP.text, 'x'), finalFrame(OP.pong)]));
        if (event === 'drain') ours.send(Buffer.alloc(16 * 1024 * 1024));
        if (event === 'close') client.socket.end();
        await expect.poll(() => faults.length > 0 || (event === 'message' && fail.length === 0)).toBe(true);
        client.socket.destroy();
      });
    }
  }
});

test('S52 S53 misuse is told by its name, and no memory leaves that was not given', async () => {
  await survives(async ({ server, upgraded }) => {
    const [client, [ours]] = await Promise.all([upgraded(), once(server, 'connection') as Promise<[Connection]>]);
    Buffer.allocUnsafe(4_000).fill('MARKER');
    const wrong = [
      0,
      5,
      1.5,
      Number.NaN,
      true,
      null,
      undefined,
      {},
      [],
      10n,
      Symbol('s'),
      () => {},
      new Date(),
      new ArrayBuffer(4),
    ];
    for (const value of wrong) {
      expect(() => ours.send(value as never)).toThrow(TypeError);
      if (value !== undefined) expect(() => ours.ping(value as never)).toThrow(TypeError);
      if (value !== undefined) expect(() => ours.close(value as never)).toThrow(Error);
    }
    expect(() => ours.close(1000, 'x'.repeat(124))).toThrow(RangeError);
    expect(() => ours.close(1000, new Float32Array(20) as never)).toThrow(TypeError);
    expect(() => ours.ping(new Uint8Array(126))).toThrow(RangeError);
    ours.close(1000);
    ours.close(1000);
    expect([ours.send('late'), ours.ping(), ours.sendRange('text', Buffer.from('x'), 0, 1)]).toEqual([
      false,
      false,
      false,
    ]);
    await client.waitUntil(() => client.ended || client.received.includes(hex`880203e8`));
    expect(client.received.includes('MARKER')).toBe(false);
    ours.destroy();
    ours.destroy();
    expect(ours.send('later')).toBe(false);
  });
});

test('S54 three hundred resets in the midst of frames, messages and writes', async () => {
  await survives(async ({ upgraded, ends }) => {
    const message = finalFrame(OP.binary, Buffer.alloc(100_000));
    const stream = Buffer.concat([message, frame(OP.text, 'unfinished'), message.subarray(0, 50_000)]);
    for (let n = 0; n < 300; n += 10) {
      const clients = await Promise.all(Array.from({ length: 10 }, () => upgraded()));
      for (const [at, client] of clients.entries()) {
        client.socket.write(stream.subarray(0, (n + at) * 500));
        if (at % 2 === 0) client.socket.resetAndDestroy();
        else setImmediate(() => client.socket.resetAndDestroy());
      }
    }
    await expect.poll(() => ends.length).toBe(300);
  });
});

test.each(['listener', 'receiver'] as const)(
  'an application that leaves in the middle of a read hears nothing more of it, as a %s',
  async (as) => {
    const server = createServer({ closeTimeoutMs: 50 });
    const heard: string[] = [];
    server.on('connection', (connection) => {
      const leave = (text: string) => {
        heard.push(text);
        connection.destroy();
      };
      if (as === 'listener') connection.on('message', ({ bytes }) => leave(bytes.toString()));
      else connection.receive((_kind, bytes, from, to) => leave(bytes.toString('utf8', from, to)));
      connection.on('pong', () => heard.push('pong'));
    });
    const { RawClient } = await import('../testing/raw-client.ts');
    const client = new RawClient(Number(new URL(await server.listen()).port));
    const { request } = await import('../testing/attack-kit.ts');
    client.socket.write(
      Buffer.concat([
        Buffer.from(request().replace('/ws', '/')),
        finalFrame(1, 'one'),
        finalFrame(1, 'two'),
        finalFrame(1, 'three'),
        finalFrame(OP.pong),
      ]),
    );
    await client.waitUntil(() => client.ended);
    expect(heard).toEqual(['one']);
    await server.close();
  },
);
