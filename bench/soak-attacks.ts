/**
 * Attacks on a server, each by its number in docs/server.md, as a process of its own: `soak-attacks.ts S44 PORT` goes on
 * until it is killed, so that nobody who is measured shares a process with it.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { constants, deflateRawSync } from 'node:zlib';
import { clientFrame, open, pause } from './soak-client.ts';

const [name = '', port = ''] = process.argv.slice(2);

/** What each does, in the words of the table. */
export const ATTACKS = {
  S07: 'headers of 20 MiB, and one octet at a time',
  S08: '1,000 requests of an octet a second',
  S32: '50 × 131,000 fragments of one octet',
  S33: 'a million empty fragments',
  S44: 'Pings of 125 octets, Pongs read',
  S45: 'Pings of 125 octets, nothing read',
  S47: 'echoes of 64 KiB, nothing read',
  S50: '16 MiB of empty frames at once',
  S56: 'bombs of 1 GiB, in one frame and in 64',
  S66: '128 KiB that compress to nothing',
} as const;

/** Writes the same octets over and over, as fast as they are taken, `times` at most. Resolves when that is over. */
async function flood(socket: Socket, bytes: Buffer, times = Number.POSITIVE_INFINITY): Promise<void> {
  for (let n = 0; n < times && !socket.destroyed; n++) {
    await new Promise((resolve) => socket.write(bytes, resolve));
  }
}

/** `what` again whenever the server has had enough of it, `count` of them side by side. */
async function forEver(count: number, what: () => Promise<unknown>): Promise<void> {
  await Promise.all(
    Array.from({ length: count }, async () => {
      for (;;) {
        await what().catch(() => {});
        await pause(1);
      }
    }),
  );
}

function raw(): Socket {
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
      const socket = raw();
      socket.write(begin);
      await flood(socket, Buffer.alloc(64 * 1024, 'x'), 320);
      await closed(socket);
    });
    const dribble = forEver(10, async () => {
      const socket = raw();
      socket.write(begin);
      while (!socket.destroyed) await new Promise((resolve) => socket.write('x', resolve));
    });
    await Promise.all([huge, dribble]);
  },
  S08: () =>
    forEver(1_000, async () => {
      const socket = raw();
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
    // Its back-references reach over the joints, so a MiB of zeros can be repeated as it is.
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
