import { createWriteStream } from 'node:fs';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import tar from 'tar-stream';
import { asReadable } from './api.ts';
import { connect } from './connect.ts';
import { findImage } from './image.ts';
import { ownLabels } from './labels.ts';

/**
 * The folders with the messages of the compression cases (12.x and 13.x): one folder for each of the two possible
 * images.
 */
const FOLDERS = [
  '/opt/wstest/lib/python2.7/site-packages/autobahntestsuite/testdata',
  '/opt/pypy/site-packages/autobahntestsuite/testdata',
];

/**
 * Copies Autobahn's messages of the compression cases (12.x and 13.x) from the image into `folder`. Comparisons whose
 * results depend on the exact bytes need them. The data is not part of this repository, because its licence is unclear.
 * @throws HarnessError with exit code 3 without a Docker daemon or an image; Error if the image has the data in another
 * folder.
 */
export async function takeTestData(folder: string, signal: AbortSignal): Promise<void> {
  const { docker, architecture } = await connect(process.env, signal);
  const image = await findImage({ docker, architecture, wanted: undefined, signal, onMessage: () => {} });
  // Docker can copy files out of a container that was never started.
  const container = await docker.createContainer({ Image: image.id, Labels: ownLabels('testdata') });
  try {
    for (const path of FOLDERS) {
      const archive = await container.getArchive({ path }).catch(() => undefined);
      if (archive === undefined) continue;
      const extract = tar.extract();
      const reading = pipeline(asReadable(archive), extract);
      for await (const entry of extract) {
        if (entry.header.type === 'file')
          await pipeline(entry, createWriteStream(join(folder, basename(entry.header.name))));
        else entry.resume();
      }
      return await reading;
    }
    throw new Error(`the image ${image.name} keeps its data in none of ${FOLDERS.join(', ')}`);
  } finally {
    await container.remove({ force: true });
  }
}
