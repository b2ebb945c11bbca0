import { createHash } from 'node:crypto';

/** What Windows takes for a device, whatever stands behind its dot. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(?=\.|$)/;
/** What a hash would look like: a plain name must not be the slug of another one. */
const LIKE_A_HASH = /(^|-)[0-9a-f]{8}$/;

/**
 * The name an agent's folders and pages go by: lower-case letters, digits, dots and dashes. A name that is not its own
 * slug gets eight hex digits of its hash behind it, so that `My App` and `my-app` never share a folder (Autobahn lets
 * the second overwrite the first).
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
