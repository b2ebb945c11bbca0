import type Docker from 'dockerode';
import { describeUnless } from '../../../reports/testing/skip.ts';
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

/** `describe` for tests that need a real Docker engine and the image. */
export async function describeWithDocker(title: string, tests: () => void): Promise<void> {
  describeUnless(await missing(), title, tests);
}

/** Ids of the containers this process's plays have created and that are still there, running or not. */
export async function leftovers(): Promise<string[]> {
  const { docker } = await connect(process.env, AbortSignal.timeout(5_000));
  const label = [LABEL.run, `${LABEL.pid}=${process.pid}`];
  const listed = await docker.listContainers({ all: true, filters: { label } });
  return listed.map((each: Docker.ContainerInfo) => each.Id);
}
