/**
 * A dry run's look at the disk.
 *
 * @module
 */
import { describePlan, type TranscriptionPlan } from "../../whisper/plan.ts";
import { formatBytes, freeSpace } from "../../files/disk.ts";
import type { PlanPart } from "./plan.ts";

/** Checkpoints that are kept, and numbers of each trained one: its value and Adam's two moments; four bytes each. */
const [KEPT, NUMBERS, BYTES] = [2, 3, 4];

/** What is known beside the hearing. */
export interface DiskFacts {
  /** Recordings that are stored. */
  stored: number;
  /** The folder of the store; undefined where nothing is stored. */
  folder: string | undefined;
  /** Numbers that are trained. */
  trained: number;
  /** Where the run's folder will be. Default `"runs"`. */
  runs?: string;
}

/**
 * Tells what will be written: encoder states (seconds x 50 frames x width x 2 bytes, up to the stated seconds of each
 * recording) and transcripts, and two checkpoints; and whether there is room for it.
 */
export async function planDisk(
  hearing: TranscriptionPlan,
  { stored, folder, trained, runs = "runs" }: DiskFacts,
): Promise<PlanPart> {
  const part: PlanPart = { name: "disk", lines: [], lacking: [] };
  if (folder !== undefined) part.lines.push(`${stored} recordings are stored in ${folder}`);
  part.lines.push(hearing.recordings === 0 ? "nothing is still to be heard" : describePlan(hearing));
  const checkpoints = KEPT * NUMBERS * BYTES * trained;
  const free = hearing.free ?? await freeSpace(runs);
  part.lines.push(`checkpoints: ${formatBytes(checkpoints)}`);
  const needed = hearing.bytes + checkpoints;
  if (free !== undefined && needed > free) {
    part.lacking.push(
      `about ${formatBytes(needed)} are to be written and ${
        formatBytes(free)
      } are free: make room, put 'runs' on a larger ` +
        "disk, hear less of long recordings (--audio-seconds), or store no states (--no-cache)",
    );
  }
  return part;
}
