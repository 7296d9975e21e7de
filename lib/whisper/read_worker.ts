/**
 * The worker of `readAhead`: decodes recordings while the main thread runs Whisper.
 */
import { answerCalls } from "../worker_calls.ts";
import { type ReadOrder, type ReadRecording, readRecording } from "./read_recordings.ts";

let known: ReadonlySet<string> = new Set();

answerCalls<ReadOrder, ReadRecording | undefined>(
  async (order) => {
    if ("file" in order) return await readRecording(order.file, known);
    known = new Set(order.known);
    return undefined;
  },
  (read) => read !== undefined && "samples" in read ? [read.samples.buffer] : [],
);
