/**
 * Attacks a server on 127.0.0.1: `soak-attacks.ts S44 PORT` runs the attack S44 until the process is killed. The
 * attacks are numbered as in docs/server.md. Each attack runs in its own process, because it must not slow down the
 * clients that are measured.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { constants, deflateRawSync } from 'node:zlib';
import { clientFrame, open, pause } from './soak-client.ts';

const [name = '', port = ''] = process.argv.slice(2);

/** Description of each attack, as in the table of docs/server.md. */
export const ATTACKS = {
  S07: 'headers of 20 MiB, and one byte at a time',
  S08: '1,000 requests at one byte per second',
  S32: '50 × 131,000 fragments of one byte',
  S33: 'a million empty fragments',
  S44: 'Pings of 125 bytes, Pongs read',
  S45: 'Pings of 125 bytes, nothing read',
  S47: 'echoes of 64 KiB, nothing read',
  S50: '16 MiB of empty frames at once',
  S56: 'zip bombs of 1 GiB, in one frame and in 64',
  S66: 'highly compressed messages of 128 KiB',
} as const;

/**
 * Writes `bytes` up to `times` times, as fast as the server reads. Resolves after the last write or, if the socket is
 * closed before, without further writes.
 */
async function flood(socket: Socket, bytes: Buffer, times = Number.POSITIVE_INFINITY): Promise<void> {
  for (let n = 0; n < times && !socket.destroyed; n++) {
    await new Promise((resolve) => socket.write(bytes, resolve));
  }
}

/** Runs `count` copies of `action` in parallel, without end. A copy that ends or fails is started again. */
async function forEver(count: number, action: () => Promise<unknown>): Promise<void> {
  await Promise.all(
    Array.from({ length: count }, async () => {
      for (;;) {
        await action().catch(() => {});
        await pause(1);
      }
    }),
  );
}

function connectRaw(): Socket {
  const socket = connect({ port: Number(port), host: '127.0.0.1', noDelay: true });
  socket.on('error', () => {});
  socket.resume();
  return socket;
}

const closed = async (socket: Socket) => socket.destroyed || (await once(socket, 'close'));
const times = (bytes: Buffer, count: number) => Buffer.concat(Array.from({ length: count }, () => bytes));
const readAll = async (deflate = false) => (await open(Number(port), deflate)).resume();
const readNothing = async () => (await open(Number(port))).pause();

const PINGS = times(clientFrame(0x89, Buffer.alloc(125, 'p')), 500);

const run: Record<keyof typeof ATTACKS, () => Promise<void>> = {
  async S07() {
    const begin = 'GET / HTTP/1.1\r\nHost: x\r\nA: ';
    const huge = forEver(10, async () => {
      const socket = connectRaw();
      socket.write(begin);
      await flood(socket, Buffer.alloc(64 * 1024, 'x'), 320);
      await closed(socket);
    });
    const slow = forEver(10, async () => {
      const socket = connectRaw();
      socket.write(begin);
      while (!socket.destroyed) await new Promise((resolve) => socket.write('x', resolve));
    });
    await Promise.all([huge, slow]);
  },
  S08: () =>
    forEver(1_000, async () => {
      const socket = connectRaw();
      socket.write('GET / HTTP/1.1\r\nA: ');
      while (!socket.destroyed) {
        await pause(1_000);
        socket.write('x');
      }
    }),
  S32: () =>
    forEver(50, async () => {
      const socket = await readAll();
      socket.write(clientFrame(0x02, Buffer.from('x')));
      await flood(socket, times(clientFrame(0x00, Buffer.from('x')), 1_000), 131);
      await Promise.race([closed(socket), pause(1_000)]);
      socket.destroy();
    }),
  S33: () =>
    forEver(1, async () => {
      const socket = await readAll();
      socket.write(clientFrame(0x02, Buffer.from('x')));
      await flood(socket, times(clientFrame(0x00, Buffer.alloc(0)), 10_000), 100);
      await closed(socket);
    }),
  S44: () => forEver(1, async () => flood(await readAll(), PINGS)),
  S45: () => forEver(1, async () => flood(await readNothing(), PINGS)),
  S47: () => forEver(1, async () => flood(await readNothing(), clientFrame(0x82, Buffer.alloc(64 * 1024)), 16_384)),
  S50: () => {
    const frames = times(clientFrame(0x82, Buffer.alloc(0)), (16 * 1024 * 1024) / 6);
    return forEver(1, async () => flood(await readAll(), frames));
  },
  S56: () => {
    // 1 MiB of zeros, compressed. This data can be repeated and is still valid deflate, because the window contains
    // only zeros after it.
    const part = deflateRawSync(Buffer.alloc(1 << 20), { finishFlush: constants.Z_SYNC_FLUSH });
    const bomb = times(part, 1_024);
    const size = Math.ceil(bomb.length / 64);
    const parts = Array.from({ length: 64 }, (_, n) =>
      clientFrame((n === 63 ? 0x80 : 0) | (n === 0 ? 0x42 : 0), bomb.subarray(n * size, (n + 1) * size)),
    );
    const both = [clientFrame(0xc2, bomb), Buffer.concat(parts)];
    let turn = 0;
    return forEver(2, async () => {
      const socket = await readAll(true);
      socket.write(both[turn++ % 2] ?? bomb);
      await closed(socket);
    });
  },
  S66: () => {
    const text = deflateRawSync(Buffer.alloc(128 * 1024, 'a'), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
    const frames = times(clientFrame(0xc1, text), 50);
    return forEver(1, async () => flood(await readAll(true), frames));
  },
};

if (process.argv[1] === import.meta.filename) await run[name as keyof typeof ATTACKS]();
