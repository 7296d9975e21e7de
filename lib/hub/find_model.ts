/** Finds the folder of a model on this machine by its name. */
import { join } from "@std/path";
import { InputError } from "../errors.ts";
import { exists, isAbsence, readJson } from "../files/read.ts";
import { locate, lookedIn } from "../files/locate.ts";
import { hubCache, repositoryFolder, snapshotsOf } from "./cache.ts";
import { isHubId, MODEL_PRESETS, type ModelKind, modelPreset, requiredFiles, SHARD_INDEX, shardsOf } from "./models.ts";

const TITLES: Record<ModelKind, string> = { clip: "CLIP", whisper: "Whisper" };

/**
 * Finds the folder of a model on this machine. It fetches nothing.
 *
 * @param name a folder; a preset's name such as `"clip-vit-large-patch14"` or `"whisper-base"`; or a hub id such as
 * `"openai/clip-vit-base-patch32"`. Presets and ids are read from the Hugging Face cache (`HF_HUB_CACHE`,
 * `HUGGINGFACE_HUB_CACHE`, `HF_HOME`; default `~/.cache/huggingface/hub`).
 * @param near the run that names the model: the folders above it are searched first for a relative path
 * @throws {InputError} if there is no such model or it is incomplete. Names the missing files, the searched folders, the
 * command that fetches the model, and the files that a folder must have.
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
    throw new InputError(`Cannot use the ${TITLES[kind]} model '${name}' as ${why}.`);
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
    return fail(`it is a ${TITLES[preset.kind]} model: expected a ${TITLES[kind]} model`);
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

const TRY =
  "To try it without them, add `--preset sample`: it uses the two bundled models, which know only the drawn " +
  "world of the sample.";

/**
 * Finds the two models of a new run. One message names all that is missing.
 *
 * @throws {InputError} if a model is missing. Names the commands that fetch the models, and the bundled models.
 */
export async function findModels(
  { clip, whisper }: { clip: string; whisper: string },
  near?: string,
): Promise<{ clip: string; whisper: string }> {
  const found = await Promise.allSettled([findModel(clip, "clip", near), findModel(whisper, "whisper", near)]);
  const [first, second] = found;
  if (first.status === "fulfilled" && second.status === "fulfilled") {
    return { clip: first.value, whisper: second.value };
  }
  const errors = found.flatMap((one) => one.status === "rejected" ? [one.reason] : []);
  const [error] = errors;
  if (!errors.every((error) => error instanceof InputError)) throw error;
  const absent = [clip, whisper].filter((name, i) =>
    found[i]?.status === "rejected" && modelPreset(name) !== undefined
  );
  if (absent.length < errors.length) throw error;
  if (absent.length === 1) throw new InputError(`${error.message} ${TRY}`);
  const fetch = absent.map((name) => `\`deno task data model ${name}\``).join(" and ");
  throw new InputError(
    `Cannot use the models '${clip}' and '${whisper}' as they are not in the cache '${hubCache()}': fetch them with ` +
      `${fetch}, or give folders with --clip and --whisper. ${TRY}`,
  );
}

/** Lists the required files that a folder lacks. A broken link is missing. */
async function missingFiles(folder: string, kind: ModelKind): Promise<string[]> {
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
