import { readPackageVersion } from './package-paths.ts';

/** Name and version of this tool, for reports, `--version` and help. */
export const TOOL: { name: string; version: string } = readPackageVersion();
