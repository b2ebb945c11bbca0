import type Docker from 'dockerode';
import { describeUnless } from '../../../reports/testing/skip.ts';
import { connect } from './connect.ts';
import { LOCAL_IMAGE, PINNED_IMAGE } from './image.ts';
import { LABEL } from './labels.ts';

/** Returns why tests with a real Docker daemon cannot run on this machine; undefined if they can run. */
async function whatIsMissing(): Promise<string | undefined> {
  try {
    const { docker } = await connect(process.env, AbortSignal.timeout(5_000));
    for (const name of [LOCAL_IMAGE, PINNED_IMAGE]) {
      const found = await docker
        .getImage(name)
        .inspect()
        .catch(() => undefined);
      if (found !== undefined) return undefined;
    }
    return 'this machine has no image of the suite: npm run image';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Like vitest's `describe`, for tests that need a real Docker daemon and the image of the suite. */
export async function describeWithDocker(title: string, tests: () => void): Promise<void> {
  describeUnless(await whatIsMissing(), title, tests);
}

/** Returns the ids of all containers that this process has created and not removed, running or stopped. */
export async function leftovers(): Promise<string[]> {
  const { docker } = await connect(process.env, AbortSignal.timeout(5_000));
  const label = [LABEL.run, `${LABEL.pid}=${process.pid}`];
  const listed = await docker.listContainers({ all: true, filters: { label } });
  return listed.map(({ Id }: Docker.ContainerInfo) => Id);
}
