/**
 * The worker of {@link readAhead}: decodes recordings beside the main thread, which computes with Whisper.
 *
 * @module
 */
import { answerCalls } from "../worker_calls.ts";
import type { ReadingOrder } from "./read_ahead.ts";
import { readForHearing, type ReadRecording } from "./read_for_hearing.ts";

let known: ReadonlySet<string> = new Set();

answerCalls<ReadingOrder, ReadRecording | undefined>(
  async (order) => {
    if ("file" in order) return await readForHearing(order.file, known);
    known = new Set(order.known);
    return undefined;
  },
  (read) => read !== undefined && "samples" in read ? [read.samples.buffer] : [],
);
