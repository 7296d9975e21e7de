/** From the options of a command to a model. */
import { InputError } from "../errors.ts";
import type { Report } from "../experiments/report.ts";
import { loadBrewClip, type RetrievalModel } from "../retrieval/load_brewclip.ts";
import type { ModelOptions } from "./search.ts";

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
