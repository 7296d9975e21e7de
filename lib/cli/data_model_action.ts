/**
 * What `data model` does, loaded when it is asked for.
 *
 * @module
 */
import { parseClipConfig } from "../clip/config.ts";
import { InputError } from "../errors.ts";
import type { PartProgress } from "../experiments/report.ts";
import { hubCache } from "../hub/cache.ts";
import { downloadModel } from "../hub/download_model.ts";
import { findModel } from "../hub/find_model.ts";
import { hubOfEnvironment } from "../hub/hub_api.ts";
import { isHubId, MODEL_PRESETS, modelPreset } from "../hub/models.ts";
import { consoleReport } from "./console_report.ts";
import type { DataModelOptions } from "./data.ts";
import { onInterrupt } from "./interrupt.ts";

/**
 * Fetches a model, or lists those with a short name.
 *
 * @returns `"interrupted"` where the user stopped it: the same command continues.
 * @throws {InputError} where there is no such model, or it could not be fetched.
 */
export async function modelFromOptions(
  name: string | undefined,
  { revision }: DataModelOptions,
): Promise<"complete" | "interrupted"> {
  const report = consoleReport();
  if (name === undefined) {
    report.result(await modelTable());
    return "complete";
  }
  if (modelPreset(name) === undefined && !isHubId(name)) {
    const names = MODEL_PRESETS.map((preset) => preset.name).join(", ");
    throw new InputError(
      `Cannot fetch '${name}' as it is none of ${names}, and no hub id: expected ORGANISATION/NAME.`,
    );
  }
  const signal = onInterrupt(() => report.line("stopping: what was fetched is kept (again Ctrl-C: stop at once)"));
  let shown: PartProgress | undefined;
  try {
    const model = await downloadModel(name, await hubOfEnvironment(), {
      revision,
      signal,
      tell: (line) => shown === undefined ? report.line(line) : shown.line(line),
      check: (kind, config, source) => void (kind === "clip" && parseClipConfig(config, source)),
      begin: (total, done) => shown = report.progress(name, total, "byte", done),
      progress: (done, file) => shown?.update(done, file),
    });
    shown?.stop();
    const { fetched, id, commit, kind, folder } = model;
    const now = fetched.length === 0 ? "nothing was missing" : `${fetched.length} files fetched, checksums right`;
    report.line(`${id} at ${model.revision} (${commit.slice(0, 12)}), ${(model.bytes / 1e6).toFixed(1)} MB: ${now}`);
    report.result(`folder  ${folder}\nuse     --${kind} ${name}`);
    return "complete";
  } catch (error) {
    shown?.stop();
    if (!(signal.aborted && error === signal.reason)) throw error;
    report.line("stopped; the same command continues");
    return "interrupted";
  }
}

/** The models with a short name, and which of them are in the cache. */
async function modelTable(): Promise<string> {
  const lines = ["name                    hub id                           parameters  width  cached  what it is"];
  for (const { name, id, kind, millions, width, note } of MODEL_PRESETS) {
    const cached = await findModel(name, kind).then(() => "yes", () => "no");
    const columns = [name.padEnd(23), id.padEnd(32), `${millions} M`.padStart(10), String(width).padStart(6)];
    lines.push([...columns, ` ${cached.padEnd(6)}`, note].join(" "));
  }
  return `${lines.join("\n")}\n\ncache: ${hubCache()}`;
}
