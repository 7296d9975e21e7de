/**
 * What fine-tuned models say, fold by fold; each fold is kept.
 *
 * @module
 */
import { join } from "@std/path";
import { disposeBrewClip } from "../../systems/brewclip.ts";
import { VARIANTS } from "../../systems/variants.ts";
import type { Report } from "../report.ts";
import { fineTune } from "./fine_tune.ts";
import { digestOf, keptPart } from "./kept_part.ts";
import type { OpenEncoder } from "./open_encoder.ts";
import type { PreparedClips } from "./prepared_clips.ts";
import type { Protocol } from "./protocols.ts";
import type { FineTuneSettings, SerClip, SerEncoder, SerRow } from "./ser_results.ts";
import type { Fold } from "./speaker_folds.ts";

/** A model, the clips, and how they are judged. */
export interface FineTuneJob {
  /** The encoder's settings. */
  encoder: SerEncoder;
  /** Its model, which stays as it is. */
  open: OpenEncoder;
  /** What the model takes. */
  prepared: Pick<PreparedClips, "examples" | "changed">;
  /** The clips. */
  clips: readonly SerClip[];
  /** Who is fitted and who is judged. */
  protocol: Protocol;
  /** How. */
  settings: FineTuneSettings;
  /** Draws batches, pieces and dropout. */
  seed: number;
}

/**
 * Fine-tunes a copy of the model in each fold on the fold's train clips, and asks it about its test clips, once.
 *
 * @param options `folder`: finished folds are kept in its `parts/`
 * @throws the signal's reason, where it was aborted.
 */
export async function fineTunedAnswers(
  job: FineTuneJob,
  { folder, report, signal }: { folder: string; report: Report; signal?: AbortSignal | undefined },
): Promise<SerRow["predictions"]> {
  const { encoder, open, clips, protocol, settings, seed } = job;
  const values = await Promise.all([...open.model.parameters.values()].map((value) => value.data<"float32">()));
  const answers: SerRow["predictions"] = [];
  for (const [number, fold] of protocol.folds.entries()) {
    const content = { name: encoder.name, settings, seed, clips, fold };
    const key = await digestOf([JSON.stringify(content), ...values]);
    const file = `${encoder.name}-${protocol.name}-seed-${seed}-fold-${number + 1}.json`;
    const label = `fine-tune ${encoder.name}, ${protocol.name} ${number + 1} of ${protocol.folds.length}`;
    answers.push(
      ...await keptPart(join(folder, "parts", file), key, () => answersOf(job, fold, label, { report, signal })),
    );
  }
  return answers;
}

async function answersOf(
  { encoder, open, prepared, clips, settings, seed }: FineTuneJob,
  fold: Fold,
  label: string,
  { report, signal }: { report: Report; signal?: AbortSignal | undefined },
): Promise<SerRow["predictions"]> {
  const train = fold.train.map((place) => clips[place]!);
  const copies = VARIANTS[encoder.config.variant].acoustic ? settings.augment : 0;
  const changed = await prepared.changed(train.map(({ id }) => id), copies);
  const labelled = {
    examples: [...train.map(({ id }) => prepared.examples.get(id)!), ...changed],
    labels: [...train, ...train.flatMap((clip) => Array.from({ length: copies }, () => clip))]
      .map(({ emotion }) => emotion),
  };
  const progress = report.progress(label, settings.steps, "step");
  const model = open.copy(settings.dropout);
  try {
    const classes = [...new Set(clips.map(({ emotion }) => emotion))].sort();
    const onStep = (step: number, loss?: number): void => {
      progress.update(step);
      if (loss !== undefined) progress.measure?.(step, { loss });
    };
    const tuned = await fineTune(model, labelled, settings, { classes, seed, onStep, signal });
    const said = await tuned.predict(fold.test.map((place) => prepared.examples.get(clips[place]!.id)!));
    tuned.dispose();
    return fold.test.map((place, i) => ({ id: clips[place]!.id, emotion: said[i]! }));
  } finally {
    progress.stop();
    disposeBrewClip(model);
  }
}
