/** From the options of a command to a place of an index and a model. */
import { join } from "@std/path";
import { InputError } from "../errors.ts";
import type { Report } from "../experiments/report.ts";
import { loadBrewClip, type RetrievalModel } from "../retrieval/load_brewclip.ts";
import { serverOf } from "../retrieval/index/server_address.ts";
import type { ModelOptions, PlaceOptions } from "./search.ts";

/** Where an index is, as `openIndex` takes it. */
export function indexPlace({ index, database }: PlaceOptions): { place: string; name: string } {
  if (!/^[\w-][\w.-]{0,39}$/.test(index)) {
    throw new InputError(
      `Cannot use the index '${index}' as its name must be 1 to 40 letters, digits, '-', '_' or '.', with no '.' first.`,
    );
  }
  const address = database ?? (Deno.env.get("BREWCLIP_DATABASE") || undefined);
  if (address !== undefined) serverOf(address); // checked: else it would be a folder
  return address === undefined
    ? { place: join("runs", "index", index), name: "images" }
    : { place: address, name: index };
}

/** The models that are bundled. */
const BUNDLED = { clip: "data/models/clip-tiny-sample", whisper: "data/models/whisper-tiny-sample" };

/** Loads the model that the options name; undefined if they name none. */
export async function namedModel(
  { run, checkpoint, clip, whisper }: ModelOptions,
): Promise<RetrievalModel | undefined> {
  if (run !== undefined) return await loadBrewClip(run, checkpoint && { checkpoint });
  if (checkpoint !== undefined) throw new InputError("Cannot use --checkpoint as it is one of a run: give --run too.");
  if (clip === undefined && whisper === undefined) return undefined;
  if (clip === undefined || whisper === undefined) {
    throw new InputError(
      `Cannot load a model from ${clip === undefined ? "--whisper" : "--clip"} alone: give both, or --run.`,
    );
  }
  return await loadBrewClip({ clip, whisper });
}

/** Loads the bundled models, and says what they are. */
export async function bundledModel(report: Pick<Report, "line">): Promise<RetrievalModel> {
  report.line(
    "the bundled models are used, which know only the drawn world of the sample: for photos give --run, or --clip and " +
      "--whisper (deno task data model fetches them)",
  );
  return await loadBrewClip(BUNDLED);
}
