/**
 * What happened on one connection, as one side of it sees it. In the names, "Me" is this side. The names are those of
 * Autobahn's result files.
 */
export interface EndpointFacts {
  wasOpen: boolean;
  closedByMe: boolean;
  failedByMe: boolean;
  droppedByMe: boolean;
  wasClean: boolean;
  wasNotCleanReason: string | null;
  wasServerConnectionDropTimeout: boolean;
  wasOpenHandshakeTimeout: boolean;
  wasCloseHandshakeTimeout: boolean;
  localCloseCode: number | null;
  localCloseReason: Buffer | null;
  remoteCloseCode: number | null;
  remoteCloseReason: string | null;
  httpRequest: string;
  httpResponse: string;
}

/** Returns the starting values for a new connection, on which nothing has happened yet. */
export const newEndpointFacts = (): EndpointFacts => ({
  wasOpen: false,
  closedByMe: false,
  failedByMe: false,
  droppedByMe: false,
  wasClean: false,
  wasNotCleanReason: null,
  wasServerConnectionDropTimeout: false,
  wasOpenHandshakeTimeout: false,
  wasCloseHandshakeTimeout: false,
  localCloseCode: null,
  localCloseReason: null,
  remoteCloseCode: null,
  remoteCloseReason: null,
  httpRequest: '',
  httpResponse: '?',
});

/**
 * Counts of bytes, frames and messages in one direction of a connection. `preopen` counts the bytes of the opening
 * handshake. All other counts apply only while the connection is open.
 */
export interface Traffic {
  /** Bytes of all frames, headers included. */
  wire: number;
  /** Bytes of payload in data frames. */
  webSocket: number;
  /** Bytes of messages, decompressed. */
  app: number;
  /** Number of data frames. */
  frames: number;
  messages: number;
  /** Bytes of the opening handshake. */
  preopen: number;
}

export const newTraffic = (): Traffic => ({ wire: 0, webSocket: 0, app: 0, frames: 0, messages: 0, preopen: 0 });

/** The compression figures of the cases 12.x and 13.x, under Autobahn's names. A ratio is null if its divisor is 0. */
export function trafficStats(sent: Traffic, received: Traffic): Readonly<Record<string, number | null>> {
  const ratio = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);
  const figures = (name: 'outgoing' | 'incoming', traffic: Traffic): [string, number | null][] => [
    [`${name}OctetsWireLevel`, traffic.wire],
    [`${name}OctetsWebSocketLevel`, traffic.webSocket],
    [`${name}OctetsAppLevel`, traffic.app],
    [`${name}CompressionRatio`, ratio(traffic.webSocket, traffic.app)],
    [`${name}WebSocketOverhead`, ratio(traffic.wire - traffic.webSocket, traffic.webSocket)],
    [`${name}WebSocketFrames`, traffic.frames],
    [`${name}WebSocketMessages`, traffic.messages],
    [`preopen${name === 'outgoing' ? 'Outgoing' : 'Incoming'}OctetsWireLevel`, traffic.preopen],
  ];
  return Object.fromEntries([...figures('outgoing', sent), ...figures('incoming', received)]);
}
