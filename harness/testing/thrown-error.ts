import { HarnessError } from '../support/harness-error.ts';

/** Returns the HarnessError that `act` throws. Fails the test if `act` throws nothing or another error. */
export function caughtError(act: () => unknown): HarnessError {
  try {
    act();
  } catch (error) {
    if (error instanceof HarnessError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** Returns the HarnessError with which a promise rejects. Fails the test if there is none, or another error. */
export async function rejectedError(promise: Promise<unknown>): Promise<HarnessError> {
  const error: unknown = await promise.then(
    () => new Error('nothing was thrown'),
    (reason) => reason,
  );
  if (error instanceof HarnessError) return error;
  throw error;
}
