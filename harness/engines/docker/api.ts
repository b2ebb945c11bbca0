import { Readable } from 'node:stream';
import { HarnessError } from '../../support/harness-error.ts';

/** The HTTP status the daemon refused a request with, or undefined when it was no such refusal. */
export function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return undefined;
  return typeof error.statusCode === 'number' ? error.statusCode : undefined;
}

/** What an unknown error says, in one line. */
export function saying(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.trim().replaceAll(/\s+/g, ' ');
}

/** Makes any failure of a request to the daemon a HarnessError (exit code 3); a HarnessError stays what it is. */
export function toHarnessError(error: unknown, what: string, todo: string): HarnessError {
  if (error instanceof HarnessError) return error;
  return new HarnessError(3, { what, where: 'Docker engine', why: saying(error), todo }, { cause: error });
}

/**
 * The stream of an answer as a Readable, which it is; dockerode's types promise only the old interface. (Wrapping it
 * all the same was seen to stall half-way through an archive of results.)
 */
export function asReadable(stream: NodeJS.ReadableStream): Readable {
  return stream instanceof Readable ? stream : new Readable().wrap(stream);
}
