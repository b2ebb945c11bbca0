import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Other runtimes to compare with, installed from npm packages into a temporary folder. They are too large to be
 * dependencies of this project. Each platform has its own package that contains the binary; install scripts of the
 * packages are not run.
 */
const RUNTIMES = {
  bun: { package: '@oven/bun-linux-x64', binary: 'bin/bun' },
  deno: { package: '@deno/linux-x64-glibc', binary: 'deno' },
} as const;

/** Installed binaries by name, the reasons why others are missing, and a function that removes the temporary folder. */
export type Runtimes = {
  readonly found: Partial<Record<keyof typeof RUNTIMES, string>>;
  readonly missing: readonly string[];
  remove(): void;
};

/** Installs the runtimes. Never throws: the comparison continues without a runtime that cannot be installed. */
export function installRuntimes(): Runtimes {
  const root = mkdtempSync(join(tmpdir(), 'ws-bench-'));
  const found: Partial<Record<keyof typeof RUNTIMES, string>> = {};
  const missing: string[] = [];
  for (const name of ['bun', 'deno'] as const) {
    const runtime = RUNTIMES[name];
    // Each runtime gets its own folder, because npm removes packages that it did not install in the same run.
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
