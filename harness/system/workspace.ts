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

/** Name of every workspace folder, before the random part. */
const PREFIX = 'ws-conformance-run-';
/** The file of a workspace that says which run it belongs to. */
const OWNER = 'owner.json';

const ownerSchema = z.object({
  pid: z.number(),
  started: z.number(),
  /** Process groups that the run started. The start time of the leader identifies a group, because ids are used again. */
  groups: z.array(z.object({ group: z.number(), started: z.number() })),
  /** Folders outside of the workspace in which reports are prepared. */
  folders: z.array(z.string()),
  /** Previous reports that are moved to `folder` while a new report takes their place. */
  asides: z.array(z.object({ folder: z.string(), place: z.string() })).default([]),
});
type Owner = z.infer<typeof ownerSchema>;

/** The workspaces of this process that are not removed yet. */
const openWorkspaces = new Set<Workspace>();

/** Kills all processes that runs of this process started, and removes their folders. For a process that must exit at once. */
export function abandonWorkspaces(): void {
  for (const workspace of openWorkspaces) workspace.abandon();
}

/**
 * The temporary folder of one run. A file in it says which process runs, which process groups the run started, and
 * which folders it made. If the run is killed, a later run reads that file and cleans up: `removeStaleWorkspaces`.
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

  /** Records a process group, so that a later run can end it if this run is killed. */
  own(group: number): void {
    this.owner.groups.push({ group, started: processFacts(group)?.started ?? 0 });
    this.trySave();
  }

  /**
   * Records a folder in which a report is prepared. It is removed with the workspace, unless it was published before.
   * @param out folder that the report will replace.
   */
  ownReport(staged: string, out: string): void {
    this.owner.folders.push(staged);
    this.owner.asides.push({ folder: previousReportPath(staged), place: followLinks(out) });
    this.trySave();
  }

  /** Kills the processes of the run with SIGKILL at once, and removes its folders. */
  abandon(): void {
    for (const { group } of this.owner.groups) killGroup(group, 'SIGKILL');
    this.remove();
  }

  /** Removes the folder, and every report folder of the run that was not published. */
  remove(): void {
    openWorkspaces.delete(this);
    removeFolders(this.owner, this.folder);
  }

  /** Saves the owner file. A full disk must not end the run: the file is only needed if the run is killed. */
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
 * Ends the processes and removes the folders of runs that were killed. Does nothing except on Linux, where the start time
 * of a process shows whether a pid still belongs to the run.
 * @returns the number of such runs.
 */
export function removeStaleWorkspaces(): number {
  if (process.platform !== 'linux') return 0;
  let found = 0;
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(PREFIX))) {
    const folder = join(tmpdir(), name);
    // The owner file of another user could name any folder for us to delete. Another run may have removed the folder
    // since the folders were listed.
    if (lstatSync(folder, { throwIfNoEntry: false })?.uid !== process.getuid?.()) continue;
    const owner = readOwner(folder);
    if (!owner || processFacts(owner.pid)?.started === owner.started) continue;
    found++;
    for (const { group } of owner.groups.filter(isSameGroup)) killGroup(group, 'SIGKILL');
    try {
      removeFolders(owner, folder);
    } catch {
      // Another run may remove the same folders at this moment. What is left is removed by a later run.
    }
  }
  return found;
}

/**
 * Removes a workspace and the report folders of its run. A previous report goes back to its place if the run was
 * killed before the new report took that place.
 */
function removeFolders({ folders, asides }: Owner, workspace: string): void {
  for (const { folder, place } of asides) if (existsSync(folder) && !existsSync(place)) renameSync(folder, place);
  for (const folder of [...folders, ...asides.map((aside) => aside.folder), workspace])
    rmSync(folder, { recursive: true, force: true });
}

/**
 * Whether a process group is still the recorded one, and not a later group with the same id. If the leader of a group
 * has ended, its id is not used again as long as other members live.
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

/** Reads the owner file of a workspace. @returns undefined if there is none, or it is damaged. */
function readOwner(folder: string): Owner | undefined {
  try {
    const owner: unknown = JSON.parse(readFileSync(join(folder, OWNER), 'utf8'));
    const parsed = ownerSchema.safeParse(owner);
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
