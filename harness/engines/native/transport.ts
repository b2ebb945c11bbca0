/**
 * A stream of bytes in both directions that carries one WebSocket connection: TCP, TLS, memory in a test, or a stream
 * of HTTP/2. An endpoint (one side of the connection) gets its transport from the caller and never opens a socket.
 */
export interface Transport {
  /** Starts to report events. Called once, by the endpoint; no event is reported before this call returns. */
  open(events: TransportEvents): void;
  /** Queues bytes. All bytes that are queued in one turn of the event loop are sent together when the turn ends. */
  write(bytes: Buffer): void;
  /** Sends the queued bytes, then ends the stream without waiting for the other side (TCP: FIN). */
  end(): void;
  /** Ends the stream at once and discards the queued bytes (TCP: RST). */
  abort(): void;
  /** Ends the stream at once, discards the queued bytes, and reports no further event. */
  destroy(): void;
}

/** The events that a transport reports to its endpoint (one side of the WebSocket connection). */
export interface TransportEvents {
  /** The stream is open in both directions. Reported once, before any byte. */
  connected(): void;
  received(bytes: Buffer): void;
  /** The stream has ended, for any reason. Reported once, as the last event; never if `connected` was not reported. */
  lost(): void;
  /** The stream could not be opened. Reported once, as the only event. */
  refused(error: Error): void;
}
