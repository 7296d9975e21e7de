/** Training steps on photos that are read from their files, ahead of the step or when it wants them. */
import * as tf from "@tensorflow/tfjs-core";
import { join } from "@std/path";
import { PixelReader } from "../../../lib/image/pixel_reader.ts";
import { readPixels } from "../../../lib/image/preprocess.ts";
import { SkippedFiles } from "../../../lib/training/run_logs.ts";
import { Adam } from "../../../lib/training/optimizer.ts";
import { Images } from "../../../lib/training/examples.ts";
import { trainingStep } from "../../../lib/training/loop.ts";
import { photosOf } from "../photos.ts";
import type { Prepare } from "./case.ts";
import { readStep } from "./step.ts";

/** Steps of a run; the images of the first are never read ahead. */
const STEPS = 4;

const prepare = (ahead: boolean): Prepare => async (folder) => {
  const { model, batch } = await readStep(folder);
  const files = photosOf(join(folder, "photos"));
  const size = model.clip.config.vision.imageSize;
  const pairs = batch.ids!.length;
  const reader = new PixelReader({ size });
  const read = (path: string) => ahead ? reader.read(path) : readPixels(path, { size });
  const skipped = new SkippedFiles({ onLine: console.error });
  return {
    run: async () => {
      const pictures = new Images({ read, skipped, limit: 2 * pairs }); // none is known from the run before
      const adam = new Adam();
      let mean = 0;
      for (let step = 0; step < STEPS; step++) {
        const of = (step: number) => Array.from({ length: pairs }, (_, i) => files[(step * pairs + i) % files.length]!);
        const pixels = await Promise.all(of(step).map((path) => pictures.get(path))) as Float32Array[];
        if (ahead && step + 1 < STEPS) pictures.readAhead(of(step + 1));
        const { losses, gradientNorm } = trainingStep(model, { ...batch, pixels }, adam, { learningRate: 0 });
        mean += (await losses.loss.data())[0]! / STEPS;
        tf.dispose([Object.values(losses), gradientNorm]);
      }
      adam.dispose();
      return [mean];
    },
    end: () => reader[Symbol.asyncDispose](),
  };
};

/** As the training loop does it: decoded in a thread of its own while the step before is computed. */
export const preparePhotosAhead: Prepare = prepare(true);

/** Decoded on the main thread when the step wants them. */
export const preparePhotosInStep: Prepare = prepare(false);
