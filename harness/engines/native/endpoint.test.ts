import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { Endpoint, type EndpointOptions } from './endpoint.ts';
import { Corpora } from './messages/corpora.ts';
import { MessageStore } from './messages/message-store.ts';
import { clientHandshake, requestText } from './protocol/client-handshake.ts';
import type { OpeningHandshake } from './protocol/opening-handshake.ts';
import type { Deflate } from './protocol/permessage-deflate.ts';
import { serverHandshake } from './protocol/server-handshake.ts';
import { encodeFrame, type FrameHead, type Role } from './protocol/wire.ts';
import { acceptTcp, connectTcp } from './tcp-transport.ts';
import { MemoryTransport } from './testing/memory-transport.ts';
import { framesOf } from './testing/recorder.ts';
import { TIMEOUTS } from './timers.ts';
import { WireLog } from './wire-log.ts';

const HELLO = Buffer.from('Hello');
const NOTHING = Buffer.alloc(0);
const MASK = Buffer.from('37fa213d', 'hex');
const REQUEST = { host: 'localhost', port: 80, resource: '/', userAgent: 'test', offers: [] };

const head = (opcode: number): FrameHead => ({ opcode, fin: true, rsv: 0 });
const closeBody = (code: number): Buffer => Buffer.from([code >> 8, code & 0xff]);

/** An endpoint (one side of a connection), and the events that the endpoint has reported, as text. */
interface Side {
  endpoint: Endpoint;
  events: string[];
}

/** Timeouts for tests that wait until a timeout passes: a hundredth of the usual time. */
const SHORT = { ...TIMEOUTS, second: 0.01 };

/** Makes an endpoint that records its events as text. */
function side(role: Role, facts: Partial<EndpointOptions> & Pick<EndpointOptions, 'transport'>): Side {
  const events: string[] = [];
  const endpoint = new Endpoint({
    role,
    handshake: role === 'client' ? clientHandshake(REQUEST) : serverHandshake(),
    log: new WireLog(),
    timeouts: TIMEOUTS,
    events: {
      opened: () => events.push('opened'),
      message: (bytes, binary) => events.push(`${binary ? 'binary' : 'text'} ${bytes}`),
      pong: (payload) => events.push(`pong ${payload}`),
      lost: () => events.push('lost'),
      refused: () => events.push('refused'),
    },
    ...facts,
  });
  return { endpoint, events };
}

/** An opening handshake that exchanges no bytes: the connection is open immediately. */
const alreadyOpen = (deflate: Deflate | null = null): OpeningHandshake => ({
  start: () => ({ outcome: { opened: true, deflate, rest: NOTHING } }),
  receive: () => ({}),
});

/** A client and a server that are connected in memory. */
function pair(handshakes: { client?: OpeningHandshake; server?: OpeningHandshake } = {}) {
  const [clientTransport, serverTransport] = MemoryTransport.pair();
  const { client, server } = handshakes;
  return {
    client: side('client', { transport: clientTransport, ...(client === undefined ? {} : { handshake: client }) }),
    server: side('server', { transport: serverTransport, ...(server === undefined ? {} : { handshake: server }) }),
    clientTransport,
    serverTransport,
  };
}

/**
 * Returns an open endpoint (one side of a connection). The test itself is the other side: it writes and reads bytes.
 */
async function facing(
  role: Role,
  timeouts = TIMEOUTS,
): Promise<Side & { transport: MemoryTransport; send(bytes: Buffer): void }> {
  const [transport, test] = MemoryTransport.pair();
  const opened = side(role, { transport, handshake: alreadyOpen(), timeouts });
  await vi.waitFor(() => expect(opened.events).toEqual(['opened']));
  return { ...opened, transport, send: (bytes) => test.write(bytes) };
}

/** Returns the bytes after the HTTP head of the opening handshake. */
const afterHead = (bytes: Buffer): Buffer => bytes.subarray(bytes.indexOf('\r\n\r\n') + 4);

describe('a client and a server', () => {
  it('open a connection with each other and exchange messages', async () => {
    const { client, server } = pair();
    await vi.waitFor(() => expect([...client.events, ...server.events]).toEqual(['opened', 'opened']));
    client.endpoint.send.frame(head(1), HELLO);
    server.endpoint.send.frame(head(2), HELLO);
    await vi.waitFor(() => expect(server.events).toEqual(['opened', 'text Hello']));
    await vi.waitFor(() => expect(client.events).toEqual(['opened', 'binary Hello']));
    expect(server.endpoint.facts.httpRequest).toBe(client.endpoint.facts.httpRequest);
    expect(client.endpoint.facts.httpResponse).toBe(server.endpoint.facts.httpResponse);
  });

  it('mask every frame of the client and no frame of the server', async () => {
    const { client, server, clientTransport, serverTransport } = pair();
    await vi.waitFor(() => expect(client.events).toEqual(['opened']));
    for (const { endpoint } of [client, server]) {
      endpoint.send.frame(head(1), HELLO);
      endpoint.send.piece(endpoint.send.header(2, HELLO.length), HELLO);
      endpoint.send.frame(head(9), HELLO);
    }
    // Each side answers the Ping of the other side. The binary message is never reported, because none of its frames
    // has the FIN bit.
    const EVENTS = ['opened', 'text Hello', 'pong Hello'];
    await vi.waitFor(() => expect([...client.events, ...server.events]).toEqual([...EVENTS, ...EVENTS]));
    const frames = (transport: MemoryTransport) => framesOf(afterHead(transport.written));
    expect(frames(clientTransport).map(({ opcode, masked }) => [opcode, masked])).toEqual(
      [1, 2, 9, 10].map((opcode) => [opcode, true]),
    );
    expect(frames(serverTransport).map(({ opcode, masked }) => [opcode, masked])).toEqual(
      [1, 2, 9, 10].map((opcode) => [opcode, false]),
    );
    for (const { payload } of [...frames(clientTransport), ...frames(serverTransport)]) expect(payload).toEqual(HELLO);
  });

  it.each(['client', 'server'] as const)(
    'close cleanly if the %s closes first, and the server ends TCP',
    async (role) => {
      const sides = pair();
      await vi.waitFor(() => expect(sides.client.events).toEqual(['opened']));
      sides[role].endpoint.sendClose(1001, Buffer.from('bye'));
      await vi.waitFor(() =>
        expect([sides.client.events, sides.server.events].map((all) => all.at(-1))).toEqual(['lost', 'lost']),
      );
      const { client, server, clientTransport, serverTransport } = sides;
      expect([clientTransport.ended, serverTransport.ended]).toEqual([null, 'end']);
      expect([client.endpoint.facts.wasClean, server.endpoint.facts.wasClean]).toEqual([true, true]);
      expect([client.endpoint.facts.droppedByMe, server.endpoint.facts.droppedByMe]).toEqual([false, true]);
      const other = role === 'client' ? server : client;
      expect(sides[role].endpoint.facts).toMatchObject({
        closedByMe: true,
        localCloseCode: 1001,
        remoteCloseCode: 1000,
      });
      expect(other.endpoint.facts).toMatchObject({
        closedByMe: false,
        localCloseCode: 1000,
        remoteCloseCode: 1001,
        remoteCloseReason: 'bye',
      });
    },
  );

  it('decompress each other’s messages with the parameters of the sender', async () => {
    const deflate: Deflate = {
      serverNoContextTakeover: true,
      clientNoContextTakeover: false,
      serverMaxWindowBits: 9,
      clientMaxWindowBits: 15,
    };
    const { client, server } = pair({ client: alreadyOpen(deflate), server: alreadyOpen(deflate) });
    await vi.waitFor(() => expect([...client.events, ...server.events]).toEqual(['opened', 'opened']));
    const store = new MessageStore(new Corpora(null));
    const series = { corpus: 'json', binary: false, length: 1000, fragment: 100 } as const;
    for (const { endpoint } of [client, server])
      for (const k of [0, 1, 2]) endpoint.send.prepared(store.get(series, endpoint.role, deflate, k));
    const texts = [0, 1, 2].map((k) => `text ${store.get(series, 'client', deflate, k).plain}`);
    await vi.waitFor(() => expect(server.events).toEqual(['opened', ...texts]));
    await vi.waitFor(() => expect(client.events).toEqual(['opened', ...texts]));
    // Only the client compresses with context takeover. Its later messages are therefore shorter than those of the
    // server.
    expect(client.endpoint.send.traffic.webSocket).toBeLessThan(server.endpoint.send.traffic.webSocket);
    expect(client.endpoint.received.webSocket).toBe(server.endpoint.send.traffic.webSocket);
  });

  it('connect over TCP', async () => {
    const listener = createServer();
    await once(listener.listen(0, '127.0.0.1'), 'listening');
    const { port } = listener.address() as AddressInfo;
    const accepted = once(listener, 'connection');
    const client = side('client', { transport: connectTcp({ host: '127.0.0.1', port, tls: null }) });
    const [socket] = (await accepted) as [Socket];
    const server = side('server', { transport: acceptTcp(socket) });
    await vi.waitFor(() => expect([...client.events, ...server.events]).toEqual(['opened', 'opened']));
    client.endpoint.send.frame(head(1), HELLO);
    await vi.waitFor(() => expect(server.events.at(-1)).toBe('text Hello'));
    server.endpoint.sendClose(1000, null);
    await vi.waitFor(() => expect([client.events.at(-1), server.events.at(-1)]).toEqual(['lost', 'lost']));
    expect([client.endpoint.facts.wasClean, server.endpoint.facts.wasClean]).toEqual([true, true]);
    listener.close();
  });
});

describe('the masks of received frames', () => {
  it.each([
    ['server', 'an unmasked', null, 'unmasked frame from a client'],
    ['client', 'a masked', MASK, 'masked frame from a server'],
  ] as const)('fail the connection with 1002 if a %s receives %s frame', async (role, _, mask, reason) => {
    const { endpoint, events, transport, send } = await facing(role);
    send(encodeFrame(head(1), HELLO, mask));
    await vi.waitFor(() => expect(endpoint.facts.failedByMe).toBe(true));
    const [close] = framesOf(transport.written);
    expect(close?.payload).toEqual(Buffer.concat([closeBody(1002), Buffer.from(reason)]));
    expect(events).not.toContain('text Hello');
  });

  it.each([
    ['server', 'a masked', MASK],
    ['client', 'an unmasked', null],
  ] as const)('are right if a %s receives %s frame', async (role, _, mask) => {
    const { endpoint, events, send } = await facing(role);
    send(encodeFrame(head(1), HELLO, mask));
    await vi.waitFor(() => expect(events).toEqual(['opened', 'text Hello']));
    expect(endpoint.facts.failedByMe).toBe(false);
  });
});

describe('the opening handshake', () => {
  it('sends any request that it is handed', async () => {
    const [transport, test] = MemoryTransport.pair();
    const request = 'BREW /pot HTCPCP/1.0\r\n\r\n';
    const { events, endpoint } = side('client', {
      transport,
      handshake: {
        start: () => ({ send: Buffer.from(request), request }),
        receive: (bytes) => ({ response: String(bytes), outcome: { opened: false, why: `refused: ${bytes}` } }),
      },
    });
    await vi.waitFor(() => expect(String(transport.written)).toBe(request));
    test.write(Buffer.from('418'));
    await vi.waitFor(() => expect(events).toEqual(['lost']));
    expect(endpoint.facts).toMatchObject({
      wasOpen: false,
      httpRequest: request,
      httpResponse: '418',
      wasNotCleanReason: 'refused: 418',
    });
  });

  it('opens at once if the transport needs no handshake', async () => {
    const { events, transport } = await facing('client');
    expect([events, transport.written.length]).toEqual([['opened'], 0]);
  });

  it('reads frames that arrive together with the request', async () => {
    const [transport, test] = MemoryTransport.pair();
    const { events } = side('server', { transport });
    const request = requestText({ ...REQUEST, key: 'dGhlIHNhbXBsZSBub25jZQ==' });
    test.write(Buffer.concat([Buffer.from(request), encodeFrame(head(1), HELLO, MASK)]));
    await vi.waitFor(() => expect(events).toEqual(['opened', 'text Hello']));
  });

  it('of a server ends with a response and FIN if the request is not valid', async () => {
    const [transport, test] = MemoryTransport.pair();
    const { endpoint, events } = side('server', { transport });
    test.write(Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'));
    await vi.waitFor(() => expect(events).toEqual(['lost']));
    expect(String(transport.written)).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(transport.ended).toBe('end');
    expect(endpoint.facts).toMatchObject({ wasOpen: false, wasNotCleanReason: 'the field Upgrade is missing' });
  });

  it('of a client ends with RST if the response is not valid', async () => {
    const [transport, test] = MemoryTransport.pair();
    const { events } = side('client', { transport });
    test.write(Buffer.from('HTTP/1.1 404 Not Found\r\n\r\n'));
    await vi.waitFor(() => expect(events).toEqual(['lost']));
    expect(transport.ended).toBe('abort');
  });

  it.each(['client', 'server'] as const)('of a %s ends after its timeout', async (role) => {
    const [transport] = MemoryTransport.pair();
    const { endpoint, events } = side(role, { transport, timeouts: SHORT });
    await vi.waitFor(() => expect(events).toEqual(['lost']));
    expect(endpoint.facts.wasOpenHandshakeTimeout).toBe(true);
    expect(transport.ended).toBe('abort');
  });
});

describe('an endpoint', () => {
  it.each(['client', 'server'] as const)('in the role of a %s sends one Close only', async (role) => {
    const { endpoint, transport } = await facing(role);
    endpoint.sendClose(1000, null);
    endpoint.sendClose(1001, null);
    expect(framesOf(transport.written).map(({ payload }) => payload)).toEqual([closeBody(1000)]);
  });

  it.each(['client', 'server'] as const)(
    'in the role of a %s resets TCP if its Close is not answered',
    async (role) => {
      const { endpoint, events, transport } = await facing(role, SHORT);
      endpoint.sendClose(1000, null);
      await vi.waitFor(() => expect(events.at(-1)).toBe('lost'));
      expect(endpoint.facts).toMatchObject({ wasCloseHandshakeTimeout: true, wasClean: false });
      expect(transport.ended).toBe('abort');
    },
  );

  it('reports nothing after it was destroyed', async () => {
    const { endpoint, events, transport, send } = await facing('client');
    endpoint.destroy();
    send(encodeFrame(head(1), HELLO, null));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(events).toEqual(['opened']);
    expect(transport.ended).toBe('destroy');
  });

  it('reports that the transport could not be connected', async () => {
    const listener = createServer();
    await once(listener.listen(0, '127.0.0.1'), 'listening');
    const { port } = listener.address() as AddressInfo;
    listener.close();
    await once(listener, 'close');
    const { events } = side('client', { transport: connectTcp({ host: '127.0.0.1', port, tls: null }) });
    await vi.waitFor(() => expect(events).toEqual(['refused']));
  });
});
