/**
 * The worker of {@link readAhead}: decodes recordings beside the main thread, which computes with Whisper.
 *
 * @module
 */
import { readForHearing } from "./read_for_hearing.ts";

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<string>) => void;
  postMessage(message: unknown, transfer: Transferable[]): void;
};

scope.onmessage = async ({ data: file }) => {
  try {
    const read = await readForHearing(file);
    scope.postMessage({ read }, "samples" in read ? [read.samples.buffer as ArrayBuffer] : []);
  } catch (error) {
    scope.postMessage({ error: error instanceof Error ? error.message : String(error) }, []);
  }
};
