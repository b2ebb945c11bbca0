import { hostname } from 'node:os';
import type Docker from 'dockerode';
import { withTimeout } from './abort.ts';
import { statusOf } from './api.ts';
import { LABEL, startOf } from './labels.ts';

/** Minimum age, in seconds, of a stopped container of another host before it is removed. */
const FOREIGN_AGE_SECONDS = 3_600;

/** The fields of Docker's container list that decide whether a container is removed. `Created`: seconds since 1970. */
export interface Listed {
  readonly Labels: Readonly<Record<string, string>>;
  readonly State: string;
  readonly Created: number;
}

/**
 * Whether the harness process that created this container was killed and has left the container behind. Several hosts
 * can share a Docker daemon, and the processes of another host cannot be seen from here. A container of another host
 * therefore counts as left behind if it has stopped and is old.
 */
export function isOrphan(container: Listed, now: number = Date.now()): boolean {
  const pid = Number(container.Labels[LABEL.pid]);
  if (container.Labels[LABEL.run] === undefined || !Number.isInteger(pid) || pid <= 0) return false;
  if (container.Labels[LABEL.host] !== hostname()) {
    return container.State !== 'running' && now / 1000 - container.Created > FOREIGN_AGE_SECONDS;
  }
  const started = container.Labels[LABEL.started] ?? '';
  return !isAlive(pid) || (started !== '' && startOf(pid) !== started);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // The error EPERM means that the process exists, but belongs to another user.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/**
 * Removes the containers that were left behind when an earlier run was killed. Returns the number of removed
 * containers.
 */
export async function removeOrphans(docker: Docker): Promise<number> {
  const listed = await docker.listContainers({ all: true, filters: { label: [LABEL.run] } });
  const orphans = listed.filter((container) => isOrphan(container));
  await Promise.all(orphans.map(({ Id }) => remove(docker, Id)));
  return orphans.length;
}

/** Removes all containers of one run. */
export async function removeRun(docker: Docker, run: string): Promise<void> {
  const listed = await docker.listContainers({ all: true, filters: { label: [`${LABEL.run}=${run}`] } });
  await Promise.all(listed.map(({ Id }) => remove(docker, Id)));
}

/**
 * Milliseconds during which a failed removal is repeated. Docker refuses to remove a container that is already being
 * removed.
 */
const TRY_FOR_MS = 4_500;
/** Milliseconds between two attempts to remove a container. */
const RETRY_AFTER_MS = 100;

/** Kills and removes a container by its id or name, if it exists. Never throws, and ends within about 5 s. */
export async function remove(docker: Docker, name: string): Promise<void> {
  const container = docker.getContainer(name);
  const deadline = Date.now() + TRY_FOR_MS;
  while (Date.now() < deadline) {
    await withTimeout(deadline - Date.now(), container.remove({ force: true, v: true }));
    const isGone = container.inspect().then(
      () => false,
      (error: unknown) => statusOf(error) === 404,
    );
    if ((await withTimeout(Math.max(0, deadline - Date.now()), isGone)) === true) return;
    await new Promise((resolve) => setTimeout(resolve, RETRY_AFTER_MS));
  }
}
