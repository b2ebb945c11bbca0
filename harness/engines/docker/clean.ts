import { hostname } from 'node:os';
import type Docker from 'dockerode';
import { withTimeout } from './abort.ts';
import { statusOf } from './api.ts';
import { LABEL, startOf } from './labels.ts';

/** A stopped container of another machine's harness is removed only when it is so old. */
const FOREIGN_AGE_SECONDS = 3_600;

/** What cleaning looks at; a part of Docker's own listing. `Created` in seconds since 1970. */
export interface Listed {
  readonly Labels: Readonly<Record<string, string>>;
  readonly State: string;
  readonly Created: number;
}

/**
 * Whether nobody will remove this container any more: its owner was killed before it could. On another host (a daemon
 * shared by several, a harness in a container) we cannot see the owner; there it must also have ended and be old.
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
    // EPERM: it lives, and belongs to somebody else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Removes what earlier, killed harnesses left; returns how many containers that were. */
export async function reap(docker: Docker): Promise<number> {
  const listed = await docker.listContainers({ all: true, filters: { label: [LABEL.run] } });
  const orphans = listed.filter((each) => isOrphan(each));
  await Promise.all(orphans.map((each) => remove(docker, each.Id)));
  return orphans.length;
}

/** Removes every container of one run. */
export async function sweep(docker: Docker, run: string): Promise<void> {
  const listed = await docker.listContainers({ all: true, filters: { label: [`${LABEL.run}=${run}`] } });
  await Promise.all(listed.map((each) => remove(docker, each.Id)));
}

/** How long a removal is tried in all, and the pause between: another's removal of the same container may be under way. */
const TRY_FOR_MS = 4_500;
const BETWEEN_MS = 100;

/** Kills and removes a container, by id or name; nothing happens when it is gone. Never throws, ends within about 5 s. */
export async function remove(docker: Docker, name: string): Promise<void> {
  const container = docker.getContainer(name);
  const until = Date.now() + TRY_FOR_MS;
  while (Date.now() < until) {
    await withTimeout(until - Date.now(), container.remove({ force: true, v: true }));
    const look = container.inspect().then(
      () => false,
      (error: unknown) => statusOf(error) === 404,
    );
    if ((await withTimeout(Math.max(0, until - Date.now()), look)) === true) return;
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
  }
}
