import { createHash } from 'node:crypto';

/** Names that Windows reserves for devices, with any file extension. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(?=\.|$)/;
/**
 * Names that look like a slug with an appended hash. `slugOf` appends a hash to such a name too. Otherwise the name
 * could equal the slug of another name.
 */
const LIKE_A_HASH = /(^|-)[0-9a-f]{8}$/;

/**
 * Makes the slug of an agent: a name for folders and pages that has only lower-case letters, digits, dots and dashes.
 * If the agent's name is not a valid slug, eight hex digits of the name's hash are appended. Therefore `My App` and
 * `my-app` get different folders. Autobahn gives both names the same folder, and the results of the second agent
 * overwrite those of the first.
 */
export function slugOf(name: string): string {
  const slug = name
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, '-')
    .replace(/^[.-]+|[.-]+$/g, '')
    .replace(DEVICE, 'agent-$1')
    .slice(0, 40);
  if (slug === name && slug !== '' && !LIKE_A_HASH.test(slug)) return slug;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return slug === '' ? hash : `${slug}-${hash}`;
}
