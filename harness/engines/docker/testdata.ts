import { createWriteStream } from 'node:fs';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import tar from 'tar-stream';
import { asReadable } from './api.ts';
import { connect } from './connect.ts';
import { findImage } from './image.ts';
import { ownLabels } from './labels.ts';

/** Where the suite keeps the data of 12.x and 13.x, below the Python it is installed in. */
const PLACES = [
  '/opt/wstest/lib/python2.7/site-packages/autobahntestsuite/testdata',
  '/opt/pypy/site-packages/autobahntestsuite/testdata',
];

/**
 * Takes the original's data for 12.x and 13.x out of the image into `folder`, for comparisons in which verdicts hang on
 * the octets. It stays on this machine: the terms of these files are unclear, which is why we ship others.
 * @throws HarnessError (3) without an engine or an image; Error when the image keeps its data elsewhere.
 */
export async function takeTestData(folder: string, signal: AbortSignal): Promise<void> {
  const { docker, architecture } = await connect(process.env, signal);
  const image = await findImage({ docker, architecture, wanted: undefined, signal, onMessage: () => {} });
  // A container is never started for this: to be created is enough to be looked into.
  const container = await docker.createContainer({ Image: image.id, Labels: ownLabels('testdata') });
  try {
    for (const path of PLACES) {
      const archive = await container.getArchive({ path }).catch(() => undefined);
      if (archive === undefined) continue;
      const extract = tar.extract();
      const feeding = pipeline(asReadable(archive), extract);
      for await (const entry of extract) {
        if (entry.header.type === 'file')
          await pipeline(entry, createWriteStream(join(folder, basename(entry.header.name))));
        else entry.resume();
      }
      return await feeding;
    }
    throw new Error(`the image ${image.name} keeps its data in none of ${PLACES.join(', ')}`);
  } finally {
    await container.remove({ force: true });
  }
}
