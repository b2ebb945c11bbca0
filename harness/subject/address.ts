/**
 * Where a WebSocket address leads (RFC 6455 3): its host as sockets want it, an IPv6 address without brackets; the port
 * that is meant where none is written; whether TLS is spoken there.
 */
export function addressOf(url: string): { host: string; port: number; secure: boolean } {
  const { protocol, hostname, port } = new URL(url);
  const secure = protocol === 'wss:';
  return { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port || (secure ? 443 : 80)), secure };
}

/** The other way round. */
export function urlOf({ host, port, secure }: ReturnType<typeof addressOf>, path: string): string {
  return `${secure ? 'wss' : 'ws'}://${host.includes(':') ? `[${host}]` : host}:${port}${path}`;
}
