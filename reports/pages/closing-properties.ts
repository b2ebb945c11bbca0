import type { RecordedCase } from '../document/recorded-case.ts';

/** The names of the thirteen recorded properties that describe how a connection ended. */
export type ClosingProperty = Extract<
  keyof RecordedCase,
  | 'isServer'
  | 'closedByMe'
  | 'failedByMe'
  | 'droppedByMe'
  | 'wasClean'
  | 'wasNotCleanReason'
  | 'wasServerConnectionDropTimeout'
  | 'wasOpenHandshakeTimeout'
  | 'wasCloseHandshakeTimeout'
  | 'localCloseCode'
  | 'localCloseReason'
  | 'remoteCloseCode'
  | 'remoteCloseReason'
>;

/**
 * The meaning of each property about the end of a connection. “Me” in a name is the fuzzing client, which plays the
 * cases. The names are Autobahn's, because other tools use these names too.
 */
export const CLOSING_PROPERTIES: Readonly<Record<ClosingProperty, string>> = {
  isServer:
    'Whether the fuzzing side is a server. Always no: the fuzzing side is a client, and the server is under test.',
  closedByMe: 'The fuzzing client sent the first Close frame, which starts the closing handshake.',
  failedByMe: 'The fuzzing client failed the connection: the server broke a rule, or the case timed out.',
  droppedByMe: 'The fuzzing client ended TCP. A server that closes correctly ends TCP first.',
  wasClean: 'Both sides sent a Close frame, and then the server ended TCP (RFC 6455 7.1.4).',
  wasNotCleanReason: 'Why the close was not clean.',
  wasServerConnectionDropTimeout: 'Both Close frames were sent, but the server did not end TCP in time.',
  wasOpenHandshakeTimeout: 'The server did not complete its answer to the upgrade request in time.',
  wasCloseHandshakeTimeout: 'The server did not answer the fuzzing client’s Close frame in time.',
  localCloseCode: 'Code in the Close frame that the fuzzing client sent.',
  localCloseReason: 'Reason text in the Close frame that the fuzzing client sent.',
  remoteCloseCode: 'Code in the Close frame that the server sent.',
  remoteCloseReason: 'Reason text in the Close frame that the server sent.',
};
