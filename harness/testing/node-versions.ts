/**
 * Versions of Node with which `npm run test:full` runs the server and the command, oldest first. Older versions do not
 * work.
 */
export const NODE_VERSIONS = ['20.19.0', '22.23.5', '24.22.3', '26.12.1'] as const;
