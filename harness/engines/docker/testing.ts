import type Docker from 'dockerode';
import { describe } from 'vitest';
import { connect } from './connect.ts';
import { LOCAL_IMAGE, PINNED_IMAGE } from './image.ts';
import { LABEL } from './labels.ts';

/** Why the tests with a real engine cannot run here; undefined when they can. */
async function missing(): Promise<string | undefined> {
  try {
    const { docker } = await connect(process.env, AbortSignal.timeout(5_000));
    for (const name of [LOCAL_IMAGE, PINNED_IMAGE]) {
      const found = await docker
        .getImage(name)
        .inspect()
        .catch(() => undefined);
      if (found !== undefined) return undefined;
    }
    return 'no image of the suite is here: npm run image';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * `describe` for tests that need a real Docker engine and the image. Without them the tests are skipped, with the reason
 * in their title and on stderr; with CI set they fail instead, for there a skipped test is one that nobody misses.
 */
export async function describeWithDocker(title: string, tests: () => void): Promise<void> {
  const why = await missing();
  if (why === undefined) {
    describe(title, tests);
    return;
  }
  if (process.env.CI) throw new Error(`${title}: ${why}; with CI set this fails instead of being skipped`);
  process.stderr.write(`skipped: ${title}: ${why}\n`);
  describe.skip(`${title} (skipped: ${why})`, tests);
}

/** Ids of the containers this process's plays have created and that are still there, running or not. */
export async function leftovers(): Promise<string[]> {
  const { docker } = await connect(process.env, AbortSignal.timeout(5_000));
  const label = [LABEL.run, `${LABEL.pid}=${process.pid}`];
  const listed = await docker.listContainers({ all: true, filters: { label } });
  return listed.map((each: Docker.ContainerInfo) => each.Id);
}
