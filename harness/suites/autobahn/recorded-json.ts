import { z } from 'zod';
import {
  CLOSE_GRADES,
  GRADES,
  type ReceivedEvent,
  type RecordedCase,
  type WireRow,
} from '../../../reports/document/recorded-case.ts';

/*
 * Schemas of the result files in JSON. Autobahn's command `wstest` writes these files, and the embedded engine writes
 * them in the same format. Each schema also converts the JSON to our own types. An unknown grade or key is refused,
 * because it shows another suite or a damaged file.
 */

/** A number of bytes, which Autobahn calls octets. */
const octetCount = z.number().int().nonnegative();
const seconds = z.number().nonnegative();
/** Length and short form of a payload. */
const short = z.tuple([octetCount, z.string()]);

const receivedEvent = z.union([
  z
    .tuple([z.literal('message'), z.string(), z.boolean()])
    .transform(([, payload, binary]): ReceivedEvent => ({ kind: 'message', payload, binary })),
  z.tuple([z.literal('pong'), z.string()]).transform(([, payload]): ReceivedEvent => ({ kind: 'pong', payload })),
  z.tuple([z.literal('timeout'), z.string()]).transform(([, tag]): ReceivedEvent => ({ kind: 'timeout', tag })),
]);

const timerArmed = (letters: 'KL' | 'TI', timer: 'kill' | 'close') =>
  z
    .tuple([z.literal(letters), seconds])
    .transform(([, s]): WireRow => ({ row: 'timer', timer, fired: false, seconds: s }));
const timerFired = (letters: 'KLE' | 'TIE', timer: 'kill' | 'close') =>
  z.tuple([z.literal(letters)]).transform((): WireRow => ({ row: 'timer', timer, fired: true }));

const wireRow = z.union([
  z
    .tuple([z.literal('RO'), short])
    .transform(([, [length, hex]]): WireRow => ({ row: 'octets', direction: 'in', length, hex })),
  z
    .tuple([z.literal('TO'), short, z.boolean()])
    .transform(([, [length, hex], sync]): WireRow => ({ row: 'octets', direction: 'out', length, hex, sync })),
  z
    .tuple([
      z.literal('RF'),
      short,
      z.number().int(),
      z.boolean(),
      z.number().int(),
      z.boolean(),
      z.string().nullable(),
    ])
    .transform(
      ([, [length, payload], opcode, fin, rsv, masked, mask]): WireRow => ({
        row: 'frame',
        direction: 'in',
        length,
        payload,
        opcode,
        fin,
        rsv,
        masked,
        mask,
      }),
    ),
  z
    .tuple([
      z.literal('TF'),
      short,
      z.number().int(),
      z.boolean(),
      z.number().int(),
      z.string().nullable(),
      octetCount.nullable(),
      octetCount.nullable(),
      z.boolean(),
    ])
    .transform(
      ([, [length, payload], opcode, fin, rsv, mask, repeatLength, chop, sync]): WireRow => ({
        row: 'frame',
        direction: 'out',
        length,
        payload,
        opcode,
        fin,
        rsv,
        masked: mask !== null,
        mask,
        repeatLength,
        chop,
        sync,
      }),
    ),
  z
    .tuple([z.literal('CT'), seconds, z.string().nullable()])
    .transform(([, s, tag]): WireRow => ({ row: 'timer', timer: 'continue', fired: false, seconds: s, tag })),
  z
    .tuple([z.literal('CTE'), z.string().nullable()])
    .transform(([, tag]): WireRow => ({ row: 'timer', timer: 'continue', fired: true, tag })),
  timerArmed('KL', 'kill'),
  timerFired('KLE', 'kill'),
  timerArmed('TI', 'close'),
  timerFired('TIE', 'close'),
  z.tuple([z.literal('WLM'), z.boolean()]).transform(([, on]): WireRow => ({ row: 'log', on })),
]);

const counts = z.record(z.string().regex(/^\d+$/), octetCount);
const events = z.array(receivedEvent);

const expectedClose = z
  .strictObject({
    closedByMe: z.boolean().optional(),
    closeCode: z.array(z.number().int()).optional(),
    requireClean: z.boolean().optional(),
    closedByWrongEndpointIsFatal: z.boolean().optional(),
  })
  .transform((close): RecordedCase['expectedClose'] =>
    // If the connection never opened, Autobahn writes `{}`.
    close.closedByMe === undefined
      ? null
      : {
          closedByMe: close.closedByMe,
          codes: close.closeCode ?? [],
          requireClean: close.requireClean ?? false,
          closedByWrongEndpointIsFatal: close.closedByWrongEndpointIsFatal ?? false,
        },
  );

/**
 * Maximum duration that counts as a real duration. If the connection never opened, Autobahn writes the time since 1970
 * instead of a duration.
 */
const LONGEST_DURATION_MS = 24 * 60 * 60 * 1000;

/** Schema of a case file. */
export const caseFile = z
  .strictObject({
    id: z.string(),
    case: z.number().int(),
    agent: z.string(),
    description: z.string(),
    expectation: z.string(),
    started: z.string(),
    duration: z.number(),
    reportTime: z.boolean(),
    reportCompressionRatio: z.boolean(),
    behavior: z.enum(GRADES),
    behaviorClose: z.enum(CLOSE_GRADES),
    // This explanation is never empty. It is not compared, because each engine words the explanation differently.
    result: z.string().min(1),
    resultClose: z.string(),
    expected: z.strictObject({ OK: events.optional(), 'NON-STRICT': events.optional() }),
    received: events,
    expectedClose,
    isServer: z.boolean(),
    createStats: z.boolean(),
    createWirelog: z.boolean(),
    closedByMe: z.boolean(),
    failedByMe: z.boolean(),
    droppedByMe: z.boolean(),
    wasClean: z.boolean(),
    wasNotCleanReason: z.string().nullable(),
    wasServerConnectionDropTimeout: z.boolean(),
    wasOpenHandshakeTimeout: z.boolean(),
    wasCloseHandshakeTimeout: z.boolean(),
    localCloseCode: z.number().int().nullable(),
    localCloseReason: z.string().nullable(),
    remoteCloseCode: z.number().int().nullable(),
    remoteCloseReason: z.string().nullable(),
    rxOctetStats: counts,
    txOctetStats: counts,
    rxFrameStats: counts,
    txFrameStats: counts,
    httpRequest: z.string(),
    httpResponse: z.string(),
    trafficStats: z.record(z.string(), z.number().nullable()).nullable(),
    wirelog: z.array(wireRow),
    /**
     * Only written by the embedded engine: time of each row of the wire log, in milliseconds since the start of the
     * case.
     */
    wirelogTimes: z.array(z.number()).optional(),
    /**
     * Only written by the embedded engine: true if the case was played beside other cases and then again alone, with
     * another outcome.
     */
    playedAgainAlone: z.boolean().optional(),
    /**
     * Only written by the embedded engine, if the case was played again alone with another outcome: how the first
     * outcome, beside other cases, differed from the outcome alone.
     */
    unsteady: z.string().optional(),
  })
  .transform(
    ({
      case: index,
      duration,
      createStats: _,
      expected,
      wirelog,
      wirelogTimes,
      playedAgainAlone,
      unsteady,
      ...same
    }): RecordedCase => ({
      ...same,
      ...(playedAgainAlone === undefined ? {} : { playedAgainAlone }),
      ...(unsteady === undefined ? {} : { unsteady }),
      index,
      durationMs: duration >= 0 && duration <= LONGEST_DURATION_MS ? duration : null,
      expected: {
        ...(expected.OK ? { OK: expected.OK } : {}),
        ...(expected['NON-STRICT'] ? { 'NON-STRICT': expected['NON-STRICT'] } : {}),
      },
      wirelog: wirelog.map((row, i) => {
        const atMs = wirelogTimes?.[i];
        return atMs === undefined ? row : { ...row, atMs };
      }),
    }),
  );

/** Schema of the entry of one case in `index.json`. */
export const indexEntry = z.strictObject({
  behavior: z.enum(GRADES),
  behaviorClose: z.enum(CLOSE_GRADES),
  remoteCloseCode: z.number().int().nullable(),
  duration: z.number(),
  reportfile: z.string(),
});
/** The entry of one case in `index.json`. */
export type IndexEntry = z.infer<typeof indexEntry>;
