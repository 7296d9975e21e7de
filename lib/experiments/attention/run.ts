/**
 * Computes what the similarity of a pair rests on: patches of the image, words, and stretches of the sound.
 *
 * @module
 */
import { relative } from "@std/path";
import { spectrogramOf } from "../../audio/log_mel.ts";
import { readAudio } from "../../audio/read_audio.ts";
import { type ClipTokenizer, loadClipTokenizer } from "../../clip/tokenizer.ts";
import { InputError } from "../../errors.ts";
import { findModel } from "../../hub/find_model.ts";
import { inspectImage } from "../../image/decode_image.ts";
import type { PixelOptions } from "../../image/preprocess.ts";
import { type Relevance, relevanceOf, type TextRelevance } from "../../systems/relevance.ts";
import { VARIANTS } from "../../systems/variants.ts";
import { joinSpeech } from "../../training/examples.ts";
import type { ExperimentContext } from "../experiment.ts";
import type { OpenTrained } from "../job.ts";
import { examplesFor, type PreparedPair } from "../pairs.ts";
import { chooseQueries, dataFolder, openChoice, preparationOf, rankSplit, seenPart } from "../qualitative/ranking.ts";
import { choiceName } from "../qualitative/settings.ts";
import {
  ATTENTION_METHOD,
  type AttentionMaps,
  type AttentionResult,
  type AttentionSettings,
  type WordRelevance,
} from "./experiment.ts";

/** Frames of Whisper's states per second. */
const FRAMES_PER_SECOND = 50;

/**
 * Ranks the split and computes the maps of the chosen recordings, each with its own image.
 *
 * @throws {InputError} if data, a model or the run is at fault, or a chosen name is not known.
 * @throws the signal's reason, if it was aborted.
 */
export async function runAttention(
  { model: chosenModel, split, choice }: AttentionSettings,
  context: ExperimentContext,
): Promise<AttentionResult> {
  await using trained = await openChoice(chosenModel, split, context);
  const { job, step } = trained;
  const ranked = await rankSplit(trained, split);
  const chosen = chooseQueries(choice, ranked).speech2image;
  const tools: Tools = {
    tokenizer: await loadClipTokenizer(await findModel(job.config.clip, "clip")),
    preparation: await preparationOf(job),
    root: dataFolder(chosenModel.config),
  };
  const maps: AttentionMaps[] = [];
  const progress = context.report.progress("maps", chosen.length, "pair");
  try {
    for (const index of chosen) {
      context.signal?.throwIfAborted();
      const prepared = job.data.splits[split].find(({ pair }) => pair.id === ranked.features.ids[index])!;
      maps.push({ ...await mapsOf(trained, prepared, tools), rank: ranked.ranks.speech2image[index]! });
      progress.update(maps.length);
    }
  } finally {
    progress.stop();
  }
  return {
    of: ranked.of,
    model: choiceName(chosenModel),
    step,
    method: ATTENTION_METHOD,
    dataFolder: tools.root,
    maps,
  };
}

interface Tools {
  tokenizer: ClipTokenizer;
  preparation: PixelOptions;
  root: string;
}

/** The maps of one pair. */
async function mapsOf(
  { job, model }: OpenTrained,
  prepared: PreparedPair,
  { tokenizer, preparation, root }: Tools,
): Promise<Omit<AttentionMaps, "rank">> {
  const { pair, transcript } = prepared;
  const single = { config: job.config, data: { ...job.data, splits: { train: [], dev: [], test: [prepared] } } };
  const speech = await joinSpeech(examplesFor(single, "test", model.variant));
  const pixels = await job.data.pictures.get(pair.image) as Float32Array;
  let found: Relevance;
  try {
    found = await relevanceOf(model, { pixels, speech });
  } finally {
    speech.states?.dispose();
  }
  const { patches, ...picture } = found.picture;
  return {
    id: pair.id,
    image: relative(root, pair.image),
    recording: relative(root, pair.audio),
    transcript,
    reference: pair.text,
    similarity: found.similarity,
    picture: {
      ...picture,
      relevance: patches,
      seen: seenPart(await inspectImage(await Deno.readFile(pair.image), pair.image), preparation),
    },
    text: found.text ? textMap(found.text, prepared, { job, model, tokenizer }) : null,
    sound: found.frames ? { relevance: found.frames, framesPerSecond: FRAMES_PER_SECOND } : null,
    spectrogram: spectrogramOf(await readAudio(pair.audio)),
  };
}

/** Joins tokens to words and windows to a text. */
function textMap(
  found: readonly TextRelevance[],
  { pair, transcript, transcriptTokens, captionTokens }: PreparedPair,
  { job, model, tokenizer }: Pick<OpenTrained, "job" | "model"> & { tokenizer: ClipTokenizer },
): AttentionMaps["text"] {
  const { source, prompts } = VARIANTS[model.variant];
  const [text, tokens] = source === "caption" ? [pair.text, captionTokens] : [transcript, transcriptTokens];
  const words = text.split(/\s+/).filter((word) => word !== "");
  const lengths = tokenizer.tokens(words).map(({ length }) => length);
  if (lengths.reduce((sum, length) => sum + length, 0) !== tokens.length) {
    throw new InputError(
      `Cannot map the words of '${pair.id}' as the tokenizer of '${job.config.clip}' joins words: ` +
        `${tokens.length} tokens of the text, expected as many as of its words alone.`,
    );
  }
  // Rows of positions instead of tokens show where each window begins.
  const rows = job.data.rows([...tokens.keys()], prompts ? job.config.promptLength : 0);
  const sum = (of: (window: TextRelevance) => number) => found.reduce((total, window) => total + of(window), 0);
  return {
    words: wordRelevance(
      words,
      lengths,
      found.map(({ tokens: read }, i) => ({ from: read.length === 0 ? 0 : rows[i]![1]!, tokens: read })),
    ),
    prompts: (found[0]?.prompts ?? []).map((_, m) => sum((window) => window.prompts[m]!)),
    start: sum((window) => window.start),
    end: sum((window) => window.end),
  };
}

/**
 * Joins tokens to words: a word's relevance is the sum over its tokens, since relevance is a sum over positions.
 *
 * @param words of the text, in their order
 * @param lengths tokens of each word
 * @param windows the tokens of each window that the tower read, in their order, and where in the text it begins; a token
 * in several windows counts with all of them
 * @throws {RangeError} if a window has tokens past the last word.
 *
 * @example
 * ```ts
 * import { wordRelevance } from "./run.ts";
 * const found = wordRelevance(["a", "lighthouse", "glows"], [1, 2, 1], [{ from: 0, tokens: [0.1, 0.2, 0.3] }]);
 * if (Math.abs(found[1]!.relevance! - 0.5) > 1e-12 || found[2]!.relevance !== null) throw new Error("not joined");
 * ```
 */
export function wordRelevance(
  words: readonly string[],
  lengths: readonly number[],
  windows: readonly { from: number; tokens: readonly number[] }[],
): WordRelevance[] {
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const ofTokens = new Array<number | undefined>(total).fill(undefined);
  for (const { from, tokens } of windows) {
    if (from + tokens.length > total) {
      throw new RangeError(`Cannot join tokens as a window ends at ${from + tokens.length}: expected at most ${total}`);
    }
    tokens.forEach((value, i) => ofTokens[from + i] = (ofTokens[from + i] ?? 0) + value);
  }
  let start = 0;
  return words.map((word, i) => {
    const mine = ofTokens.slice(start, start += lengths[i]!);
    const read = mine.every((value) => value !== undefined);
    return { word, relevance: read ? mine.reduce((sum, value) => sum + value, 0) : null };
  });
}
