import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { echo } from '../echo.ts';
import {
  type Connection,
  createServer,
  type Ended,
  Protocol,
  type ServerOptions,
  type WebSocketServer,
} from '../index.ts';
import { OP } from '../protocol/frame.ts';
import { finalFrame, frame, hex } from '../testing/protocol-kit.ts';
import { RawClient, REQUEST } from '../testing/raw-client.ts';

const open: { servers: WebSocketServer[]; clients: RawClient[] } = { servers: [], clients: [] };

afterEach(async () => {
  for (const client of open.clients.splice(0)) client.socket.destroy();
  await Promise.all(open.servers.splice(0).map((server) => server.close()));
});

async function start(options: ServerOptions = {}, makeProtocol?: ConstructorParameters<typeof WebSocketServer>[1]) {
  const server = createServer({ path: '/ws', ...options }, makeProtocol);
  open.servers.push(server);
  const ended: Promise<Ended>[] = [];
  server.on('connection', (connection) => {
    ended.push(new Promise((resolve) => connection.on('close', resolve)));
  });
  const url = await server.listen();
  const port = Number(new URL(url).port);
  return {
    server,
    url,
    /** Waits until all connections are closed. @returns how each of them ended. */
    ends: () => Promise.all(ended),
    connect(): RawClient {
      const client = new RawClient(port);
      open.clients.push(client);
      return client;
    },
    /** Waits for the next connection of the server. */
    async nextConnection(): Promise<Connection> {
      const [connection] = await once(server, 'connection');
      return connection;
    },
  };
}

describe('a connection', () => {
  test('echoes messages that arrive with the handshake, answers the Close frame and ends TCP', async () => {
    const { server, connect, ends } = await start();
    server.on('connection', echo);
    const client = connect();
    const stream = [
      finalFrame(OP.text, 'one'),
      finalFrame(OP.ping, 'p'),
      finalFrame(OP.binary, 'two'),
      finalFrame(OP.close, hex`03e8`),
      finalFrame(OP.ping),
    ];
    const head = await client.upgrade(Buffer.concat(stream));
    expect(head).toMatch(/^HTTP\/1\.1 101 /);
    expect(head).toContain('\r\nServer: websock server\r\n');
    expect(head).toContain('\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n');
    await client.waitUntil(() => client.ended);
    await client.expectReceived(hex`8103 6f6e65 8a01 70 8203 74776f 8802 03e8`);
    client.socket.end();
    expect(await ends()).toEqual([{ code: 1000, reason: '', clean: true }]);
  });

  test('sends the first message of the application before it answers messages that came with the handshake', async () => {
    const { server, connect } = await start();
    server.on('connection', (connection) => {
      connection.send('hello');
      echo(connection);
    });
    const client = connect();
    await client.upgrade(Buffer.concat([finalFrame(OP.text, 'one'), finalFrame(OP.ping, 'p')]));
    await client.expectReceived(hex`8105 68656c6c6f 8103 6f6e65 8a01 70`);
  });

  test('sends echoes and its Close frame after a violation, even if the client continues to send', async () => {
    const { server, connect, ends } = await start();
    server.on('connection', echo);
    const client = connect();
    await client.upgrade();
    client.socket.write(Buffer.concat([finalFrame(OP.text, 'good'), frame(0xa1, 'bad'), Buffer.alloc(300_000)]));
    await client.waitUntil(() => client.ended);
    const text = client.received.toString('latin1');
    expect(text.startsWith('\x81\x04good\x88')).toBe(true);
    expect(client.received.readUInt16BE(8)).toBe(1002);
    // The server reads until the client's FIN, so the kernel does not send RST.
    client.socket.write(Buffer.alloc(300_000));
    client.socket.end();
    const [hadError] = await once(client.socket, 'close');
    expect(hadError).toBe(false);
    expect(await ends()).toMatchObject([{ code: 1006, clean: false, error: { code: 1002, section: '5.2' } }]);
  });

  test('negotiates and uses permessage-deflate', async () => {
    const { server, connect } = await start();
    server.on('connection', echo);
    const client = connect();
    const head = await client.upgrade(frame(0xc1, hex`f248cdc9c90700`), [
      'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits; server_max_window_bits=10',
    ]);
    expect(head).toContain('\r\nSec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10\r\n');
    await client.expectReceived(hex`c107 f248cdc9c90700`);
  });

  test('echoes a message of 16 MiB and refuses one more byte', async () => {
    const { server, connect, ends } = await start({ deflate: false });
    server.on('connection', echo);
    const client = connect();
    await client.upgrade();
    const big = Buffer.alloc(16 * 1024 * 1024, 'x');
    client.socket.write(finalFrame(OP.binary, big));
    await client.waitForBytes(big.length + 10);
    expect(client.received.subarray(10).equals(big)).toBe(true);
    client.received = Buffer.alloc(0);
    client.socket.write(hex`82ff 0000000001000001 00000000`);
    await client.waitUntil(() => client.ended);
    expect(client.received.readUInt16BE(2)).toBe(1009);
    client.socket.end();
    expect(await ends()).toMatchObject([{ error: { code: 1009 } }]);
  });

  test('stops reading while the client reads nothing, and continues when the client reads', async () => {
    const { server, connect } = await start({ pauseReadingAtUnsentBytes: 65_536 });
    let maxUnsentBytes = 0;
    let echoed = 0;
    server.on('connection', (connection) =>
      connection.on('message', (message) => {
        connection.send(message);
        echoed++;
        maxUnsentBytes = Math.max(maxUnsentBytes, connection.unsentBytes);
      }),
    );
    const client = connect();
    await client.upgrade();
    client.socket.pause();
    const message = finalFrame(OP.binary, Buffer.alloc(32_768));
    const count = 1000;
    for (let n = 0; n < count; n++) client.socket.write(message);
    client.socket.write(finalFrame(OP.close));
    client.socket.resume();
    await client.waitUntil(() => client.ended);
    expect(echoed).toBe(count);
    expect(client.received).toHaveLength(count * (32_768 + 4) + 2);
    expect(maxUnsentBytes).toBeLessThan(1024 * 1024);
  });

  test('answers only the newest Ping of a client that did not read', async () => {
    const { connect, nextConnection } = await start({ deflate: false });
    const client = connect();
    const [connection] = await Promise.all([nextConnection(), client.upgrade()]);
    client.socket.pause();
    const big = Buffer.alloc(32 * 1024 * 1024);
    connection.send(big);
    const drained = once(connection, 'drain');
    const pings = Array.from({ length: 100 }, (_, n) => finalFrame(OP.ping, `${n}`));
    const heard = once(connection, 'message');
    client.socket.write(Buffer.concat([...pings, finalFrame(OP.text, 'all said')]));
    await heard;
    client.socket.resume();
    await drained;
    await client.waitForBytes(10 + big.length + 4);
    expect(client.received.subarray(10 + big.length)).toEqual(hex`8a02 3939`);
  });

  test('waits for the answer after close', async () => {
    const { connect, nextConnection, ends } = await start();
    const client = connect();
    const [connection] = await Promise.all([nextConnection(), client.upgrade()]);
    expect(connection.send('last')).toBe(true);
    connection.close(4001, 'done');
    connection.close(4002);
    expect(connection.isOpen).toBe(false);
    expect(connection.send('late')).toBe(false);
    expect(connection.ping()).toBe(false);
    await client.expectReceived(hex`8104 6c617374 8806 0fa1 646f6e65`);
    client.socket.write(finalFrame(OP.close, hex`0fa1`));
    await client.waitUntil(() => client.ended);
    client.socket.end();
    expect(await ends()).toEqual([{ code: 4001, reason: '', clean: true }]);
  });

  test('is dropped if the client does not answer the Close frame', async () => {
    const { connect, nextConnection, ends } = await start({ closeTimeoutMs: 50 });
    const client = connect();
    const [connection] = await Promise.all([nextConnection(), client.upgrade()]);
    connection.close();
    await once(client.socket, 'end');
    expect(await ends()).toMatchObject([{ code: 1006, clean: false }]);
  });

  test('is dropped if the client does not answer the FIN', async () => {
    const { connect, nextConnection, ends } = await start({ closeTimeoutMs: 50 });
    const client = connect();
    const [connection] = await Promise.all([nextConnection(), client.upgrade()]);
    const down = once(connection, 'close');
    client.socket.write(finalFrame(OP.close));
    await down;
    expect(await ends()).toMatchObject([{ code: 1005, clean: true }]);
  });

  test('pings a silent client and drops it after pingTimeoutMs', async () => {
    const { connect, nextConnection, ends } = await start({ pingIntervalMs: 20, pingTimeoutMs: 60 });
    const client = connect();
    const [connection] = await Promise.all([nextConnection(), client.upgrade()]);
    await once(connection, 'close');
    expect(client.received.subarray(0, 2)).toEqual(hex`8900`);
    expect(await ends()).toMatchObject([
      { code: 1006, clean: false, error: { message: expect.stringContaining('sent nothing') } },
    ]);
  });

  test('emits received Pongs', async () => {
    const { connect, nextConnection } = await start();
    const client = connect();
    const [connection] = await Promise.all([nextConnection(), client.upgrade()]);
    const pong = once(connection, 'pong');
    connection.ping(Buffer.from('?'));
    await client.expectReceived(hex`8901 3f`);
    client.socket.write(finalFrame(OP.pong, '?'));
    expect(await pong).toEqual([Buffer.from('?')]);
  });

  test('ends with 1006 if the client sends FIN or RST without a Close frame', async () => {
    const { connect, nextConnection, ends } = await start();
    for (const method of ['end', 'resetAndDestroy'] as const) {
      const client = connect();
      const [connection] = await Promise.all([nextConnection(), client.upgrade()]);
      const down = once(connection, 'close');
      client.socket[method]();
      await down;
    }
    expect(await ends()).toMatchObject([{ code: 1006 }, { code: 1006 }]);
  });

  test('is closed with 1011 if a listener throws, and other connections stay open', async () => {
    const { server, connect, nextConnection } = await start();
    const other = connect();
    await Promise.all([nextConnection(), other.upgrade()]);
    const faults: unknown[] = [];
    server.once('connection', (connection) => {
      connection.on('message', () => {
        throw new Error('a bug of the application');
      });
      connection.on('fault', (error) => faults.push(error));
    });
    const client = connect();
    await client.upgrade(finalFrame(OP.text, 'x'));
    await client.expectReceived(hex`8802 03f3`);
    expect(faults).toMatchObject([{ message: 'a bug of the application' }]);
    other.socket.write(finalFrame(OP.ping));
    await other.expectReceived(hex`8a00`);
  });

  test('can be destroyed without a Close frame', async () => {
    const { connect, nextConnection, ends } = await start();
    const client = connect();
    const [connection] = await Promise.all([nextConnection(), client.upgrade()]);
    connection.destroy();
    await client.waitUntil(() => client.ended);
    expect(await ends()).toEqual([{ code: 1006, reason: '', clean: false }]);
  });

  test('sends all messages of one turn', async () => {
    const { connect, nextConnection } = await start();
    const client = connect();
    const [connection] = await Promise.all([nextConnection(), client.upgrade()]);
    for (let n = 0; n < 40; n++) connection.send(Buffer.alloc(10_000, n));
    await client.waitForBytes(40 * 10_004);
    for (let n = 0; n < 40; n++) expect(client.received[n * 10_004 + 4]).toBe(n);
  });

  test('sends strings as text and Uint8Arrays as binary, and throws for other types', async () => {
    const { connect, nextConnection } = await start();
    const client = connect();
    const [connection] = await Promise.all([nextConnection(), client.upgrade()]);
    connection.send('é');
    connection.send(new Uint8Array([1, 2, 3]).subarray(1));
    connection.send({ kind: 'text', bytes: Buffer.from('t') });
    for (const wrong of [1, null, undefined, {}, { kind: 'text', bytes: 'x' }, [1]]) {
      expect(() => connection.send(wrong as never)).toThrow(TypeError);
    }
    expect(() => connection.ping(5 as never)).toThrow(TypeError);
    expect(() => connection.close(1005)).toThrow(RangeError);
    await client.expectReceived(hex`8102 c3a9 8202 0203 8101 74`);
  });
});

describe('a server', () => {
  test.each([
    [404, ['GET /other HTTP/1.1', ...REQUEST.slice(1)]],
    [405, ['POST /ws HTTP/1.1', ...REQUEST.slice(1)]],
    [426, [...REQUEST.slice(0, -1), 'Sec-WebSocket-Version: 12']],
    [400, REQUEST.filter((line) => !line.includes('Key'))],
    [426, ['GET /ws HTTP/1.1', 'Host: x']],
    [404, ['GET /other HTTP/1.1', 'Host: x']],
  ])('refuses with %i', async (status, lines) => {
    const { connect } = await start();
    const client = connect();
    client.socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    await client.waitUntil(() => client.received.includes('\r\n\r\n'));
    expect(client.received.toString()).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(client.received.toString()).toContain('Server: websock server');
    if (status === 426 && lines.length > 3)
      expect(client.received.toString()).toContain('\r\nSec-WebSocket-Version: 13\r\n');
  });

  test('answers 408 to a request that is incomplete after handshakeTimeoutMs', async () => {
    const { connect } = await start({ handshakeTimeoutMs: 100 });
    const client = connect();
    client.socket.write('GET /ws HTTP/1.1\r\n');
    await client.waitUntil(() => client.ended);
    expect(client.received.toString()).toMatch(/^HTTP\/1\.1 408 /);
  });

  test('survives clients that reset the connection at once', async () => {
    const { server, connect } = await start();
    server.on('connection', echo);
    for (let n = 0; n < 20; n++) {
      const client = connect();
      client.socket.write(`${REQUEST.join('\r\n')}\r\n\r\n`, () => client.socket.resetAndDestroy());
      await once(client.socket, 'close');
    }
    const client = connect();
    await client.upgrade(finalFrame(OP.text, 'still here'));
    await client.expectReceived(Buffer.concat([hex`810a`, Buffer.from('still here')]));
  });

  test('closes all connections with 1001 and resolves when they are closed', async () => {
    const { server, connect, nextConnection } = await start({ closeTimeoutMs: 50 });
    const client = connect();
    await Promise.all([nextConnection(), client.upgrade()]);
    expect(server.connections).toBe(1);
    await server.close();
    expect(server.connections).toBe(0);
    await client.expectReceived(hex`8802 03e9`);
  });

  test('can use a protocol that breaks a rule on purpose', async () => {
    class NeverAnswersClose extends Protocol {
      protected override onCloseFrame(): void {}
    }
    const { connect } = await start({}, (settings) => new NeverAnswersClose(settings));
    const client = connect();
    await client.upgrade(Buffer.concat([finalFrame(OP.close, hex`03e8`), finalFrame(OP.ping)]));
    await client.expectReceived(hex`8a00`);
  });

  test('rejects listen if the port is in use', async () => {
    const { url } = await start();
    const second = createServer();
    await expect(second.listen(Number(new URL(url).port))).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
