import { Worker } from 'node:worker_threads';
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { ServerOptions } from '../index.ts';
import { FIN, OP, RSV1 } from '../protocol/frame.ts';
import { Protocol } from '../protocol/protocol.ts';
import { type AttackedServer, request, survives } from '../testing/attack-kit.ts';
import { describeSteps, frame, hex } from '../testing/protocol-kit.ts';
import { checkUpgrade } from '../transport/handshake.ts';
import { resolveOptions } from '../transport/options.ts';
import { MAX_READ_BYTES } from '../transport/shared-read-buffer.ts';

const OFFER = ['Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits'];
const MESSAGE = FIN | RSV1 | OP.binary;

/** Compresses a message as a client does (RFC 7692 §7.2.1), without reference to earlier messages. */
function compress(bytes: Buffer): Buffer {
  return deflateRawSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
}

/** Sends `bytes` on a new connection and reads until FIN. @returns the close code of the server. */
async function closeCode({ upgraded }: AttackedServer, bytes: Buffer): Promise<number> {
  const client = await upgraded(OFFER);
  client.socket.write(bytes);
  await client.waitUntil(() => client.ended);
  const close = client.received.lastIndexOf(0x88);
  return client.received.readUInt16BE(close + 2);
}

test('S56 a zip bomb of 1 GiB is refused at the message limit, in one frame or in 64', async () => {
  const limit = 1024 * 1024;
  // 1 MiB of zeros, compressed, and this data 1,024 times in a row. The result is valid deflate, because the window
  // contains only zeros after each part.
  const part = deflateRawSync(Buffer.alloc(1 << 20), { finishFlush: constants.Z_SYNC_FLUSH });
  const bomb = Buffer.concat(Array.from({ length: 1024 }, () => part));
  await survives(
    async (server) => {
      const before = process.memoryUsage().rss;
      const size = Math.ceil(bomb.length / 64);
      const parts = Array.from({ length: 64 }, (_, n) =>
        frame((n === 63 ? FIN : 0) | (n === 0 ? RSV1 | OP.binary : 0), bomb.subarray(n * size, (n + 1) * size)),
      );
      for (const bytes of [frame(MESSAGE, bomb), Buffer.concat(parts)]) {
        expect(await closeCode(server, bytes)).toBe(1009);
      }
      expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
    },
    { maxMessageBytes: 2 * limit },
  );
});

test('S57 a message that inflates to the limit is delivered, and one or two bytes more are refused', async () => {
  await survives(
    async (server) => {
      const client = await server.upgraded(OFFER);
      client.socket.write(frame(MESSAGE, compress(Buffer.alloc(10_000, 'x'))));
      await client.waitForBytes(4);
      const echoed = client.received.subarray(2);
      expect(inflateRawSync(echoed, { finishFlush: constants.Z_SYNC_FLUSH })).toHaveLength(10_000);
      for (const more of [1, 2]) {
        expect(await closeCode(server, frame(MESSAGE, compress(Buffer.alloc(10_000 + more, 'x'))))).toBe(1009);
      }
    },
    { maxMessageBytes: 10_000 },
  );
});

test('S58 the message limit applies to the sum of compressed fragments', async () => {
  await survives(
    async (server) => {
      const bytes = compress(Buffer.alloc(50_000, 'x'));
      const half = bytes.length >> 1;
      const parts = [frame(RSV1 | OP.text, bytes.subarray(0, half)), frame(FIN, bytes.subarray(half))];
      expect(await closeCode(server, Buffer.concat(parts))).toBe(1009);
    },
    { maxMessageBytes: 10_000 },
  );
});

test.each(['7', '16', '0', '08', '+9', '9.0', '', '"7"', '999999', '9; server_max_window_bits=9', '-9', '1e1'])(
  'S59 an offer of server_max_window_bits=%s is declined',
  (bits) => {
    const check = (offer: string) =>
      checkUpgrade(
        {
          method: 'GET',
          url: '/',
          httpVersion: '1.1',
          rawHeaders:
            `Host,x,Upgrade,websocket,Connection,Upgrade,Sec-WebSocket-Version,13,Sec-WebSocket-Key,dGhlIHNhbXBsZSBub25jZQ==,Sec-WebSocket-Extensions,${offer}`.split(
              ',',
            ),
        },
        resolveOptions(),
      );
    const offer = `permessage-deflate; server_max_window_bits=${bits}`;
    const decision = check(offer);
    // An empty value breaks the grammar of the header, so the whole request is refused.
    if (bits === '') expect(decision).toMatchObject({ is: 'refused', status: 400 });
    else expect(decision).toMatchObject({ is: 'upgraded', deflate: undefined });
    expect(check('permessage-deflate; server_no_context_takeover=1')).toMatchObject({ deflate: undefined });
  },
);

/**
 * Finds the largest distance in a raw deflate stream: how far back a reference to earlier data goes. zlib does not
 * report distances, so this function is a slow decoder of RFC 1951 for stored, fixed and dynamic blocks.
 */
function furthestReference(bytes: Buffer): number {
  let bit = 0;
  let furthest = 0;
  const next = (count: number): number => {
    let value = 0;
    for (let n = 0; n < count; n++, bit++) value |= (((bytes[bit >> 3] ?? 0) >> (bit & 7)) & 1) << n;
    return value;
  };
  type Codes = Map<string, number>;
  const codesOf = (lengths: readonly number[]): Codes => {
    const table: Codes = new Map();
    let code = 0;
    for (let length = 1; length <= 15; length++) {
      for (const [symbol, its] of lengths.entries()) {
        if (its === length) table.set((code++).toString(2).padStart(length, '0'), symbol);
      }
      code <<= 1;
    }
    return table;
  };
  const symbol = (table: Codes): number => {
    let seen = '';
    for (;;) {
      seen += next(1);
      const found = table.get(seen);
      if (found !== undefined) return found;
      if (seen.length > 15) throw new Error('no such code');
    }
  };
  const lengthExtra = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
  const order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
  while (bit + 3 <= bytes.length * 8) {
    const final = next(1);
    const type = next(2);
    if (type === 0) {
      bit = (bit + 7) & ~7;
      const length = next(16);
      bit += 16 + length * 8;
    } else {
      let literals: Codes;
      let distances: Codes;
      if (type === 1) {
        literals = codesOf(Array.from({ length: 288 }, (_, n) => (n < 144 ? 8 : n < 256 ? 9 : n < 280 ? 7 : 8)));
        distances = codesOf(Array.from({ length: 30 }, () => 5));
      } else {
        const [literalCount, distanceCount, orderCount] = [next(5) + 257, next(5) + 1, next(4) + 4];
        const inner = Array.from({ length: 19 }, () => 0);
        for (const place of order.slice(0, orderCount)) inner[place] = next(3);
        const table = codesOf(inner);
        const lengths: number[] = [];
        while (lengths.length < literalCount + distanceCount) {
          const what = symbol(table);
          if (what < 16) lengths.push(what);
          else {
            const [value, count] =
              what === 16 ? [lengths.at(-1) ?? 0, next(2) + 3] : what === 17 ? [0, next(3) + 3] : [0, next(7) + 11];
            for (let n = 0; n < count; n++) lengths.push(value);
          }
        }
        literals = codesOf(lengths.slice(0, literalCount));
        distances = codesOf(lengths.slice(literalCount));
      }
      for (;;) {
        const what = symbol(literals);
        if (what === 256) break;
        if (what < 256) continue;
        next(lengthExtra[what - 257] ?? 0);
        const distance = symbol(distances);
        const extra = distance < 4 ? 0 : (distance >> 1) - 1;
        const base = distance < 4 ? distance + 1 : ((2 + (distance & 1)) << extra) + 1;
        furthest = Math.max(furthest, base + next(extra));
      }
    }
    if (final === 1) break;
  }
  return furthest;
}

test.each([9, 10, 11, 12, 13, 14, 15])('S60 with a window of %i bits no reference goes further back', (bits) => {
  const protocol = new Protocol({
    maxMessageBytes: 1 << 20,
    deflateLevel: 1,
    deflateFromBytes: 0,
    deflate: {
      serverNoContextTakeover: false,
      clientNoContextTakeover: false,
      serverMaxWindowBits: bits,
      clientMaxWindowBits: 15,
    },
  });
  const words = Array.from({ length: 700 }, (_, n) => `word ${(n * 7919) % 701} `).join('');
  const payload = Buffer.from(words.repeat(12).slice(0, 65_536));
  protocol.send('text', payload);
  protocol.send('text', payload);
  const sent = Buffer.concat(protocol.take());
  let compressed = Buffer.alloc(0);
  for (let at = 0; at < sent.length; ) {
    const short = sent[at + 1] ?? 0;
    const from = at + (short < 126 ? 2 : short === 126 ? 4 : 10);
    const length = short < 126 ? short : short === 126 ? sent.readUInt16BE(at + 2) : sent.readUInt32BE(at + 6);
    compressed = Buffer.concat([compressed, sent.subarray(from, from + length), hex`0000ffff`]);
    at = from + length;
  }
  expect(inflateRawSync(compressed, { finishFlush: constants.Z_SYNC_FLUSH })).toEqual(
    Buffer.concat([payload, payload]),
  );
  const furthest = furthestReference(compressed);
  expect(furthest).toBeGreaterThan(0);
  expect(furthest).toBeLessThanOrEqual(2 ** bits);
  protocol.dispose();
});

test.each([
  ['a stored block whose length is not its complement', hex`000500faf0 4865`, 1007],
  ['a block of type 3', hex`06`, 1007],
  ['a distance beyond the start of the data', hex`4b 02 43 00`, 1007],
  ['0xff', Buffer.alloc(100, 0xff), 1007],
])('S61 %s is refused with 1007, and other connections continue', async (_what, bytes, code) => {
  await survives(async (server) => expect(await closeCode(server, frame(MESSAGE, bytes))).toBe(code));
});

test('S61 unusual but legal data is inflated: BFINAL, an unremoved tail, an empty message', () => {
  const settings = {
    maxMessageBytes: 1 << 20,
    deflateLevel: 1,
    deflateFromBytes: 0,
    deflate: {
      serverNoContextTakeover: false,
      clientNoContextTakeover: false,
      serverMaxWindowBits: 15,
      clientMaxWindowBits: 15,
    },
  };
  const read = (bytes: Buffer) => describeSteps(new Protocol(settings).receive(frame(MESSAGE, bytes)));
  expect(read(hex`f348cdc9c90700 00`)).toEqual(['binary Hello']);
  expect(read(hex`f248cdc9c907000000ffff`)).toEqual(['binary Hello']);
  expect(read(hex`00`)).toEqual(['binary ']);
});

test('S62 S65 survives resets during compression, and keeps the order of answers', async () => {
  await survives(async ({ upgraded }) => {
    const big = frame(MESSAGE, compress(Buffer.alloc(4 * 1024 * 1024, 'abc')));
    for (let n = 0; n < 10; n++) {
      const client = await upgraded(OFFER);
      client.socket.write(Buffer.concat([big, big]), () => client.socket.resetAndDestroy());
      await client.waitUntil(() => client.ended);
    }
    const client = await upgraded(OFFER);
    client.socket.write(
      Buffer.concat([
        big,
        frame(FIN | OP.ping, 'p'),
        frame(MESSAGE, compress(Buffer.from('x'))),
        frame(FIN | OP.close),
      ]),
    );
    await client.waitUntil(() => client.ended);
    const after = client.received.readUInt16BE(2) + 4;
    // After the echo of the big message come the Pong, the small echo and the empty Close frame, in this order.
    expect(client.received.subarray(after, after + 3)).toEqual(hex`8a01 70`);
    expect(client.received[after + 3]).toBe(0xc2);
    expect(client.received.subarray(-2)).toEqual(hex`8800`);
  });
});

test('S64 an idle connection frees its compression window and still sends valid messages', async () => {
  const options: ServerOptions = { pingIntervalMs: 40, pingTimeoutMs: 5_000 };
  await survives(async ({ upgraded }) => {
    const client = await upgraded(OFFER);
    const inflate: Buffer[] = [];
    for (let n = 0; n < 3; n++) {
      client.received = Buffer.alloc(0);
      client.socket.write(frame(MESSAGE, compress(Buffer.from('the same words again'))));
      await client.waitUntil(() => client.received.length > 0);
      expect(client.received[0]).toBe(0xc2);
      inflate.push(client.received.subarray(2, 2 + (client.received[1] ?? 0)), hex`0000ffff`);
      // The server frees the compression window of an idle connection when it sends a Ping, so wait for the Ping.
      await client.waitUntil(() => client.received.includes(hex`8900`));
    }
    const all = inflateRawSync(Buffer.concat(inflate), { finishFlush: constants.Z_SYNC_FLUSH });
    expect(all.toString()).toBe('the same words again'.repeat(3));
  }, options);
});

test('S63 S64 300 connections share the compression windows and all send valid messages', () => {
  const settings = {
    maxMessageBytes: 1 << 20,
    deflateLevel: 1,
    deflateFromBytes: 0,
    deflate: {
      serverNoContextTakeover: false,
      clientNoContextTakeover: false,
      serverMaxWindowBits: 15,
      clientMaxWindowBits: 15,
    },
  };
  const protocols = Array.from({ length: 300 }, () => new Protocol(settings));
  const sentPieces = protocols.map((): Buffer[] => []);
  for (let round = 0; round < 3; round++) {
    for (const [at, protocol] of protocols.entries()) {
      protocol.send('text', Buffer.from(`round after round, number ${at}`));
      const [sent = Buffer.alloc(0)] = protocol.take();
      sentPieces[at]?.push(Buffer.from(sent.subarray(2)), hex`0000ffff`);
    }
  }
  for (const [at, pieces] of sentPieces.entries()) {
    const all = inflateRawSync(Buffer.concat(pieces), { finishFlush: constants.Z_SYNC_FLUSH });
    expect(all.toString()).toBe(`round after round, number ${at}`.repeat(3));
  }
  const other = new Protocol({ ...settings, deflate: { ...settings.deflate, serverMaxWindowBits: 10 } });
  // RFC 7692 §7.1.2.1: even if the window was used by another connection before, no reference may go further back than
  // the negotiated 1,024 bytes.
  const noise = Buffer.from(Array.from({ length: 3_000 }, (_, n) => (n * n * 2_654_435_761) >>> 13));
  const twice = Buffer.concat([noise, noise]);
  other.send('binary', twice);
  const sent = Buffer.concat([Buffer.concat(other.take()).subarray(4), hex`0000ffff`]);
  // zlib checks how far back a reference goes only if the reference leaves the current output chunk, so use small
  // chunks.
  const options = { windowBits: 10, chunkSize: 64, finishFlush: constants.Z_SYNC_FLUSH };
  expect(inflateRawSync(sent, options).equals(twice)).toBe(true);
  for (const protocol of [...protocols, other]) protocol.dispose();
});

test('S66 other connections get their turn between two reads of a flood', async () => {
  // Each message of the flood inflates to 16 KiB. A full read of such messages takes so long that the server must pause
  // reading from this connection.
  const flood = frame(MESSAGE, compress(Buffer.alloc(16 * 1024)));
  const perRead = Math.ceil(MAX_READ_BYTES / flood.length) + 1;
  const messages = 3 * perRead;
  const perTurn: number[] = [];
  await survives(async ({ server, port }) => {
    const reached = new Promise<void>((resolve) => {
      server.once('connection', (connection) => {
        let turn = 0;
        let all = 0;
        const next = () => {
          turn++;
          if (all < messages) setImmediate(next);
        };
        next();
        connection.receive((kind, bytes, from, to) => {
          perTurn[turn] = (perTurn[turn] ?? 0) + 1;
          connection.sendRange(kind, bytes, from, to);
          if (++all === messages) resolve();
        });
      });
    });
    // The flooding client needs its own thread. In the thread of the server it could not send while the server reads.
    const worker = new Worker(
      `const { connect } = require('node:net');
      const { workerData: { port, request, flood, messages } } = require('node:worker_threads');
      const socket = connect(port, '127.0.0.1');
      socket.write(request);
      socket.once('data', () => socket.resume().write(Buffer.concat(Array.from({ length: messages }, () => flood))));`,
      { eval: true, workerData: { port, request: request(...OFFER), flood, messages } },
    );
    await reached;
    await worker.terminate();
  });
  for (const count of perTurn) expect(count ?? 0).toBeLessThanOrEqual(perRead);
  // While reads take long, the server makes them smaller. In more than half of the turns it must read less than 1/16 of
  // a full read.
  expect(perTurn.filter((count) => count < perRead / 16).length).toBeGreaterThan(perTurn.filter(Boolean).length / 2);
});

test('S66 a flood of highly compressed messages does not delay other connections', async () => {
  await survives(async ({ upgraded }) => {
    const flooder = await upgraded(OFFER);
    const flood = frame(MESSAGE, compress(Buffer.alloc(128 * 1024)));
    for (let n = 0; n < 500; n++) flooder.socket.write(flood);
    const other = await upgraded();
    const start = performance.now();
    other.socket.write(frame(FIN | OP.text, 'x'));
    await other.expectReceived(hex`8101 78`);
    expect(performance.now() - start).toBeLessThan(1_000);
  });
});
