/**
 * A dry run's estimate of the memory.
 *
 * @module
 */
import type { Backend } from "../../runtime/backend.ts";
import { HEAP_BYTES } from "../../runtime/wasm/heap_limit.ts";
import { formatBytes } from "../../files/disk.ts";
import type { PlanPart } from "./plan.ts";

/** What the memory is told from. */
export interface MemoryFacts {
  /** Where tensors are computed. */
  backend: Pick<Backend, "name">;
  /** Bytes of all tensors at the peak of a step; undefined where nothing is trained. */
  stepBytes: number | undefined;
  /** Bytes of tensors that stay: the frozen towers. */
  heldBytes: number;
  /** Bytes of pictures that will be kept, decoded. */
  pictureBytes: number;
  /** Bytes that the process holds now, the frozen towers included. */
  processBytes: number;
  /** Bytes that the machine can still give; undefined where this process may not ask. */
  available: number | undefined;
  /** Pairs a step, and pairs held at once. */
  batchSize: number;
  /** Null for the whole batch. */
  microBatch: number | null;
}

/**
 * Tells how much memory a run will take, and whether there is so much. Tensors at the peak of a step of the whole batch (or
 * micro-batch) are told from real steps of 2 and of 4 pairs, as each pair more takes as much more. To what the process holds
 * already come the tensors of a step and the pictures that are kept.
 */
export function planMemory(facts: MemoryFacts): PlanPart {
  const { backend, stepBytes, heldBytes, pictureBytes, processBytes, available, batchSize, microBatch } = facts;
  const part: PlanPart = { name: "memory", lines: [], lacking: [] };
  const peak = Math.max(stepBytes ?? 0, heldBytes);
  const held = Math.min(batchSize, microBatch ?? batchSize);
  const remedy = `give a smaller --micro-batch than ${held} (it changes no result), or another --backend`;
  part.lines.push(
    stepBytes === undefined
      ? `the towers take ${formatBytes(heldBytes)}; nothing is trained`
      : `a step takes about ${formatBytes(peak)} of tensors with ${held} pairs at once (told from steps of 2 and of 4)`,
  );
  if (backend.name === "wasm" && peak > HEAP_BYTES) {
    part.lacking.push(
      `a step takes about ${formatBytes(peak)} on the backend 'wasm', whose memory ends at ${
        formatBytes(HEAP_BYTES)
      }: ${remedy}`,
    );
  }
  const onHost = backend.name === "wasm" || backend.name === "cpu";
  if (!onHost) part.lines.push(`tensors are on the GPU, whose memory cannot be asked`);
  const more = pictureBytes + (onHost ? peak - heldBytes : 0);
  const free = available === undefined ? "how much is free cannot be asked" : `${formatBytes(available)} are free`;
  part.lines.push(
    `the process will take about ${formatBytes(processBytes + more)}, ${formatBytes(more)} more than now; ${free}`,
  );
  if (available !== undefined && more > available) {
    part.lacking.push(
      `about ${formatBytes(more)} more memory are needed and ${formatBytes(available)} are free: ${remedy}`,
    );
  }
  return part;
}

/** Bytes that the machine can still give; undefined where this process may not ask (it needs `--allow-sys=systemMemoryInfo`). */
export function availableMemory(): number | undefined {
  try {
    return Deno.systemMemoryInfo().available;
  } catch {
    return undefined;
  }
}
