import { Trouble } from './trouble.ts';

/** The Trouble that `act` throws, for tests; throws itself when `act` does not, or throws something else. */
export function catchTrouble(act: () => unknown): Trouble {
  try {
    act();
  } catch (error) {
    if (error instanceof Trouble) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** The Trouble that a promise rejects with, for tests; throws itself when it does not, or rejects with something else. */
export async function rejectedTrouble(promise: Promise<unknown>): Promise<Trouble> {
  const error: unknown = await promise.then(
    () => new Error('nothing was thrown'),
    (reason) => reason,
  );
  if (error instanceof Trouble) return error;
  throw error;
}
