import { createHash } from 'node:crypto';

/** Names that Windows reserves for devices, with any file extension. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(?=\.|$)/;
/**
 * Names that look like a slug with a hash. Such a name also gets a hash, so that two names cannot have the same slug.
 */
const LIKE_A_HASH = /(^|-)[0-9a-f]{8}$/;

/**
 * Makes the name of an agent's folders and pages: lower-case letters, digits, dots and dashes. A name that is not a
 * valid slug gets eight hex digits of its hash appended, so `My App` and `my-app` have different folders. Autobahn
 * gives both the same folder, and the second overwrites the first.
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
