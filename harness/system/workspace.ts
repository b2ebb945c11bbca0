import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { errorMessage } from '../support/error-message.ts';
import { HarnessError } from '../support/harness-error.ts';
import { groupMembers, processFacts } from './process-table.ts';
import { followLinks, previousReportPath } from './report-folder.ts';

/** The first part of the name of every workspace (temporary folder of a run). A random part follows. */
const PREFIX = 'ws-conformance-run-';
/** The file in a workspace (temporary folder of a run) that says to which run the workspace belongs. */
const OWNER = 'owner.json';

const ownerSchema = z.object({
  pid: z.number(),
  started: z.number(),
  /**
   * Process groups that the run started. A group is identified by its id and the start time of its first process,
   * because the system uses ids again.
   */
  groups: z.array(z.object({ group: z.number(), started: z.number() })),
  /** Folders outside of the workspace in which the run prepares reports. */
  folders: z.array(z.string()),
  /**
   * Previous reports. While a new report takes the place of an earlier report, the earlier report is moved from `place`
   * to `folder`.
   */
  asides: z.array(z.object({ folder: z.string(), place: z.string() })).default([]),
});
type Owner = z.infer<typeof ownerSchema>;

/** The workspaces (temporary folders of runs) of this process that have not been removed yet. */
const openWorkspaces = new Set<Workspace>();

/**
 * Kills all processes that the runs of this process started, and removes the runs' folders. Called when this process
 * must exit immediately.
 */
export function abandonWorkspaces(): void {
  for (const workspace of openWorkspaces) workspace.abandon();
}

/**
 * The temporary folder of one run. A file in it says which process performs the run, which process groups the run
 * started, and which folders it made. If the run is killed, a later run reads this file and cleans up with the function
 * `removeStaleWorkspaces`.
 */
export class Workspace {
  readonly folder: string;
  private readonly owner: Owner;

  constructor() {
    this.owner = {
      pid: process.pid,
      started: processFacts(process.pid)?.started ?? 0,
      groups: [],
      folders: [],
      asides: [],
    };
    let folder: string | undefined;
    try {
      folder = mkdtempSync(join(tmpdir(), PREFIX));
      this.folder = folder;
      this.save();
    } catch (error) {
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
      throw new HarnessError(3, {
        what: 'The folder for temporary files cannot be written.',
        where: tmpdir(),
        why: errorMessage(error),
        todo: 'Free space on that disk, or name another folder with the environment variable TMPDIR.',
      });
    }
    openWorkspaces.add(this);
  }

  /** Records a process group. If this run is killed, a later run can then end the group. */
  own(group: number): void {
    this.owner.groups.push({ group, started: processFacts(group)?.started ?? 0 });
    this.trySave();
  }

  /**
   * Records a folder in which a report is prepared. The folder is removed together with the workspace, unless the
   * report was moved to its final place before.
   * @param out folder that the report will replace.
   */
  ownReport(staged: string, out: string): void {
    this.owner.folders.push(staged);
    this.owner.asides.push({ folder: previousReportPath(staged), place: followLinks(out) });
    this.trySave();
  }

  /** Immediately kills the processes of the run with SIGKILL, and removes the run's folders. */
  abandon(): void {
    for (const { group } of this.owner.groups) killGroup(group, 'SIGKILL');
    this.remove();
  }

  /** Removes the workspace, and every report folder of the run that was not moved to its final place. */
  remove(): void {
    openWorkspaces.delete(this);
    removeFolders(this.owner, this.folder);
  }

  /**
   * Saves the file that describes the run, and ignores errors. A full disk must not end the run, because the file is
   * only needed if the run is killed.
   */
  private trySave(): void {
    try {
      this.save();
    } catch {}
  }

  private save(): void {
    writeFileSync(join(this.folder, OWNER), JSON.stringify(this.owner));
  }
}

/**
 * Ends the processes of runs that were killed, and removes their folders. Works only on Linux, where the start time of
 * a process shows whether a pid still belongs to the run.
 * @returns the number of killed runs that were found.
 */
export function removeStaleWorkspaces(): number {
  if (process.platform !== 'linux') return 0;
  let found = 0;
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(PREFIX))) {
    const folder = join(tmpdir(), name);
    // A folder of another user is skipped, because its owner file could name any folder for us to delete. A folder that
    // another run has removed in the meantime is skipped too.
    if (lstatSync(folder, { throwIfNoEntry: false })?.uid !== process.getuid?.()) continue;
    const owner = readOwner(folder);
    if (!owner || processFacts(owner.pid)?.started === owner.started) continue;
    found++;
    for (const { group } of owner.groups.filter(isSameGroup)) killGroup(group, 'SIGKILL');
    try {
      removeFolders(owner, folder);
    } catch {
      // Another run may remove the same folders at the same time. A later run removes what is left.
    }
  }
  return found;
}

/**
 * Removes a workspace (temporary folder of a run) and the report folders of its run. If the run was killed before a new
 * report took the place of the previous report, the previous report is moved back.
 */
function removeFolders({ folders, asides }: Owner, workspace: string): void {
  for (const { folder, place } of asides) if (existsSync(folder) && !existsSync(place)) renameSync(folder, place);
  for (const folder of [...folders, ...asides.map((aside) => aside.folder), workspace])
    rmSync(folder, { recursive: true, force: true });
}

/**
 * Whether a process group is still the recorded group, and not a later group with the same id. If the first process of
 * the group has ended, its id is not used again while other members of the group live.
 */
function isSameGroup({ group, started }: Owner['groups'][number]): boolean {
  const leader = processFacts(group);
  return leader === undefined ? groupMembers(group).length > 0 : leader.started === started;
}

/** Sends a signal to a process group. Does nothing if the group is gone. */
export function killGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/**
 * Reads the file that says to which run a workspace (temporary folder of a run) belongs.
 * @returns undefined if the file does not exist or is damaged.
 */
function readOwner(folder: string): Owner | undefined {
  try {
    const owner: unknown = JSON.parse(readFileSync(join(folder, OWNER), 'utf8'));
    const parsed = ownerSchema.safeParse(owner);
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
