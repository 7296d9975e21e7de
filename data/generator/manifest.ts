/**
 * The list of the bundled files: size, checksum, and what made each.
 *
 * @module
 */
import { join } from "@std/path";
import { InputError } from "../../lib/errors.ts";
import { writeAtomic } from "../../lib/files/atomic.ts";
import { sha256 } from "../../lib/files/checksum.ts";
import { readJson } from "../../lib/files/read.ts";
import { mapConcurrent, type ToolVersions } from "./processes.ts";

/** The folders of `data/` and the stage of `deno task sample` that makes each. */
const MADE_BY: Record<string, string> = {
  "sample/flickr8k": "corpora",
  "sample/coco": "corpora",
  "sample/ravdess": "corpora",
  "sample/tone": "corpora",
  "models/whisper-tiny-sample": "whisper",
  "models/clip-tiny-sample": "clip",
};

/** One bundled file. */
export interface ManifestFile {
  /** Size. */
  bytes: number;
  /** SHA-256 in hexadecimal. */
  sha256: string;
  /** The stage that made it. */
  stage: string;
}

/** `data/manifest.json`. */
export interface Manifest {
  /** The seed: `deno task sample --seed SEED`. */
  seed: number;
  /** Versions of the programs that were used. */
  tools: ToolVersions;
  /** Sum of all sizes. */
  bytes: number;
  /** By path within `data/`, with forward slashes, sorted. */
  files: Record<string, ManifestFile>;
}

/** Measures every bundled file below `data`; folders that do not exist yet are skipped. */
export async function measureFiles(data: string): Promise<Record<string, ManifestFile>> {
  const files: Record<string, ManifestFile> = {};
  for (const [folder, stage] of Object.entries(MADE_BY)) {
    const paths = (await filesBelow(data, folder)).sort();
    const measured = await mapConcurrent(paths, 8, async (path): Promise<ManifestFile> => {
      const content = await Deno.readFile(join(data, path));
      return { bytes: content.length, sha256: await sha256(content), stage };
    });
    paths.forEach((path, i) => files[path] = measured[i] as ManifestFile);
  }
  return files;
}

/** Writes `manifest.json` into `data`, one file a line. */
export async function writeManifest(data: string, seed: number, tools: ToolVersions): Promise<Manifest> {
  const files = await measureFiles(data);
  const bytes = Object.values(files).reduce((sum, file) => sum + file.bytes, 0);
  const lines = Object.entries(files).map(([path, file]) => `${JSON.stringify(path)}: ${JSON.stringify(file)}`);
  const head = `"seed": ${seed},\n"tools": ${JSON.stringify(tools)},\n"bytes": ${bytes},`;
  await writeAtomic(join(data, "manifest.json"), `{\n${head}\n"files": {\n${lines.join(",\n")}\n}\n}\n`);
  return { seed, tools, bytes, files };
}

/**
 * Compares the bundled files with their manifest.
 *
 * @returns a line for each missing, changed or unlisted file.
 * @throws {InputError} if there is no readable manifest.
 */
export async function checkManifest(data: string): Promise<string[]> {
  const path = join(data, "manifest.json");
  const manifest = await readJson(path) as Partial<Manifest> | null;
  const listed = manifest?.files;
  if (typeof listed !== "object" || listed === null) {
    throw new InputError(`Cannot check '${data}' as '${path}' lists no files: write it with 'deno task sample'.`);
  }
  const found = await measureFiles(data);
  const problems: string[] = [];
  for (const [name, entry] of Object.entries(listed)) {
    const file = Object.hasOwn(found, name) ? found[name] : undefined;
    if (file === undefined) problems.push(`'${name}' is missing`);
    else if (file.sha256 !== entry?.sha256) problems.push(`'${name}' is not what was made: its checksum differs`);
  }
  for (const name of Object.keys(found)) if (!Object.hasOwn(listed, name)) problems.push(`'${name}' is not listed`);
  return problems;
}

/** Paths of all files below a folder, from `root`; none if it does not exist. Names that start with a dot are skipped. */
async function filesBelow(root: string, folder: string): Promise<string[]> {
  const paths: string[] = [];
  try {
    for await (const entry of Deno.readDir(join(root, folder))) {
      const path = `${folder}/${entry.name}`;
      if (entry.name.startsWith(".")) continue;
      if (entry.isDirectory) paths.push(...await filesBelow(root, path));
      else paths.push(path);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return paths;
}
