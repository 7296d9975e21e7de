/**
 * Checkpoints: one safetensors file with the trained tensors, the optimizer's state, and whatever else a run needs to
 * continue to the same numbers. Frozen weights are not stored.
 */
import * as tf from "@tensorflow/tfjs-core";
import { z } from "zod";
import { InputError, messageOf } from "../errors.ts";
import { differingParts } from "../data/fingerprint.ts";
import { crc } from "../files/checksum.ts";
import { exists } from "../files/read.ts";
import { openSafetensors, writeSafetensors } from "../files/safetensors.ts";
import type { BrewClip } from "../systems/brewclip.ts";
import { modelTensors } from "../systems/system.ts";
import type { BatchState } from "./batches.ts";
import { differences, type RunConfig } from "./config.ts";
import type { Adam, MomentValues } from "./optimizer.ts";

/** What a checkpoint belongs to. */
export interface Identity {
  /** The trained variant. */
  variant: string;
  /** {@link fingerprint} of the frozen CLIP. */
  clip: string;
  /** Key of the frozen Whisper. */
  whisper: string;
  /** The Whisper's key in checkpoints of earlier versions, which can still be read. */
  formerWhisper?: string | undefined;
  /** Fingerprint of the training data. It is recorded, not checked: a checkpoint may be evaluated on other data. */
  data?: string | undefined;
  /** The run's settings. Checked only when a run continues: a checkpoint may be evaluated with other ones. */
  config?: RunConfig | undefined;
  /** Shape of every trained tensor. */
  shapes: Record<string, number[]>;
}

/** The best evaluation on dev so far. */
export interface Best {
  /** Steps taken. */
  step: number;
  /** Mean R@1 of both directions, in percent. */
  score: number;
}

/** Everything that changes while a run trains. */
export interface Checkpoint {
  /** Optimizer steps taken. */
  step: number;
  /** The run's seed. */
  seed: number;
  /** The state of the shuffling. */
  batches: BatchState;
  /** The best evaluation so far; null before the first. */
  best: Best | null;
  /** Trained tensors by name, and running statistics as `statistics.NAME`. */
  parameters: Map<string, MomentValues>;
  /** The optimizer's moments by name. */
  moments: Map<string, MomentValues>;
  /** Embeddings of earlier batches, `[M, D]` of each side, if the run has a queue of negatives. */
  queue?: { imageIds: string[]; image: MomentValues; speech: MomentValues } | undefined;
}

const FORMAT = "brewclip-checkpoint-1";
const MOMENT = "optimizer.";
const QUEUE = "queue.";

/** Writes a checkpoint atomically. */
export async function writeCheckpoint(path: string, checkpoint: Checkpoint, identity: Identity): Promise<void> {
  const { step, seed, batches, best, parameters, moments, queue } = checkpoint;
  const tensors = new Map(parameters);
  for (const [name, tensor] of moments) tensors.set(MOMENT + name, tensor);
  for (const side of queue ? ["image", "speech"] as const : []) tensors.set(QUEUE + side, queue![side]);
  const state = {
    ...{ format: FORMAT, step, seed, batches, best, queue: queue?.imageIds },
    ...{ ...identity, formerWhisper: undefined, shapes: undefined },
  };
  const text = JSON.stringify(state);
  const sums = JSON.stringify({ state: crc(text), tensors: [...tensors].map(([name, { data }]) => [name, crc(data)]) });
  await writeSafetensors(path, tensors, { metadata: { brewclip: text, checksums: sums } });
}

/**
 * Reads a checkpoint.
 *
 * @throws {InputError} if it is missing or damaged, is not a run's checkpoint, or belongs to another variant, CLIP or
 * Whisper or has other shapes; the message says which.
 */
export async function readCheckpoint(path: string, identity: Identity): Promise<Checkpoint> {
  if (!await exists(path)) {
    throw new InputError(
      `Cannot read the checkpoint '${path}' as it does not exist: the run stopped before it saved one.`,
    );
  }
  const file = await openSafetensors(path);
  const text = file.metadata["brewclip"];
  if (text === undefined) {
    throw new InputError(
      `Cannot read '${path}' as a checkpoint as its header has no "brewclip" entry: another program wrote it.`,
    );
  }
  const sums = checksumsOf(file.metadata["checksums"], path);
  if (sums !== undefined && sums.state !== crc(text)) throw damaged(path, "state");
  const state = stateOf(text, path);
  const refuse = (what: string): never => {
    throw new InputError(`Cannot use the checkpoint '${path}' as it belongs to another model: ${what}.`);
  };
  if (state.variant !== identity.variant) refuse(`variant '${state.variant}', expected '${identity.variant}'`);
  if (state.clip !== identity.clip) refuse(`CLIP with fingerprint ${state.clip}, expected ${identity.clip}`);
  if (![identity.whisper, identity.formerWhisper].includes(state.whisper)) {
    refuse(`Whisper '${state.whisper}', expected '${identity.whisper}'`);
  }
  const parameters = new Map<string, MomentValues>();
  const moments = new Map<string, MomentValues>();
  const queued = new Map<string, MomentValues>();
  for (const name of file.entries.keys()) {
    const { shape, data, dtype } = await file.read(name);
    if (!(data instanceof Float32Array)) {
      throw new InputError(`Cannot read '${path}' as a checkpoint as tensor '${name}' is ${dtype}: expected F32.`);
    }
    if (sums !== undefined && sums.tensors.get(name) !== crc(data)) throw damaged(path, `tensor '${name}'`);
    const tensor = { shape, data };
    if (name.startsWith(MOMENT)) moments.set(name.slice(MOMENT.length), tensor);
    else if (name.startsWith(QUEUE)) queued.set(name.slice(QUEUE.length), tensor);
    else parameters.set(name, tensor);
  }
  for (const name of sums?.tensors.keys() ?? []) if (!file.entries.has(name)) throw damaged(path, `tensor '${name}'`);
  for (const [name, shape] of Object.entries(identity.shapes)) {
    const found = parameters.get(name)?.shape;
    if (found?.join() !== shape.join()) {
      refuse(`tensor '${name}' is ${found === undefined ? "missing" : `of shape [${found}]`}, expected [${shape}]`);
    }
  }
  for (const name of parameters.keys()) {
    if (!Object.hasOwn(identity.shapes, name)) refuse(`tensor '${name}' is extra`);
  }
  for (const [key, { shape }] of moments) {
    const name = key.slice(key.indexOf(".") + 1);
    const expected = Object.hasOwn(identity.shapes, name) ? identity.shapes[name] : undefined;
    if (expected?.join() !== shape.join()) {
      refuse(`the moment '${key}' is of shape [${shape}], expected [${expected ?? "none"}]`);
    }
  }
  if (identity.config !== undefined) checkContinues(path, state, identity.config, identity.data);
  const { step, seed, batches, best } = state;
  return { step, seed, batches, best, parameters, moments, ...queueOf(state.queue, queued, path) };
}

/** The queue of a checkpoint, if it has one. */
function queueOf(
  imageIds: string[] | undefined,
  tensors: ReadonlyMap<string, MomentValues>,
  path: string,
): Pick<Checkpoint, "queue"> {
  if (imageIds === undefined && tensors.size === 0) return {};
  const [image, speech] = [tensors.get("image"), tensors.get("speech")];
  const shapes = [image, speech].map((side) => side?.shape.length === 2 && side.shape[0] === imageIds?.length);
  if (!shapes.every(Boolean) || image!.shape[1] !== speech!.shape[1]) throw damaged(path, "queue of negatives");
  return { queue: { imageIds: imageIds!, image: image!, speech: speech! } };
}

const whole = z.number().int().min(0);

const schema = z.object({
  format: z.literal(FORMAT),
  step: whole,
  seed: whole,
  batches: z.strictObject({ epoch: whole, batch: whole }),
  best: z.strictObject({ step: whole, score: z.number() }).nullable(),
  variant: z.string(),
  clip: z.string(),
  whisper: z.string(),
  data: z.string().optional(),
  queue: z.array(z.string()).optional(),
  config: z.looseObject({ steps: whole }).optional(),
});

/** The checksums of a checkpoint; undefined if an earlier version wrote it. */
function checksumsOf(
  text: string | undefined,
  path: string,
): { state: number; tensors: Map<string, number> } | undefined {
  if (text === undefined) return undefined;
  try {
    const { state, tensors } = JSON.parse(text);
    return { state, tensors: new Map(tensors) };
  } catch {
    throw damaged(path, "list of checksums");
  }
}

function damaged(path: string, what: string): InputError {
  return new InputError(
    `Cannot use the checkpoint '${path}' as its ${what} does not fit its checksum: the file was damaged. Copy it again, or ` +
      "train the run again in another folder.",
  );
}

/** Refuses to continue from a checkpoint of other settings or data than those of the run's folder. More steps are allowed. */
function checkContinues(
  path: string,
  state: z.infer<typeof schema>,
  config: RunConfig,
  data: string | undefined,
): void {
  const { steps } = config;
  const stored = state.config as RunConfig | undefined;
  const longer = stored !== undefined && stored.steps < steps ? { ...stored, steps } : stored;
  const other = longer === undefined ? [] : differences(longer, config);
  if (longer === undefined && state.seed !== config.seed) other.push(`seed is ${state.seed}, wanted ${config.seed}`);
  if (state.data !== undefined && data !== undefined) {
    other.push(...differingParts(state.data, data).map((part) => `the ${part} of the data differ`));
  }
  if (other.length === 0) return;
  throw new InputError(
    `Cannot continue from the checkpoint '${path}' as it does not belong to the config.json of its run: ${
      other.join("; ")
    }. ` + "Restore the config with which it was trained, or start a new run.",
  );
}

function stateOf(text: string, path: string): z.infer<typeof schema> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InputError(`Cannot read '${path}' as a checkpoint as its state is not JSON: ${messageOf(error)}.`);
  }
  const state = schema.safeParse(value);
  if (state.success) return state.data;
  const faults = state.error.issues.map((issue) => `${issue.path.join(".") || "the state"}: ${issue.message}`);
  throw new InputError(`Cannot read '${path}' as a checkpoint: ${faults.join("; ")}.`);
}

/**
 * Reads a checkpoint into the model's parameters and running statistics, and into the optimizer, if one is given.
 *
 * @throws {InputError} if the checkpoint is missing, damaged, or belongs to another model.
 */
export async function restore(
  { model, optimizer, identity }: { model: Omit<BrewClip, "acoustic">; optimizer?: Adam; identity: Identity },
  path: string,
): Promise<Checkpoint> {
  const checkpoint = await readCheckpoint(path, identity);
  const tensors = modelTensors(model);
  for (const [name, { shape, data }] of checkpoint.parameters) {
    const value = tf.tensor(data, shape);
    (tensors.get(name) as tf.Variable).assign(value);
    value.dispose();
  }
  optimizer?.restore({ steps: checkpoint.step, moments: checkpoint.moments });
  return checkpoint;
}
