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
import { HarnessError } from '../support/harness-error.ts';
import { groupMembers, processFacts } from './process-table.ts';
import { followLinks, previousReportPath } from './report-folder.ts';

const PREFIX = 'ws-conformance-run-';
const OWNER = 'owner.json';

const ownerSchema = z.object({
  pid: z.number(),
  started: z.number(),
  /** Process groups, each with its leader's start: ids are used again once a group is gone. */
  groups: z.array(z.object({ group: z.number(), started: z.number() })),
  /** Folders elsewhere that are the run's own until it has put them in their place. */
  folders: z.array(z.string()),
  /** Reports that are put aside while another takes their place. */
  asides: z.array(z.object({ folder: z.string(), place: z.string() })).default([]),
});
type Owner = z.infer<typeof ownerSchema>;

const living = new Set<Workspace>();

/** The last resort: ends at once what this process's runs have started, and removes their folders. */
export function abandonWorkspaces(): void {
  for (const workspace of living) workspace.abandon();
}

/**
 * A temporary folder that belongs to one run, with a note in it of who owns it and which processes it started. Should
 * the run be killed without a chance to clean up, the next one finds the note and does it.
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
        why: error instanceof Error ? error.message : String(error),
        todo: 'Make room there, or name another folder with the variable TMPDIR.',
      });
    }
    living.add(this);
  }

  /** Notes a process group, so that a later run can end it if this one cannot. */
  own(group: number): void {
    this.owner.groups.push({ group, started: processFacts(group)?.started ?? 0 });
    this.note();
  }

  /** Notes a folder in which a report is made. It goes away with this one, unless it is in its place by then. */
  ownReport(staged: string, place: string): void {
    this.owner.folders.push(staged);
    this.owner.asides.push({ folder: previousReportPath(staged), place: followLinks(place) });
    this.note();
  }

  /** Without any of the ceremony of `Target.end`. */
  abandon(): void {
    for (const { group } of this.owner.groups) killGroup(group, 'SIGKILL');
    this.remove();
  }

  remove(): void {
    living.delete(this);
    removeFolders(this.owner, this.folder);
  }

  /** Only a run that is killed needs the note: that the disk has become full is no reason to leave behind what it is about. */
  private note(): void {
    try {
      this.save();
    } catch {}
  }

  private save(): void {
    writeFileSync(join(this.folder, OWNER), JSON.stringify(this.owner));
  }
}

/**
 * Ends the processes and removes the folders of runs that no longer live. Linux only: elsewhere nobody can tell whose
 * a pid is. @returns how many runs left something behind.
 */
export function removeStaleWorkspaces(): number {
  if (process.platform !== 'linux') return 0;
  let found = 0;
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(PREFIX))) {
    const folder = join(tmpdir(), name);
    // A folder of another user's could make us delete what its note names.
    if (lstatSync(folder).uid !== process.getuid?.()) continue;
    const owner = readOwner(folder);
    if (!owner || processFacts(owner.pid)?.started === owner.started) continue;
    found++;
    for (const { group } of owner.groups.filter(isStillThatGroup)) killGroup(group, 'SIGKILL');
    removeFolders(owner, folder);
  }
  return found;
}

/** A report that was put aside for one that never came goes back to its place. */
function removeFolders({ folders, asides }: Owner, own: string): void {
  for (const { folder, place } of asides) if (existsSync(folder) && !existsSync(place)) renameSync(folder, place);
  for (const folder of [...folders, ...asides.map((one) => one.folder), own])
    rmSync(folder, { recursive: true, force: true });
}

/**
 * Whether a process group is the one that was noted, and not another that got its number later. A group may outlive
 * its leader; as long as it does, the number is not given out again.
 */
function isStillThatGroup({ group, started }: Owner['groups'][number]): boolean {
  const leader = processFacts(group);
  return leader === undefined ? groupMembers(group).length > 0 : leader.started === started;
}

/** Sends a signal to a whole process group; that it is gone already is fine. */
export function killGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

function readOwner(folder: string): Owner | undefined {
  try {
    const owner: unknown = JSON.parse(readFileSync(join(folder, OWNER), 'utf8'));
    const parsed = ownerSchema.safeParse(owner);
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
