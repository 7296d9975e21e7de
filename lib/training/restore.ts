/**
 * Puts a checkpoint back into a model and its optimizer.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { BrewClip } from "../systems/brewclip.ts";
import { type Checkpoint, type Identity, readCheckpoint } from "./checkpoint.ts";
import type { Adam } from "./optimizer.ts";

/**
 * Reads a checkpoint and sets the model's parameters and, where one is given, the optimizer's state.
 *
 * @returns what else it holds: where the run stood.
 * @throws {InputError} where the checkpoint is missing, damaged, or of another model.
 */
export async function restore(
  { model, optimizer, identity }: { model: BrewClip; optimizer?: Adam; identity: Identity },
  path: string,
): Promise<Checkpoint> {
  const checkpoint = await readCheckpoint(path, identity);
  for (const [name, { shape, data }] of checkpoint.parameters) {
    const value = tf.tensor(data, shape);
    (model.parameters.get(name) as tf.Variable).assign(value);
    value.dispose();
  }
  optimizer?.restore({ steps: checkpoint.step, moments: checkpoint.moments });
  return checkpoint;
}
