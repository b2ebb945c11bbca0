/** Versions of Node that `npm run test:full` runs the server and the command with, oldest first. The first is the oldest one that works. */
export const NODE_VERSIONS = ['20.19.0', '22.23.5', '24.22.3', '26.12.1'] as const;
