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

/**
 * Resolves with the first match of a pattern in a line of a stream that goes on. Each line is looked at once: a trace
 * has 13 MB, and a search through all of it at each chunk made us so late that the run was over before our signal.
 */
export function said(stream: NodeJS.ReadableStream | null, pattern: RegExp): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    let line = '';
    let before = '';
    const look = (chunk: unknown) => {
      const lines = `${line}${chunk}`.split('\n');
      line = lines.pop() ?? '';
      for (const one of [...lines, line]) {
        const match = pattern.exec(one);
        if (!match) continue;
        stream?.off('data', look);
        stream?.resume();
        resolve(match);
        return;
      }
      before = [before, ...lines].join('\n').slice(-2000);
    };
    stream?.on('data', look);
    stream?.on('end', () => reject(new Error(`${pattern} was never said:\n${before}\n${line}`)));
  });
}
