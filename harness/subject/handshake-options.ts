/**
 * What the user adds to the client's opening handshake, and which certificate authorities the client trusts for `wss:`.
 * The cases use these options, and so does the probe that asks whether the server is ready. A server that demands a
 * token would refuse a probe without the token and would never look ready.
 */
export interface HandshakeOptions {
  /** Subprotocols to offer, in order of preference. */
  protocols?: readonly string[];
  origin?: string;
  /** Further header fields. Only the embedded engine can send them. */
  headers?: Readonly<Record<string, string>>;
  /** PEM text of the certificate authorities to trust. Without it, every certificate is accepted. */
  ca?: string;
}

/** The header lines that the options add to the request of the opening handshake, without line ends. */
export function headerLines({ protocols = [], origin, headers = {} }: HandshakeOptions): string[] {
  return [
    ...(protocols.length === 0 ? [] : [`Sec-WebSocket-Protocol: ${protocols.join(', ')}`]),
    ...(origin === undefined ? [] : [`Origin: ${origin}`]),
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
}
