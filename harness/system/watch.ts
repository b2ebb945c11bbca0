import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';

/** Folders that never hold the user's own source files. */
const IGNORED_FOLDERS = new Set(['node_modules', '.git']);
/**
 * A change counts as complete if no other change follows for this many milliseconds. Editors write a file in several
 * steps.
 */
const QUIET_MS = 100;

/** Watches the folders of the tested servers. When a file changes, the tool can start the next run. */
export class FileWatch {
  private readonly folders: readonly string[];
  private readonly out: string;
  private readonly watcher: FSWatcher;
  /** The first changed file that no call of `changed` has returned yet. */
  private changedFile: string | undefined;
  private isComplete = false;
  private quietTimer: NodeJS.Timeout | undefined;
  /** Resolves the promise of the pending call of `changed`. */
  private resolvePending: (() => void) | undefined;

  private constructor(folders: readonly string[], out: string) {
    this.folders = folders.map((folder) => resolve(folder));
    this.out = resolve(out);
    this.watcher = watch([...this.folders], {
      ignored: (path) => this.isIgnored(path),
      ignoreInitial: true,
      followSymlinks: false,
    });
    this.watcher.on('all', (_, path) => this.onChange(path));
    // A folder may be deleted while the library chokidar reads it. The error is ignored, because nothing is left to
    // watch there.
    this.watcher.on('error', () => {});
  }

  /**
   * Starts to watch folders. Resolves when every later change will be noticed.
   * @param out folder of the report. A run writes into it, so changes in it must not start the next run.
   */
  static async start(folders: readonly string[], out: string): Promise<FileWatch> {
    const files = new FileWatch(folders, out);
    await new Promise<void>((resolve) => files.watcher.once('ready', resolve));
    return files;
  }

  /**
   * Resolves when a change is complete. If a change was already complete before the call, resolves immediately. Several
   * files that change together are one change.
   * @returns path of the first file of the change, relative to the watched folder. Rejects if the signal aborts.
   */
  async changed(signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    if (!this.isComplete) {
      await new Promise<void>((resolve, reject) => {
        const onAbort = () => reject(signal.reason);
        signal.addEventListener('abort', onAbort, { once: true });
        this.resolvePending = () => {
          signal.removeEventListener('abort', onAbort);
          resolve();
        };
      });
    }
    const file = this.changedFile ?? '';
    this.resolvePending = undefined;
    this.discardChange();
    return file;
  }

  /** Forgets the changes since the last call of `changed`. The run itself made them, because a build writes files. */
  discardChange(): void {
    clearTimeout(this.quietTimer);
    this.quietTimer = undefined;
    this.changedFile = undefined;
    this.isComplete = false;
  }

  async close(): Promise<void> {
    clearTimeout(this.quietTimer);
    await this.watcher.close();
  }

  private onChange(path: string): void {
    this.changedFile ??= relative(this.rootOf(path), path);
    this.isComplete = false;
    clearTimeout(this.quietTimer);
    const timer = setTimeout(() => {
      // If this process was busy, events of the same change may still wait to be read. setImmediate lets them come
      // first, and each of them starts a new timer in place of this timer.
      setImmediate(() => {
        if (this.quietTimer !== timer) return;
        this.isComplete = true;
        this.resolvePending?.();
      });
    }, QUIET_MS);
    this.quietTimer = timer;
  }

  /**
   * Whether changes of a path are ignored: code of others, the report, and the folders `.NAME-…` next to the report in
   * which reports are prepared.
   */
  private isIgnored(path: string): boolean {
    return (
      relative(this.rootOf(path), path)
        .split(sep)
        .some((name) => IGNORED_FOLDERS.has(name)) ||
      path === this.out ||
      path.startsWith(this.out + sep) ||
      path.startsWith(join(dirname(this.out), `.${basename(this.out)}-`))
    );
  }

  /** Returns the watched folder that contains a path. */
  private rootOf(path: string): string {
    return this.folders.find((folder) => path === folder || path.startsWith(folder + sep)) ?? path;
  }
}
