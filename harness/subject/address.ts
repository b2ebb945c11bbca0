/** Where a WebSocket URL leads (RFC 6455 section 3). */
export interface Address {
  /** Name or IP address as sockets take it: an IPv6 address has no brackets. */
  host: string;
  /** The port in the URL, or the default port of its scheme. */
  port: number;
  /** Whether the connection uses TLS (`wss:`). */
  secure: boolean;
}

/** Reads the address in a WebSocket URL. @throws TypeError if it is not a URL. */
export function addressOf(url: string): Address {
  const { protocol, hostname, port } = new URL(url);
  const secure = protocol === 'wss:';
  return { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port || (secure ? 443 : 80)), secure };
}

/** Builds a WebSocket URL from an address and a path that begins with `/`. */
export function urlOf({ host, port, secure }: Address, path: string): string {
  return `${secure ? 'wss' : 'ws'}://${host.includes(':') ? `[${host}]` : host}:${port}${path}`;
}
