/**
 * The worker of a check, which inspects one file after the other.
 *
 * @module
 */
import sharp from "sharp";
import { type ListedFile, type Look, lookAt, type WorkerMessage } from "./look.ts";

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<ListedFile>) => void;
  postMessage(message: WorkerMessage<Look>): void;
};

sharp.concurrency(1); // the workers share the cores
sharp.cache(false);

scope.onmessage = async ({ data: file }) => {
  try {
    scope.postMessage({ answer: await lookAt(file) });
  } catch (error) {
    scope.postMessage({ error: error instanceof Error ? error.stack ?? error.message : String(error) });
  }
};
scope.postMessage("ready");
