/**
 * What the client's opening handshake brings beside what RFC 6455 4.1 demands, and for `wss:` whom it trusts. The cases
 * bring it, and so does the question whether a server is ready: one that asks for a token would else never seem to be.
 */
export interface HandshakeOptions {
  /** Subprotocols to offer, most wanted first. */
  protocols?: readonly string[];
  origin?: string;
  /** Further header fields; only the embedded engine can send them. */
  headers?: Readonly<Record<string, string>>;
  /** PEM of the certificate authorities to trust; without it any certificate will do. */
  ca?: string;
}

/** The lines of a request that a greeting adds, without their ends. */
export function linesOf({ protocols = [], origin, headers = {} }: HandshakeOptions): string[] {
  return [
    ...(protocols.length === 0 ? [] : [`Sec-WebSocket-Protocol: ${protocols.join(', ')}`]),
    ...(origin === undefined ? [] : [`Origin: ${origin}`]),
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
}
