import net from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { listenersOn, processFacts, stillListens } from './process-table.ts';

let open: net.Server[] = [];
afterEach(() => {
  for (const server of open) server.close();
  open = [];
});
const listen = (host: string): Promise<{ port: number; server: net.Server }> =>
  new Promise((resolve) => {
    const server = net.createServer().listen(0, host, () => {
      const address = server.address();
      if (typeof address === 'string' || address === null) throw new Error('no port');
      resolve({ port: address.port, server });
    });
    open.push(server);
  });

describe.runIf(process.platform === 'linux')('a process that listens on a port', () => {
  test.each(['127.0.0.1', '0.0.0.0', '::'])(
    'is found in the table of IPv4 or IPv6 sockets if it listens on %s',
    async (host) => {
      const { port } = await listen(host);
      const ourselves = { ...processFacts(process.pid), sockets: [expect.stringMatching(/^\d+$/)] };
      expect(listenersOn(port)).toEqual([ourselves]);
      expect(listenersOn(port, [process.pid])).toEqual([ourselves]);
      expect(listenersOn(port, [1])).toEqual([ourselves]);
    },
  );

  test('is not a client that has connected from that port', async () => {
    const { port } = await listen('127.0.0.1');
    const client = net.connect(port, '127.0.0.1');
    await new Promise((resolve) => client.once('connect', resolve));
    expect(listenersOn(client.localPort ?? 0)).toEqual([]);
    client.destroy();
  });

  test('still listens until it closes that socket, even if it listens on another port later', async () => {
    const { port, server } = await listen('127.0.0.1');
    const [before] = listenersOn(port);
    if (before === undefined) throw new Error('nobody listens');
    expect(stillListens(before)).toBe(true);
    await new Promise((resolve) => server.close(resolve));
    await listen('127.0.0.1');
    expect(stillListens(before)).toBe(false);
  });

  test('is not a later process with the same pid', async () => {
    const [before] = listenersOn((await listen('127.0.0.1')).port);
    if (before === undefined) throw new Error('nobody listens');
    expect(stillListens({ ...before, started: before.started - 1 })).toBe(false);
  });
});
