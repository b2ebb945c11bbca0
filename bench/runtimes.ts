import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Other JavaScript runtimes to compare with. They are installed from npm packages into a temporary folder, because they
 * are too large to be dependencies of this project. The packages named here contain the binary for one platform, 64-bit
 * x86 Linux; install scripts of the packages are not run.
 */
const RUNTIMES = {
  bun: { package: '@oven/bun-linux-x64', binary: 'bin/bun' },
  deno: { package: '@deno/linux-x64-glibc', binary: 'deno' },
} as const;

/**
 * Paths of the installed runtimes by name, the reasons why others are missing, and a function that removes the
 * temporary folder.
 */
export type Runtimes = {
  readonly found: Partial<Record<keyof typeof RUNTIMES, string>>;
  readonly missing: readonly string[];
  remove(): void;
};

/**
 * Installs the runtimes. If one of them cannot be installed, the benchmark runs without it, and this function does not
 * throw.
 */
export function installRuntimes(): Runtimes {
  const root = mkdtempSync(join(tmpdir(), 'ws-bench-'));
  const found: Partial<Record<keyof typeof RUNTIMES, string>> = {};
  const missing: string[] = [];
  for (const name of ['bun', 'deno'] as const) {
    const runtime = RUNTIMES[name];
    // Each runtime gets its own folder, because `npm install --no-save` removes packages from earlier installations.
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
