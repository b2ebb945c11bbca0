import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Other runtimes to compare with, from their npm packages, into a temporary folder: they are too large, and too little
 * to do with the project, to be dependencies of it. The binary stands in a package per platform; the packages' own
 * install scripts, which may download it, are not run.
 */
const RUNTIMES = {
  bun: { package: '@oven/bun-linux-x64', binary: 'bin/bun' },
  deno: { package: '@deno/linux-x64-glibc', binary: 'deno' },
} as const;

/** Found binaries by name, why one is missing otherwise, and how to clean up. */
export type Runtimes = {
  readonly found: Partial<Record<keyof typeof RUNTIMES, string>>;
  readonly missing: readonly string[];
  remove(): void;
};

/** Installs them, or says why not. Never throws: a comparison with fewer is still one. */
export function installRuntimes(): Runtimes {
  const root = mkdtempSync(join(tmpdir(), 'ws-bench-'));
  const found: Partial<Record<keyof typeof RUNTIMES, string>> = {};
  const missing: string[] = [];
  for (const name of ['bun', 'deno'] as const) {
    const runtime = RUNTIMES[name];
    // One folder each: npm takes away what it did not itself put there.
    const folder = join(root, name);
    try {
      const args = ['install', '--prefix', folder, '--no-save', '--ignore-scripts', '--no-audit', '--no-fund'];
      execFileSync('npm', [...args, runtime.package], { stdio: 'pipe', timeout: 180_000 });
      const binary = join(folder, 'node_modules', runtime.package, runtime.binary);
      if (existsSync(binary)) found[name] = binary;
      else missing.push(`${name}: ${runtime.package} holds no ${runtime.binary}`);
    } catch (error) {
      missing.push(`${name}: ${String(error instanceof Error ? error.message : error).split('\n')[0]}`);
    }
  }
  return { found, missing, remove: () => rmSync(root, { recursive: true, force: true }) };
}
