import { Readable } from 'node:stream';
import { HarnessError } from '../../support/harness-error.ts';

/** Returns the HTTP status with which the Docker daemon refused a request; undefined for any other error. */
export function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return undefined;
  return typeof error.statusCode === 'number' ? error.statusCode : undefined;
}

/** Returns the message of any thrown value as one line of text. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.trim().replaceAll(/\s+/g, ' ');
}

/**
 * Turns an error of a request to the Docker daemon into a HarnessError with exit code 3. Returns a HarnessError
 * unchanged.
 */
export function toHarnessError(error: unknown, what: string, todo: string): HarnessError {
  if (error instanceof HarnessError) return error;
  return new HarnessError(3, { what, where: 'Docker daemon', why: messageOf(error), todo }, { cause: error });
}

/**
 * Returns the stream of the daemon's response as a Readable. The TypeScript types of dockerode (the Docker client)
 * promise only Node's old stream interface, but the stream is in fact a Readable. It is not wrapped in a second
 * Readable, because such a stream once stalled in the middle of an archive.
 */
export function asReadable(stream: NodeJS.ReadableStream): Readable {
  return stream instanceof Readable ? stream : new Readable().wrap(stream);
}
