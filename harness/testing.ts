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
