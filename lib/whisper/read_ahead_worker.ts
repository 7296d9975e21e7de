/**
 * The worker of {@link readAhead}: decodes recordings beside the main thread, which computes with Whisper.
 *
 * @module
 */
import { readForHearing } from "./read_for_hearing.ts";

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<{ known: string[] } | { file: string }>) => void;
  postMessage(message: unknown, transfer: Transferable[]): void;
};

let known: ReadonlySet<string> = new Set();

scope.onmessage = async ({ data }) => {
  if ("known" in data) {
    known = new Set(data.known);
    return;
  }
  try {
    const read = await readForHearing(data.file, known);
    scope.postMessage({ read }, "samples" in read ? [read.samples.buffer as ArrayBuffer] : []);
  } catch (error) {
    scope.postMessage({ error: error instanceof Error ? error.message : String(error) }, []);
  }
};
