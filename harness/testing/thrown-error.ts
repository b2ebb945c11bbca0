import { HarnessError } from '../support/harness-error.ts';

/** The HarnessError that `act` throws, for tests; throws itself when `act` does not, or throws something else. */
export function caughtError(act: () => unknown): HarnessError {
  try {
    act();
  } catch (error) {
    if (error instanceof HarnessError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** The HarnessError that a promise rejects with, for tests; throws itself when it does not, or rejects with something else. */
export async function rejectedError(promise: Promise<unknown>): Promise<HarnessError> {
  const error: unknown = await promise.then(
    () => new Error('nothing was thrown'),
    (reason) => reason,
  );
  if (error instanceof HarnessError) return error;
  throw error;
}
