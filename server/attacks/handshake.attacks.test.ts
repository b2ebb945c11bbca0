import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, type MockInstance, test, vi } from 'vitest';
import { createServer } from '../index.ts';
import { OP } from '../protocol/frame.ts';
import { parseOffers } from '../protocol/offers.ts';
import { request, statusOf, survives } from '../testing/attack-kit.ts';
import { finalFrame, hex } from '../testing/protocol-kit.ts';
import { RawClient } from '../testing/raw-client.ts';
import { checkUpgrade } from '../transport/handshake.ts';
import { resolveOptions } from '../transport/options.ts';

/**
 * Returns the shortest duration of five runs in milliseconds. A busy machine slows down some runs, a slow algorithm all
 * runs.
 */
function bestOfFive(work: () => unknown): number {
  let shortest = Number.POSITIVE_INFINITY;
  for (let n = 0; n < 5; n++) {
    const start = performance.now();
    work();
    shortest = Math.min(shortest, performance.now() - start);
  }
  return shortest;
}

const HEADERS = ['Host', 'x', 'Upgrade', 'websocket', 'Connection', 'Upgrade', 'Sec-WebSocket-Version', '13'];
const KEY = ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='];

function check(...more: string[]) {
  const rawHeaders = [...HEADERS, ...KEY, ...more];
  return checkUpgrade({ method: 'GET', url: '/', httpVersion: '1.1', rawHeaders }, resolveOptions());
}

test('S01 a request with 2,000 headers before the upgrade headers is answered', async () => {
  await survives(async ({ ask }) => {
    const manyHeaders = Array.from({ length: 2_050 }, (_, n) => `${(n + 1296).toString(36)}:`).join('\r\n');
    const small = request().replace('\r\n', `\r\n${manyHeaders}\r\n`);
    expect([101, 431]).toContain(statusOf(await ask(small)));
    const large = request().replace('\r\n', `\r\n${manyHeaders.replaceAll(':', ': 1234567890')}\r\n`);
    expect(statusOf(await ask(large))).toBe(431);
  });
});

test('S02 Sec-WebSocket-Protocol is parsed in linear time', () => {
  const header = (length: number) => check('Sec-WebSocket-Protocol', `b${' '.repeat(length)}x`);
  expect(header(1_000)).toMatchObject({ status: 400 });
  expect(bestOfFive(() => header(16_000))).toBeLessThan(5);
});

test('S03 names of Object.prototype are handled like other names', async () => {
  await survives(async ({ ask }) => {
    for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty']) {
      for (const offer of [name, `permessage-deflate; ${name}`, `permessage-deflate; ${name}=${name}`]) {
        const answer = await ask(request(`Sec-WebSocket-Extensions: ${offer}`));
        expect(statusOf(answer)).toBe(101);
        expect(answer).not.toContain('Extensions');
      }
    }
  });
});

test('S04 an unterminated quoted string is refused in linear time', () => {
  for (const filling of ['\\', '\\"', '\\\\', 'a']) {
    const header = `a; b="${filling.repeat(8_192)}`;
    expect(parseOffers(header)).toBeUndefined();
    expect(bestOfFive(() => parseOffers(header))).toBeLessThan(5);
  }
});

test('S05 a header named __proto__ has no effect', async () => {
  await survives(async ({ ask }) => expect(statusOf(await ask(request('__proto__: x')))).toBe(101));
});

test('S06 4,000 names that look like numbers cost no more time than other names', () => {
  const headers = Array.from({ length: 4_000 }, (_, n) => [`${n}`, 'x']).flat();
  expect(check(...headers)).toMatchObject({ is: 'upgraded' });
  expect(bestOfFive(() => check(...headers))).toBeLessThan(20);
  const params = Array.from({ length: 4_000 }, (_, n) => `;${n}=1`).join('');
  expect(bestOfFive(() => check('Sec-WebSocket-Extensions', `permessage-deflate${params}`))).toBeLessThan(20);
});

test('S07 headers of more than 16 KiB are refused, sent at once or slowly', async () => {
  await survives(async ({ ask, connect }) => {
    expect(statusOf(await ask(`GET /ws HTTP/1.1\r\nHost: x\r\nA: ${'x'.repeat(200_000)}`))).toBe(431);
    const slowClient = connect();
    slowClient.socket.setNoDelay(true);
    slowClient.socket.write('GET /ws HTTP/1.1\r\nHost: x\r\nA: ');
    for (let n = 0; n < 17 * 1024 && !slowClient.ended; n += 16) {
      await new Promise((resolve) => slowClient.socket.write('x'.repeat(16), resolve));
    }
    await slowClient.waitUntil(() => slowClient.ended);
    expect(statusOf(slowClient.received.toString())).toBe(431);
  });
});

test('S08 200 unfinished requests are closed at the deadline, and do not delay others', async () => {
  await survives(
    async ({ connect, upgraded }) => {
      const slowClients = Array.from({ length: 200 }, () => connect());
      for (const client of slowClients) client.socket.write('GET /ws HTTP/1.1\r\nX-a: b\r\n');
      const start = performance.now();
      await upgraded();
      expect(performance.now() - start).toBeLessThan(1_000);
      await Promise.all(slowClients.map((client) => client.waitUntil(() => client.ended)));
      expect(performance.now() - start).toBeLessThan(5_000);
    },
    { handshakeTimeoutMs: 300 },
  );
});

test('S09 survives a FIN right after the request', async () => {
  await survives(async ({ connect, ends }) => {
    for (const text of [request(), request('Sec-WebSocket-Version: 9')]) {
      const client = connect();
      client.socket.end(text);
      await client.waitUntil(() => client.ended);
    }
    expect(ends).toMatchObject([{ code: 1006 }]);
  });
});

test('S10 survives a reset at any moment of the handshake', async () => {
  await survives(
    async ({ connect }) => {
      const bytes = Buffer.from(request());
      for (let n = 0; n < 200; n++) {
        const client = connect();
        await once(client.socket, 'connect');
        client.socket.write(bytes.subarray(0, n % 3 === 0 ? n : bytes.length));
        if (n % 2 === 0) await new Promise(setImmediate);
        client.socket.resetAndDestroy();
      }
    },
    { verify: () => new Promise((resolve) => setImmediate(() => resolve(true))) },
  );
});

test('S11 survives a client that is gone before its 400 response', async () => {
  await survives(async ({ connect }) => {
    for (let n = 0; n < 50; n++) {
      const client = connect();
      await once(client.socket, 'connect');
      client.socket.write(request('Sec-WebSocket-Key: wrong'));
      client.socket.resetAndDestroy();
    }
  });
});

test.each([
  [405, 'POST /ws HTTP/1.1'],
  [405, 'OPTIONS * HTTP/1.1'],
  [405, 'PUT /ws HTTP/1.1'],
  [400, 'GET /ws HTTP/1.0'],
  [404, 'GET * HTTP/1.1'],
  [404, 'GET //ws HTTP/1.1'],
  [404, 'GET /ws%00 HTTP/1.1'],
  [404, `GET /${'x'.repeat(8_192)} HTTP/1.1`],
  [101, 'GET http://localhost/ws HTTP/1.1'],
  [101, 'GET /ws?a=b HTTP/1.1'],
  [400, 'GET /w\u00e9 HTTP/1.1'],
  [400, 'GET HTTP/1.1'],
  [400, '\u0000\u0001'],
])('S12 %i for the request line %j', async (status, line) => {
  await survives(async ({ ask }) => {
    const text = request().replace('GET /ws HTTP/1.1', line);
    const answered = statusOf(await ask(Buffer.from(text, 'latin1')));
    if (line.includes('\u00e9')) expect([400, 404]).toContain(answered);
    else expect(answered).toBe(status);
  });
});

test.each([
  ['Upgrade: h2c, websocket', 101],
  ['Upgrade: WebSocket', 101],
  ['Upgrade: websocket/13', 400],
  ['Connection: keep-alive, Upgrade', 101],
  ['Connection: upgrade', 101],
])('S13 %s is parsed as a list: %i', async (line, status) => {
  await survives(async ({ ask }) => expect(statusOf(await ask(request(line)))).toBe(status));
});

test.each([
  '',
  'dGhlIHNhbXBsZSBub25j',
  'dGhlIHNhbXBsZSBub25jZTE=',
  'dGhlIHNhbXBsZSBub25jZR==',
  'dGhlIHNhbXBsZSBub25jZ!==',
])('S14 the key %j is refused', async (key) => {
  await survives(async ({ ask }) => {
    expect(statusOf(await ask(request(`Sec-WebSocket-Key: ${key}`)))).toBe(400);
    const twice = request().replace('\r\n', '\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n');
    expect(statusOf(await ask(twice))).toBe(400);
  });
});

test.each(['0xd', '13.0', '1.3e1', '+13', '013', '8', '14', '', '13, 8', '13,'])(
  'S15 version %j is not 13',
  async (version) => {
    await survives(async ({ ask }) => {
      const answer = await ask(request(`Sec-WebSocket-Version: ${version}`));
      expect(statusOf(answer)).toBe(426);
      expect(answer).toContain('\r\nSec-WebSocket-Version: 13\r\n');
    });
  },
);

test('S16 an option function cannot add a line to the response', async () => {
  const faults: unknown[] = [];
  await survives(
    async ({ server, ask }) => {
      server.on('fault', (error) => faults.push(error));
      const answer = await ask(request('Sec-WebSocket-Protocol: a'));
      expect(statusOf(answer)).toBe(500);
      expect(answer).not.toContain('Set-Cookie');
    },
    { protocols: () => 'a\r\nSet-Cookie: x' },
  );
  expect(faults).toHaveLength(1);
  for (const wrong of [{ agent: 'a\r\nb' }, { agent: 'a\0' }, { path: '/a\r\nb' }]) {
    expect(() => createServer(wrong)).toThrow(RangeError);
  }
});

test.each(['a, a', 'a,,b', ',', 'a b', 'a/b', Array.from({ length: 1_000 }, () => 'x').join(', ')])(
  'S17 the subprotocol list %.20j is refused, and only an offered name can be chosen',
  async (list) => {
    await survives(async ({ ask }) =>
      expect(statusOf(await ask(request(`Sec-WebSocket-Protocol: ${list}`)))).toBe(400),
    );
    expect(check('Sec-WebSocket-Protocol', 'other')).toMatchObject({ protocol: undefined });
  },
);

test.each([
  ['https://good.test', 101],
  ['HTTPS://GOOD.TEST', 101],
  ['https://evil.test', 403],
  ['null', 403],
  ['https://good.test.evil.test', 403],
  ['https://good.test:444', 403],
  ['http://good.test', 403],
])('S18 the origin %s gets %i', async (origin, status) => {
  for (const allowedOrigins of [
    ['https://good.test'],
    (name?: string) => name?.toLowerCase() === 'https://good.test',
  ]) {
    await survives(async ({ ask }) => expect(statusOf(await ask(request(`Origin: ${origin}`)))).toBe(status), {
      // The honest clients of `survives` send no Origin header and must be allowed.
      verify: () => true,
      allowedOrigins: (name) =>
        name === undefined ||
        (typeof allowedOrigins === 'function' ? allowedOrigins(name) : allowedOrigins.includes(name.toLowerCase())),
    });
  }
});

test('S19 a request body is never read as frames', async () => {
  await survives(async ({ ask, ends }) => {
    const frames = finalFrame(OP.text, 'smuggled').toString('latin1');
    expect(statusOf(await ask(`${request('Content-Length: 14')}${frames}`))).toBe(400);
    expect(statusOf(await ask(`${request('Transfer-Encoding: chunked')}e\r\n${frames}\r\n0\r\n\r\n`))).toBe(400);
    expect(ends).toEqual([]);
  });
});

test('S20 frames sent together with the handshake are read once and in order, at every split', async () => {
  await survives(async ({ connect }) => {
    const stream = Buffer.concat([
      Buffer.from(request()),
      finalFrame(OP.text, 'one'),
      finalFrame(OP.ping),
      finalFrame(OP.close, hex`03e8`),
    ]);
    for (let cut = 1; cut < stream.length; cut += 3) {
      const client = connect();
      client.socket.setNoDelay(true);
      client.socket.write(stream.subarray(0, cut));
      await new Promise(setImmediate);
      client.socket.write(stream.subarray(cut));
      await client.waitUntil(() => client.ended);
      expect(client.received.subarray(client.received.indexOf('\r\n\r\n') + 4)).toEqual(
        hex`8103 6f6e65 8a00 8802 03e8`,
      );
      client.socket.end();
    }
  });
});

test('S22 while verify is pending, later frames wait in order, and a closed client is not upgraded', async () => {
  const resolvers: ((answer: true) => void)[] = [];
  const server = createServer({ verify: () => new Promise((resolve) => resolvers.push(resolve)), closeTimeoutMs: 50 });
  let upgraded = 0;
  server.on('connection', (connection) => {
    upgraded++;
    connection.on('message', (message) => connection.send(message));
  });
  const port = Number(new URL(await server.listen()).port);
  const text = request().replace('/ws', '/');

  const closedClient = new RawClient(port);
  closedClient.socket.write(text);
  await expect.poll(() => resolvers.length).toBe(1);
  closedClient.socket.resetAndDestroy();
  await once(closedClient.socket, 'close');

  const floodingClient = new RawClient(port);
  const flood = Array.from({ length: 64 }, () => finalFrame(OP.binary, Buffer.alloc(16_384)));
  floodingClient.socket.write(Buffer.concat([Buffer.from(text), ...flood, finalFrame(OP.close)]));
  await expect.poll(() => resolvers.length).toBe(2);
  for (const resolve of resolvers) resolve(true);
  await floodingClient.waitUntil(() => floodingClient.ended);
  // All echoes arrived after the handshake response.
  expect(floodingClient.received.length).toBe(floodingClient.received.indexOf('\r\n\r\n') + 4 + 64 * (16_384 + 4) + 2);
  expect(upgraded).toBe(1);
  floodingClient.socket.destroy();
  await server.close();
});

test('S22 verify can refuse, throw or time out', async () => {
  await survives(
    async ({ server, ask, connect }) => {
      const faults: unknown[] = [];
      server.on('fault', (error) => faults.push(error));
      expect(await ask(request('X-Want: 401'))).toMatch(/^HTTP\/1\.1 401 .*\r\n\r\nwho are you\?\n$/s);
      expect(statusOf(await ask(request('X-Want: 200')))).toBe(500);
      expect(statusOf(await ask(request('X-Want: throw')))).toBe(500);
      expect(faults).toHaveLength(2);
      const late = connect();
      late.socket.write(request('X-Want: never'));
      await late.waitUntil(() => late.ended);
      expect(late.received).toHaveLength(0);
    },
    {
      handshakeTimeoutMs: 200,
      verify: ({ headers }) => {
        const want = headers['x-want'];
        if (want === undefined) return true;
        if (want === 'throw') throw new Error('a bug of the application');
        return want === 'never' ? new Promise(() => {}) : { status: Number(want), why: 'who are you?' };
      },
    },
  );
});

test('S22 if verify fails after the client is gone, only the application gets the error', async () => {
  const resolvers: ((error: Error) => void)[] = [];
  let gone = 0;
  let written: MockInstance | undefined;
  await survives(
    async ({ server, connect }) => {
      const faults: unknown[] = [];
      server.on('fault', (error) => faults.push(error));
      const client = connect();
      client.socket.write(request('X-Want: wait'));
      await expect.poll(() => resolvers.length).toBe(1);
      client.socket.resetAndDestroy();
      await once(client.socket, 'close');
      // Wait until the server has received the RST.
      await expect.poll(() => gone).toBe(1);
      for (const reject of resolvers) reject(new Error('verify failed late'));
      await expect.poll(() => faults).toMatchObject([{ message: 'verify failed late' }]);
      // The server must not write a response to the closed socket.
      expect(written).not.toHaveBeenCalled();
    },
    {
      verify: ({ headers, socket }) => {
        if (headers['x-want'] === undefined) return true;
        socket.once('close', () => gone++);
        written = vi.spyOn(socket, 'end');
        return new Promise((_resolve, reject) => resolvers.push(reject));
      },
    },
  );
});

test('S22 an option function that closes the server during a handshake prevents the upgrade (RFC 6455 §4.2.2)', async () => {
  const server = createServer({
    protocols: (offered) => {
      closed = server.close();
      return offered[0];
    },
  });
  let closed: Promise<void> | undefined;
  let upgraded = 0;
  server.on('connection', () => upgraded++);
  const client = new RawClient(Number(new URL(await server.listen()).port));
  client.socket.write(request('Sec-WebSocket-Protocol: chat').replace('/ws', '/'));
  await client.waitUntil(() => client.ended);
  await closed;
  expect([client.received.length, upgraded, server.connections]).toEqual([0, 0, 0]);
  client.socket.destroy();
});

test('S23 1,000 extension offers are parsed quickly, and the first usable one is chosen', () => {
  const offers = [
    ...Array.from({ length: 999 }, () => 'permessage-deflate; server_max_window_bits=8'),
    'permessage-deflate',
  ];
  expect(check('Sec-WebSocket-Extensions', offers.join(', '))).toMatchObject({ deflate: { serverMaxWindowBits: 15 } });
  expect(bestOfFive(() => check('Sec-WebSocket-Extensions', offers.join(', ')))).toBeLessThan(10);
});

test('an attached server upgrades its own path and leaves other paths alone', async () => {
  const http = createHttpServer((_request, response) => response.end('plain'));
  const chat = createServer({ path: '/chat', closeTimeoutMs: 50 });
  const news = createServer({ path: '/news', closeTimeoutMs: 50 });
  for (const server of [chat, chat, news]) server.attach(http);
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const { port } = http.address() as AddressInfo;
  const clients: RawClient[] = [];
  async function ask(path: string): Promise<string> {
    const client = new RawClient(port);
    clients.push(client);
    client.socket.write(request().replace('/ws', path));
    await client.waitUntil(() => client.ended || client.received.includes('\r\n\r\n'));
    return client.received.toString();
  }
  expect(statusOf(await ask('/chat'))).toBe(101);
  expect(statusOf(await ask('/news'))).toBe(101);
  expect([chat.connections, news.connections]).toEqual([1, 1]);
  for (const client of clients) client.socket.end();
  await chat.close();
  // After `chat.close()` no server handles the path /chat, so the request is refused.
  expect(statusOf(await ask('/chat'))).toBe(404);
  const plain = await (await fetch(`http://127.0.0.1:${port}/`)).text();
  expect(plain).toBe('plain');
  for (const client of clients) client.socket.destroy();
  await news.close();
  http.closeAllConnections();
  http.close();
});
