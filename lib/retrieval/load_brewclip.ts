/**
 * Loads a trained run, or frozen models alone, to embed and rank recordings, texts and images.
 */
import { basename, dirname } from "@std/path";
import * as tf from "@tensorflow/tfjs-core";
import { readAudio } from "../audio/read_audio.ts";
import { InputError } from "../errors.ts";
import { sha256 } from "../files/checksum.ts";
import { filesKey, fingerprint } from "../files/fingerprint.ts";
import { PixelReader } from "../image/pixel_reader.ts";
import { type BackendChoice, useBackend } from "../runtime/backend.ts";
import { asBrewClip } from "../systems/brewclip.ts";
import { systemOf } from "../systems/registry.ts";
import type { Speech } from "../systems/system.ts";
import { transcriptsRead, type Variant, VARIANTS } from "../systems/variants.ts";
import type { RunConfig } from "../training/config.ts";
import { joinSpeech } from "../training/examples.ts";
import { readsOf } from "../training/frozen_images.ts";
import { confidenceOf } from "../whisper/confidence.ts";
import { runBatch } from "../whisper/transcribe_files.ts";
import type { Whisper, WhisperModel } from "../whisper/whisper.ts";
import { type OpenModel, openModel } from "./open_model.ts";
import { Embeddings, type Match, rank } from "./rank.ts";
import { type ModelNames, resolveSource } from "./source.ts";

/** How to load a model. */
export interface LoadBrewClipOptions {
  /** The checkpoint of a run. Default the best on dev. */
  checkpoint?: "best" | "last";
  /** Where tensors are computed. Default the run's backend, or `"auto"`. */
  backend?: BackendChoice;
}

/** How to embed inputs. */
export interface EmbedOptions {
  /** Inputs per batch. Default 32 images or texts, 8 recordings. */
  batchSize?: number;
  /** Called after each batch. */
  progress?: (done: number, total: number) => void;
  /** Stops before the next batch. */
  signal?: AbortSignal;
  /** Called for an input that cannot be read. The result then has no row for it. Default: an error ends the call. */
  onUnreadable?: (index: number, error: InputError) => void;
  /** Called with a recording's transcript, if the variant reads words. */
  onTranscript?: (index: number, text: string) => void;
}

/** A loaded model. Free its memory with `dispose`, `using` or `await using`. */
export interface RetrievalModel extends AsyncDisposable, Disposable {
  /** Which branches encode a recording. */
  readonly variant: Variant;
  /** Width D of the embeddings. */
  readonly width: number;
  /** Training steps; 0 for frozen models. */
  readonly step: number;
  /** What {@link loadBrewClip} loaded it from. */
  readonly source: string | ModelNames;
  /** 16 hexadecimal digits that identify the model. Images that models with the same digits embed are comparable. */
  readonly fingerprint: string;
  /**
   * Embeds recordings: files, or 16 kHz mono samples `[N]` in [-1, 1]. The variant decides whether an embedding is of the
   * words (`pip`), the sound (`e2e`) or both (`full`). Variants that were trained on captions read transcripts here.
   *
   * @throws {AudioError} if a file cannot be read; {InputError} if samples are invalid; the signal's reason.
   */
  embedAudio(recordings: readonly (string | Float32Array)[], options?: EmbedOptions): Promise<Embeddings>;
  /**
   * Embeds texts with the text branch alone, whatever the variant. A variant without a text branch (`e2e`) uses CLIP's text
   * tower with the shared prompts, which were not trained for it.
   *
   * @throws {InputError} if the model is no BrewCLIP; the signal's reason.
   */
  embedText(texts: readonly string[], options?: EmbedOptions): Promise<Embeddings>;
  /**
   * Embeds image files, or the bytes of such files with a name for error messages.
   *
   * @throws {InputError} if an image cannot be read; the signal's reason.
   */
  embedImages(
    images: readonly (string | { name: string; bytes: Uint8Array })[],
    options?: EmbedOptions,
  ): Promise<Embeddings>;
  /** Ranks candidates by their similarity with a query; see {@link rank}. */
  rank(query: Float32Array, candidates: Pick<Embeddings, "data" | "shape">, options?: { top?: number }): Match[];
  /** Frees the memory, once running calls end after their batch. Whisper's is free when the promise resolves. */
  dispose(): Promise<void>;
}

/**
 * Loads a trained run, or frozen models alone, without a data set. Whisper is loaded with the first recording, the vision
 * tower with the first image.
 *
 * @param source a run's folder, or the frozen models. Relative paths, including those in a run's config, are resolved
 * against the parents of the run, the current folder, the folder in `BREWCLIP_PROJECT`, and this package.
 * @param whisper its Whisper, if that is opened elsewhere
 * @throws {InputError} if the run, its checkpoint or a model is missing or damaged; lists the folders it searched.
 *
 * @example
 * ```ts
 * import { loadBrewClip } from "./load_brewclip.ts";
 * await using model = await loadBrewClip({
 *   clip: "data/models/clip-tiny-sample",
 *   whisper: "data/models/whisper-tiny-sample",
 * });
 * const texts = await model.embedText(["a green ball", "a red cube"]);
 * const [query] = texts;
 * if (model.rank(query!, texts, { top: 1 })[0]?.index !== 0) throw new Error("a text is most similar to itself");
 * ```
 */
export async function loadBrewClip(
  source: string | ModelNames,
  options: LoadBrewClipOptions = {},
  whisper?: Promise<WhisperModel>,
): Promise<RetrievalModel> {
  const { config, ...files } = await resolveSource(source, options.checkpoint);
  if (!/^(brewclip|speechclip-.*)$/.test(config.system)) {
    throw new InputError(
      `Cannot embed with '${source}' as its system is '${config.system}', whose vectors do not have the length 1 or do not ` +
        "rank alone: use a run of BrewCLIP or SpeechCLIP. 'eval', 'compare' and 'gallery' rank a data set with it.",
    );
  }
  await useBackend(options.backend ?? config.backend);
  const opened = await openModel(config, { ...files, opened: whisper });
  const trained = files.checkpoint === undefined
    ? [] // frozen models embed images alike, whatever transcribes
    : [config.variant, await filesKey(dirname(files.checkpoint), [basename(files.checkpoint)], "checkpoint")];
  const parts = [await fingerprint(opened.clipFolder), config.imageFit, ...trained];
  return retrievalModel(config, opened, { source, fingerprint: (await sha256(parts.join("\n"))).slice(0, 16) });
}

function retrievalModel(
  config: RunConfig,
  opened: OpenModel,
  identity: Pick<RetrievalModel, "source" | "fingerprint">,
): RetrievalModel {
  const { model, step, rows, whisper: source } = opened;
  const { text, acoustic } = VARIANTS[config.variant];
  const system = systemOf(model);
  const width = model.clip.config.projection;
  const images = new PixelReader(opened.pixels);
  let whisper: Promise<Whisper> | undefined;
  let disposed = false;
  const running = new Set<Promise<unknown>>();

  /** Embeds inputs. The memory is in use until it ends. */
  const embed: typeof embedBatches = async (...call) => {
    const embedding = embedBatches(...call);
    running.add(embedding);
    return await embedding.finally(() => running.delete(embedding));
  };

  /** Encodes batch by batch, while the next batch is being read. */
  async function embedBatches<T, R>(
    inputs: readonly T[],
    { batchSize, progress, signal, onUnreadable }: EmbedOptions,
    read: (input: T, index: number) => Promise<R> | R,
    encode: (batch: R[], indices: number[]) => Promise<tf.Tensor2D> | tf.Tensor2D,
  ): Promise<Embeddings> {
    const size = batchSize as number;
    if (!(Number.isInteger(size) && size >= 1)) {
      throw new InputError(`Cannot embed as 'batchSize' must be a positive whole number: it is ${batchSize}.`);
    }
    type Input = { index: number; value: R };
    const readInput = async (input: T, index: number): Promise<Input | undefined> => {
      try {
        return { index, value: await read(input, index) };
      } catch (error) {
        if (onUnreadable === undefined || !(error instanceof InputError)) throw error;
        onUnreadable(index, error);
      }
    };
    const readBatch = (first: number): Promise<(Input | undefined)[]> => {
      const batch = Promise.all(inputs.slice(first, first + size).map((input, i) => readInput(input, first + i)));
      batch.catch(() => {}); // thrown when the batch is awaited
      return batch;
    };
    const data = new Float32Array(inputs.length * width);
    let filled = 0;
    let next = readBatch(0);
    for (let first = 0; first < inputs.length; first += size) {
      signal?.throwIfAborted();
      if (disposed) throw new InputError("Cannot embed as the model was disposed of: load it again.");
      const batch = (await next).filter((input) => input !== undefined);
      if (first + size < inputs.length) next = readBatch(first + size);
      if (batch.length > 0) {
        const features = await encode(batch.map(({ value }) => value), batch.map(({ index }) => index));
        data.set(await finite(features), filled * width);
        filled += batch.length;
      }
      progress?.(Math.min(inputs.length, first + size), inputs.length);
    }
    return new Embeddings(data.subarray(0, filled * width), [filled, width]);
  }

  /** Transcribes recordings if the variant reads their words, else runs Whisper's encoder alone. */
  async function encodeRecordings(
    batch: Float32Array[],
    names: string[],
    onTranscript: (i: number, text: string) => void,
  ): Promise<tf.Tensor2D> {
    const { transcribe, encode } = await (whisper ??= source.load().catch((error) => {
      whisper = undefined;
      throw error;
    }));
    const limit = { maxSeconds: config.audioSeconds, transcripts: transcriptsRead(config.variant, config.transcripts) };
    const results = await runBatch(
      batch,
      (samples) =>
        text
          ? transcribe(samples, limit)
          : encode(samples, limit).then((all) =>
            all.map((one) => ({ ...one, text: "", others: [], logProbability: 0, tokens: 1 }))
          ),
    );
    const speech = await joinSpeech(results.map((result, i) => {
      if ("failure" in result) throw new InputError(`Cannot encode ${names[i]} as Whisper fails: ${result.failure}.`);
      const { states, frames, width, others = [], ...scores } = result;
      if (text) onTranscript(i, result.text);
      // The store has states in half precision, so the acoustic branch was trained on those.
      const values = () => Promise.resolve(config.cache ? Float32Array.from(new Float16Array(states)) : states);
      return {
        texts: text ? [result.text, ...others].flatMap(rows) : undefined,
        confidence: confidenceOf(scores),
        states: acoustic ? { frames, width, values } : undefined,
      };
    }));
    return speechFeatures(speech);
  }

  function speechFeatures(inputs: Speech, variant: Variant = config.variant): tf.Tensor2D {
    const { speech, ...others } = system.encodeSpeech({ ...model, variant }, inputs);
    tf.dispose([others, inputs.states ?? []]);
    return speech;
  }

  async function imageFeatures(pixels: Float32Array[]): Promise<tf.Tensor2D> {
    await opened.loadVision();
    return tf.tidy(() => system.encodeImages(model, readsOf(model, pixels)).image);
  }

  async function dispose(): Promise<void> {
    if (disposed) return;
    disposed = true;
    if (running.size > 0) await Promise.allSettled(running); // else native code would use memory that is free
    opened[Symbol.dispose]();
    await Promise.all([images[Symbol.asyncDispose](), whisper?.then((loaded) => loaded.dispose())]);
  }

  return {
    variant: config.variant,
    width,
    step,
    ...identity,
    embedAudio(recordings, options = {}) {
      const name = (index: number): string => {
        const recording = recordings[index];
        return typeof recording === "string" ? `'${recording}'` : `recording ${index + 1} of ${recordings.length}`;
      };
      return embed(
        recordings,
        { batchSize: 8, ...options },
        (recording, i) => typeof recording === "string" ? readAudio(recording) : checkSamples(recording, name(i)),
        (batch, indices) =>
          encodeRecordings(batch, indices.map(name), (i, text) => options.onTranscript?.(indices[i]!, text)),
      );
    },
    async embedText(texts, options = {}) {
      asBrewClip(model);
      const variant = VARIANTS[config.variant].prompts ? "pip" : "pip-zero-shot";
      return await embed(
        texts,
        { batchSize: 32, ...options },
        rows,
        (batch) => speechFeatures({ ids: batch.flat(), windows: batch.map(({ length }) => length) }, variant),
      );
    },
    embedImages(sources, options = {}) {
      return embed(
        sources,
        { batchSize: 32, ...options },
        (source) => images.read(source),
        imageFeatures,
      );
    },
    rank,
    dispose,
    [Symbol.asyncDispose]: dispose,
    [Symbol.dispose]: () => void dispose(),
  };
}

function checkSamples(samples: Float32Array, name: string): Float32Array {
  if (samples.length === 0) throw new InputError(`Cannot encode ${name} as it has no samples: expected at least 1.`);
  const index = samples.findIndex((sample) => !Number.isFinite(sample));
  if (index < 0) return samples;
  throw new InputError(
    `Cannot encode ${name} as sample ${index} is ${samples[index]}: expected finite numbers, 16,000 per second.`,
  );
}

/** Reads the values of a tensor and frees it. */
async function finite(features: tf.Tensor2D): Promise<Float32Array> {
  const values = await features.data<"float32">().finally(() => features.dispose());
  if (values.every(Number.isFinite)) return values;
  throw new InputError(
    "Cannot embed as a feature is not a finite number: the weights of CLIP or of the checkpoint are damaged.",
  );
}
