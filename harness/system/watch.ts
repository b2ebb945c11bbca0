import { type FSWatcher, readdirSync, statSync, watch } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';

/** Folders that are never a server's own files. */
const FOREIGN = new Set(['node_modules', '.git']);
/** Editors write a file in several steps, and several files at once: a change is over when it has been quiet for so long. */
const QUIET_MS = 100;

/**
 * Watches folders for changed files. Every folder is watched by itself rather than by `recursive`, which under Linux
 * would follow `node_modules` too and run out of watches.
 */
export class FileWatch {
  private readonly folders: readonly string[];
  private readonly watchers = new Map<string, FSWatcher>();
  /** The file that changed first since `changed` was last answered. */
  private first: string | undefined;
  private quiet: NodeJS.Timeout | undefined;
  private settled = false;
  private wake: (() => void) | undefined;
  private readonly report: string;

  /** @param out folder of the report, which must not wake those who write it. */
  constructor(folders: readonly string[], out: string) {
    this.folders = folders.map((folder) => resolve(folder));
    this.report = resolve(out);
    for (const folder of this.folders) this.follow(folder);
  }

  /**
   * Resolves with the path of a changed file, relative to its folder, once no further change has come for a while; at
   * once where there was one since the last call. Rejects with the signal's reason when that aborts.
   */
  async changed(signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    if (!this.settled) {
      await new Promise<void>((done, reject) => {
        const leave = () => reject(signal.reason);
        signal.addEventListener('abort', leave, { once: true });
        this.wake = () => {
          signal.removeEventListener('abort', leave);
          done();
        };
      });
    }
    const file = this.first ?? '';
    this.wake = undefined;
    this.first = undefined;
    this.settled = false;
    return file;
  }

  /** Forgets what has changed since `changed` was last answered: it was our own doing. */
  overlook(): void {
    clearTimeout(this.quiet);
    this.quiet = undefined;
    this.first = undefined;
    this.settled = false;
  }

  close(): void {
    clearTimeout(this.quiet);
    this.quiet = undefined;
    for (const watcher of this.watchers.values()) watcher.close();
    this.watchers.clear();
  }

  private follow(folder: string): void {
    if (this.watchers.has(folder) || this.isIgnored(folder)) return;
    // A folder may go away at any moment; then there is nothing in it to watch.
    try {
      const watcher = watch(folder, (_, name) => this.noticed(folder, name));
      watcher.on('error', () => this.forget(folder));
      this.watchers.set(folder, watcher);
      for (const entry of readdirSync(folder, { withFileTypes: true }))
        if (entry.isDirectory()) this.follow(join(folder, entry.name));
    } catch {
      this.forget(folder);
    }
  }

  private forget(folder: string): void {
    this.watchers.get(folder)?.close();
    this.watchers.delete(folder);
  }

  private noticed(folder: string, name: string | null): void {
    const path = name === null ? folder : join(folder, name);
    if (this.isIgnored(path)) return;
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) this.forget(path);
    else if (stat.isDirectory()) this.follow(path);
    this.first ??= relative(this.rootOf(path), path);
    this.settled = false;
    clearTimeout(this.quiet);
    const quiet = setTimeout(() => {
      // What came while this process was busy belongs to the same change: it is read before the quiet counts.
      setImmediate(() => {
        if (this.quiet !== quiet) return;
        this.settled = true;
        this.wake?.();
      });
    }, QUIET_MS);
    this.quiet = quiet;
  }

  /** What must not count: other people's code, and the report with the folders in which it is made (`place.ts`). */
  private isIgnored(path: string): boolean {
    return (
      relative(this.rootOf(path), path)
        .split(sep)
        .some((part) => FOREIGN.has(part)) ||
      path === this.report ||
      path.startsWith(this.report + sep) ||
      path.startsWith(join(dirname(this.report), `.${basename(this.report)}-`))
    );
  }

  private rootOf(path: string): string {
    return this.folders.find((folder) => path === folder || path.startsWith(folder + sep)) ?? path;
  }
}
