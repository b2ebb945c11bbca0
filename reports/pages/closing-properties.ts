import type { RecordedCase } from '../document/recorded-case.ts';

/** Names of the thirteen recorded properties that describe how a connection ended. */
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
 * What each closing property means. “Me” in a name is the fuzzing client. The names are Autobahn's, because other tools
 * use them too.
 */
export const CLOSING_PROPERTIES: Readonly<Record<ClosingProperty, string>> = {
  isServer:
    'Whether the fuzzing side took the server’s part. Always no here: it is a client, and the server is under test.',
  closedByMe: 'The fuzzing client sent its Close frame first, and so began the closing handshake.',
  failedByMe: 'The fuzzing client gave the connection up: the server broke a rule, or a case ran out of time.',
  droppedByMe: 'The fuzzing client ended TCP. With a server that closes as it should, the server does this first.',
  wasClean: 'A Close frame went each way, and then the server ended TCP (RFC 6455 7.1.4).',
  wasNotCleanReason: 'If it was not clean: what went wrong.',
  wasServerConnectionDropTimeout:
    'Both Close frames were through, and the server still held TCP open when time was up.',
  wasOpenHandshakeTimeout: 'The server’s answer to the upgrade request was not complete when time was up.',
  wasCloseHandshakeTimeout: 'No Close frame came back for the fuzzing client’s own when time was up.',
  localCloseCode: 'Code in the Close frame that the fuzzing client sent.',
  localCloseReason: 'Reason text in the Close frame that the fuzzing client sent.',
  remoteCloseCode: 'Code in the Close frame that the server sent.',
  remoteCloseReason: 'Reason text in the Close frame that the server sent.',
};
