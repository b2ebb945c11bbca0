/** The address in a WebSocket URL (RFC 6455 section 3): host, port, and whether TLS is used. */
export interface Address {
  /** Host name or IP address. An IPv6 address has no brackets, because sockets take it without brackets. */
  host: string;
  /** The port in the URL, or the default port of the URL's scheme (80 or 443). */
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
