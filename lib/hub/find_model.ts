/**
 * From a model's name to its folder on this machine.
 *
 * @module
 */
import { join } from "@std/path";
import { InputError } from "../errors.ts";
import { exists, isAbsence, readJson } from "../files/read.ts";
import { locate, lookedIn } from "../files/locate.ts";
import { hubCache, repositoryFolder, snapshotsOf } from "./cache.ts";
import { requiredFiles, SHARD_INDEX, shardsOf } from "./models.ts";
import { isHubId, MODEL_PRESETS, type ModelKind, modelPreset } from "./models.ts";

const CALLED: Record<ModelKind, string> = { clip: "CLIP", whisper: "Whisper" };

/**
 * The folder of a model. It is looked for on this machine only, and never fetched.
 *
 * @param name a folder, which {@link locate} looks for; a preset's name such as `"clip-vit-large-patch14"` or
 * `"whisper-base"`; or a hub id such as `"openai/clip-vit-base-patch32"`: then the snapshot in the standard Hugging Face
 * cache (`HF_HUB_CACHE`, `HUGGINGFACE_HUB_CACHE`, `HF_HOME`; default `~/.cache/huggingface/hub`)
 * @param near the run that names the model: a relative path is looked for above its folder first
 * @throws {InputError} in one line, where there is no such model, or files of it are missing: names them, the folders that
 * were searched, the command that fetches it, and the files that a folder must have.
 *
 * @example
 * ```ts
 * import { findModel } from "./find_model.ts";
 * const folder = await findModel("data/models/clip-tiny-sample", "clip");
 * if (folder !== "data/models/clip-tiny-sample") throw new Error(folder);
 * ```
 */
export async function findModel(name: string, kind: ModelKind, near?: string): Promise<string> {
  const preset = modelPreset(name);
  const folder = preset === undefined ? await locate(name, near) ?? name : name;
  if (await isFolder(folder)) return folder;
  const id = preset?.id ?? (isHubId(name) ? name : undefined);
  const fail = (why: string): never => {
    throw new InputError(`Cannot use the ${CALLED[kind]} model '${name}' as ${why}.`);
  };
  const files = requiredFiles(kind).join(", ");
  if (id === undefined) {
    const names = MODEL_PRESETS.filter((known) => known.kind === kind).map((known) => known.name).join(", ");
    return fail(
      `it is no folder, none of ${names}, and no hub id (ORGANISATION/NAME): expected one of these. ` +
        `${lookedIn(near)}. A folder must hold ${files}`,
    );
  }
  if (preset !== undefined && preset.kind !== kind) {
    return fail(`it is a ${CALLED[preset.kind]} model: expected a ${CALLED[kind]} model`);
  }
  const snapshots = await snapshotsOf(repositoryFolder(id));
  const lacking: string[][] = [];
  for (const snapshot of snapshots) {
    const missing = await missingFiles(snapshot, kind);
    if (missing.length === 0) return snapshot;
    lacking.push(missing);
  }
  const remedy = `Fetch it with \`deno task data model ${name}\`, or give a folder with ${files}`;
  if (lacking[0] === undefined) {
    const searched = preset === undefined ? `. ${lookedIn(near)}` : "";
    return fail(`it is no folder and is not in the cache '${hubCache()}'. ${remedy}${searched}`);
  }
  return fail(`its snapshot '${snapshots[0]}' is incomplete: ${lacking[0].join(", ")} missing. ${remedy}`);
}

/**
 * The files that a model's folder lacks; a link whose target is not there counts as lacking.
 *
 * @throws {InputError} where the index of shards is not JSON.
 */
export async function missingFiles(folder: string, kind: ModelKind): Promise<string[]> {
  const missing: string[] = [];
  for (const file of requiredFiles(kind)) if (!await exists(join(folder, file))) missing.push(file);
  const index = join(folder, SHARD_INDEX);
  if (!missing.includes("model.safetensors") || !await exists(index)) return missing;
  const others = missing.filter((file) => file !== "model.safetensors");
  const shards = shardsOf(await readJson(index));
  for (const shard of shards) if (!await exists(join(folder, shard))) others.push(shard);
  return shards.length === 0 ? missing : others;
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch (error) {
    if (isAbsence(error)) return false;
    throw error;
  }
}
