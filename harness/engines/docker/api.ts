import { Readable } from 'node:stream';
import { Trouble } from '../../support/harness-error.ts';

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

/** Makes any failure of a request to the daemon a Trouble (exit code 3); a Trouble stays what it is. */
export function asTrouble(error: unknown, what: string, todo: string): Trouble {
  if (error instanceof Trouble) return error;
  return new Trouble(3, { what, where: 'Docker engine', why: saying(error), todo }, { cause: error });
}

/**
 * The stream of an answer as a Readable, which it is; dockerode's types promise only the old interface. (Wrapping it
 * all the same was seen to stall half-way through an archive of results.)
 */
export function asReadable(stream: NodeJS.ReadableStream): Readable {
  return stream instanceof Readable ? stream : new Readable().wrap(stream);
}
