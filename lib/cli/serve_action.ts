/** What `serve` does, loaded when it is asked for. */
import { join } from "@std/path";
import { openStore } from "../retrieval/index/open_index.ts";
import { isLoopback } from "../serve/guard.ts";
import { checkPort, listen } from "../serve/listen.ts";
import { indexSample, SAMPLE_INDEX, sampleExamples } from "../serve/sample.ts";
import { presetConfig } from "../training/presets.ts";
import { openSearcher } from "../serve/searcher.ts";
import { indexPlace } from "./index_place.ts";
import { consoleReport } from "./progress.ts";
import { onInterrupt } from "./interrupt.ts";
import type { ServeOptions } from "./serve.ts";

/**
 * Serves the page until it is stopped.
 *
 * @throws {InputError} if the index or its model cannot be opened, or the port is in use.
 */
export async function serveFromOptions({ index, database, port, host }: ServeOptions): Promise<void> {
  const report = consoleReport();
  const stop = onInterrupt(() => report.line("stopping"), "stopped");
  const demo = index === undefined && database === undefined;
  const shown = index ?? (demo ? SAMPLE_INDEX : "images");
  const { place, name } = demo
    ? { place: join("runs", "index", SAMPLE_INDEX), name: "images" }
    : indexPlace({ index: shown, ...(database && { database }) });
  checkPort(host, port);
  if (demo) await indexSample(place, { report, signal: stop });
  const store = await openStore(place, { name });
  const searcher = await openSearcher(store);
  try {
    const { source } = store.facts;
    const bundled = typeof source !== "string" && source.clip.endsWith(presetConfig("sample").clip);
    const examples = demo ? await sampleExamples() : [];
    const server = listen(searcher, { name: shown, hostname: host, port, examples, bundled });
    if (!isLoopback(host)) {
      report.line(
        `warning: everybody on this network can search and see the images of '${shown}', without a password, at this machine's ` +
          `IP address and port ${new URL(server.url).port}. Browsers use the microphone on this machine only.`,
      );
    }
    const images = await searcher.count();
    report.line(`${images} image${images === 1 ? "" : "s"} of the index '${shown}': open ${server.url} (Ctrl-C stops)`);
    if (!stop.aborted) await new Promise((stopped) => stop.addEventListener("abort", stopped));
    await server.close();
    throw stop.reason;
  } finally {
    await store.close(); // the model's worker ends with the process: if it is ended just before, onnxruntime can crash
  }
}
