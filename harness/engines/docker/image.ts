import { createInterface } from 'node:readline';
import type Docker from 'dockerode';
import { z } from 'zod';
import { HarnessError } from '../../support/harness-error.ts';
import type { EngineMessage } from '../engine.ts';
import { orAborted } from './abort.ts';
import { asReadable, messageOf, statusOf, toHarnessError } from './api.ts';

/**
 * The image that `npm run image` builds. It is preferred to Autobahn's own image, because a user who has built it wants
 * to use it.
 */
export const LOCAL_IMAGE = 'ws-conformance/autobahn:25.10.1';
/**
 * The image of the same suite that Autobahn's authors publish, for amd64 only. The digest names exactly this image. A
 * tag could later name another image.
 */
export const PINNED_IMAGE =
  'crossbario/autobahn-testsuite@sha256:519915fb568b04c9383f70a1c405ae3ff44ab9e35835b085239c258b6fac3074';

const BUILD_IT = 'build it here (Debian as root): `npm run image`; or do without Docker: `--engine native`';
/** If Docker reports no event for this many milliseconds, the pull (download) of an image counts as failed. */
const PULL_SILENCE_MS = 60_000;

/**
 * The image that will be run. Containers are created from `id`: even if the image's tag moves during a run, the image
 * stays the same.
 */
export interface Image {
  readonly name: string;
  readonly id: string;
  readonly digest: string | undefined;
  readonly architecture: string;
}

/** The inputs of the search for an image: the wanted image, and the Docker daemon. */
interface Finding {
  readonly docker: Docker;
  /** Architecture of the Docker daemon, by Docker's name. */
  readonly architecture: string;
  /** The image that the user named with `--image`; no other image is used then. */
  readonly wanted: string | undefined;
  readonly signal: AbortSignal;
  onMessage(message: EngineMessage): void;
}

/**
 * Finds the image to run. The first choice is the image that the user named, then the local build, then Autobahn's own
 * image. The last one is pulled if this machine does not have it. Throws HarnessError with exit code 3 if there is no
 * image, or none for this architecture. The error contains the command that builds an image.
 */
export async function findImage(finding: Finding): Promise<Image> {
  const { docker, wanted, signal, onMessage } = finding;
  const here = await imageHere(docker, wanted, signal);
  if (here !== undefined) {
    onMessage({ kind: 'note', text: `image ${here.name} is here` });
    return fitting(here, finding);
  }
  const name = wanted ?? PINNED_IMAGE;
  if (wanted === undefined && finding.architecture !== 'amd64') throw wrongArchitecture(name, 'amd64', finding);
  onMessage({ kind: 'note', text: `image ${name} is not here: pulling it` });
  await pull(docker, name, signal, onMessage);
  const image = await look(docker, name, signal);
  if (image === undefined) {
    throw new HarnessError(3, {
      what: `the image is not there though its pull ended well`,
      where: name,
      todo: BUILD_IT,
    });
  }
  return fitting(image, finding);
}

/**
 * Returns the image that a run would use; undefined if the image must be pulled first.
 * @throws HarnessError with exit code 3.
 */
export async function imageHere(
  docker: Docker,
  wanted: string | undefined,
  signal: AbortSignal,
): Promise<Image | undefined> {
  for (const name of candidates(wanted)) {
    const image = await look(docker, name, signal);
    if (image !== undefined) return image;
  }
  return undefined;
}

/** Names of the images to look for, the preferred image first. */
const candidates = (wanted: string | undefined): string[] =>
  wanted === undefined ? [LOCAL_IMAGE, PINNED_IMAGE] : [wanted];

async function look(docker: Docker, name: string, signal: AbortSignal): Promise<Image | undefined> {
  try {
    const found = await orAborted(signal, docker.getImage(name).inspect());
    const digest = found.RepoDigests?.[0]?.split('@')[1];
    return { name, id: found.Id, digest, architecture: found.Architecture };
  } catch (error) {
    signal.throwIfAborted();
    if (statusOf(error) === 404) return undefined;
    throw toHarnessError(error, `could not look for the image ${name}`, BUILD_IT);
  }
}

/**
 * Returns the image if its architecture is that of the Docker daemon. Docker emulates any other architecture, which is
 * slow, and the suite's timers of one second would then fail correct servers. An emulated image is used only if the
 * user named it.
 * @throws HarnessError with exit code 3.
 */
function fitting(image: Image, finding: Finding): Image {
  if (image.architecture === finding.architecture) return image;
  if (finding.wanted === undefined) throw wrongArchitecture(image.name, image.architecture, finding);
  finding.onMessage({
    kind: 'note',
    text: `image ${image.name} is for ${image.architecture}, this engine runs ${finding.architecture}: emulated and slow, if it runs at all`,
  });
  return image;
}

function wrongArchitecture(name: string, architecture: string, finding: Finding): HarnessError {
  return new HarnessError(3, {
    what: `the image is for ${architecture}, and this Docker daemon runs ${finding.architecture}`,
    where: name,
    why: 'upstream publishes amd64 only',
    todo: `${BUILD_IT}; or insist with --image ${name}`,
  });
}

const pullEvent = z.object({
  status: z.string().optional(),
  error: z.string().optional(),
  id: z.string().optional(),
  progressDetail: z.object({ current: z.number().optional(), total: z.number().optional() }).optional(),
});

/**
 * Pulls an image and reports the progress. The daemon responds with status 200 before the pull starts. A failure (no
 * network, no such image, disk full) is therefore reported by an event in the body of the response. A response that is
 * cut short has no such event.
 */
async function pull(
  docker: Docker,
  name: string,
  signal: AbortSignal,
  onMessage: (message: EngineMessage) => void,
): Promise<void> {
  const silence = new AbortController();
  const either = AbortSignal.any([signal, silence.signal]);
  const timer = setTimeout(() => {
    silence.abort(new Error(`nothing heard from the pull for ${PULL_SILENCE_MS / 1000} s`));
  }, PULL_SILENCE_MS);
  try {
    const body = await orAborted(either, docker.pull(name, { abortSignal: either }));
    const lines = createInterface({ input: asReadable(body), crlfDelay: Number.POSITIVE_INFINITY });
    await orAborted(
      either,
      follow(lines, onMessage, () => timer.refresh()),
    );
  } catch (error) {
    signal.throwIfAborted();
    throw new HarnessError(
      3,
      { what: 'the image could not be pulled', where: name, why: messageOf(error), todo: BUILD_IT },
      { cause: error },
    );
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Reads the events of a pull to their end. Reports the progress each time another tenth of the bytes has arrived.
 * Throws an Error if an event reports a failure.
 */
export async function follow(
  lines: AsyncIterable<string>,
  onMessage: (message: EngineMessage) => void,
  onAlive: () => void = () => undefined,
): Promise<void> {
  const layers = new Map<string, { current: number; total: number }>();
  let reported = -1;
  for await (const line of lines) {
    onAlive();
    if (line.trim() === '') continue;
    const event = pullEvent.parse(JSON.parse(line));
    if (event.error !== undefined) throw new Error(event.error);
    const { current, total } = event.progressDetail ?? {};
    if (event.status !== 'Downloading' || event.id === undefined || current === undefined || total === undefined)
      continue;
    layers.set(event.id, { current, total });
    const all = [...layers.values()];
    const loadedBytes = all.reduce((sum, layer) => sum + layer.current, 0);
    const totalBytes = all.reduce((sum, layer) => sum + layer.total, 0);
    const tenth = Math.floor((loadedBytes / totalBytes) * 10);
    if (tenth <= reported) continue;
    reported = tenth;
    onMessage({ kind: 'note', text: `pulling: ${mebibytes(loadedBytes)} of ${mebibytes(totalBytes)} MiB` });
  }
}

function mebibytes(bytes: number): string {
  return (bytes / 1_048_576).toFixed(0);
}
