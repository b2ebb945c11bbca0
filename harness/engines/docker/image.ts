import { createInterface } from 'node:readline';
import type Docker from 'dockerode';
import { z } from 'zod';
import { HarnessError } from '../../support/harness-error.ts';
import type { EngineMessage } from '../engine.ts';
import { orAborted } from './abort.ts';
import { asReadable, saying, statusOf, toHarnessError } from './api.ts';

/** What `npm run image` makes: preferred, since whoever built it meant it to be used. */
export const LOCAL_IMAGE = 'ws-conformance/autobahn:25.10.1';
/** The upstream image of the same suite, held to its digest: a tag can move. amd64 only. */
export const PINNED_IMAGE =
  'crossbario/autobahn-testsuite@sha256:519915fb568b04c9383f70a1c405ae3ff44ab9e35835b085239c258b6fac3074';

const BUILD_IT = 'build it here (Debian as root): `npm run image`; or do without Docker: `--engine native`';
/** A pull that says nothing for so long is not going to end. */
const PULL_SILENCE_MS = 60_000;

/** The image that will be run. `id` is what containers are created from, so that a tag moving meanwhile changes nothing. */
export interface Image {
  readonly name: string;
  readonly id: string;
  readonly digest: string | undefined;
  readonly architecture: string;
}

interface Finding {
  readonly docker: Docker;
  /** The engine's own architecture, in Docker's words. */
  readonly architecture: string;
  /** `--image`: then this one and no other. */
  readonly wanted: string | undefined;
  readonly signal: AbortSignal;
  onMessage(message: EngineMessage): void;
}

/**
 * Finds the image: the one asked for, else the locally built one, else the pinned one if it is here, else by pulling
 * the pinned one. Throws HarnessError(3) that says how to build it when there is none to be had, or none for this machine.
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

/** The image that would be run without a pull; undefined when it would have to be pulled first. @throws HarnessError (3). */
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

/** Names of images, the one to be preferred first. */
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
 * An image for another processor runs emulated if at all, and its timers of one second then judge the emulator. Only
 * when it was asked for by name is it run all the same.
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
    what: `the image is for ${architecture}, and this Docker engine runs ${finding.architecture}`,
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
 * Pulls, and tells how far it is. The daemon answers 200 before the work begins, so a real failure (no network, no such
 * image, disk full) comes as an event of the stream, and an answer cut short has no event at all.
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
    // A Readable of our own around it, for dockerode promises no more than the old stream interface.
    const lines = createInterface({ input: asReadable(body), crlfDelay: Number.POSITIVE_INFINITY });
    await orAborted(
      either,
      follow(lines, onMessage, () => timer.refresh()),
    );
  } catch (error) {
    signal.throwIfAborted();
    throw new HarnessError(
      3,
      { what: 'the image could not be pulled', where: name, why: saying(error), todo: BUILD_IT },
      { cause: error },
    );
  } finally {
    clearTimeout(timer);
  }
}

/** Reads the pull's events to their end; throws what the daemon reports. Speaks at every tenth of the octets known. */
export async function follow(
  lines: AsyncIterable<string>,
  onMessage: (message: EngineMessage) => void,
  onAlive: () => void = () => undefined,
): Promise<void> {
  const layers = new Map<string, { current: number; total: number }>();
  let said = -1;
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
    const have = all.reduce((sum, layer) => sum + layer.current, 0);
    const want = all.reduce((sum, layer) => sum + layer.total, 0);
    const tenth = Math.floor((have / want) * 10);
    if (tenth <= said) continue;
    said = tenth;
    onMessage({ kind: 'note', text: `pulling: ${mebibytes(have)} of ${mebibytes(want)} MiB` });
  }
}

function mebibytes(octets: number): string {
  return (octets / 1_048_576).toFixed(0);
}
