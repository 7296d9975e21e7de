/** Runs `attention`. */
import { relative } from "@std/path";
import { spectrogramOf } from "../../audio/log_mel.ts";
import { readAudio } from "../../audio/read_audio.ts";
import { type ClipTokenizer, loadClipTokenizer } from "../../clip/tokenizer.ts";
import { InputError } from "../../errors.ts";
import { findModel } from "../../hub/find_model.ts";
import { inspectImage, readImageFile } from "../../image/decode_image.ts";
import type { PixelOptions } from "../../image/preprocess.ts";
import { type Relevance, relevanceOf, type TextRelevance } from "../../systems/relevance.ts";
import { transcriptsRead, VARIANTS } from "../../systems/variants.ts";
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

const FRAMES_PER_SECOND = 50;

/**
 * Ranks the split and computes how much each patch, word and frame contributes to the similarity of the chosen pairs.
 *
 * @throws {InputError} if data, a model or the run is at fault, or a chosen name is unknown.
 * @throws the signal's reason, if it was aborted.
 */
export async function runAttention(
  { model: chosenModel, split, choice }: AttentionSettings,
  context: ExperimentContext,
): Promise<AttentionResult> {
  const { variant, transcripts } = chosenModel.config;
  if (transcriptsRead(variant, transcripts) > 1) {
    throw new InputError(
      `Cannot map attention as the model averages ${transcripts} transcripts, which have no common words: use a run ` +
        "without --transcripts.",
    );
  }
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

async function mapsOf(
  { job, model }: OpenTrained,
  prepared: PreparedPair,
  { tokenizer, preparation, root }: Tools,
): Promise<Omit<AttentionMaps, "rank">> {
  const { pair, transcript } = prepared;
  const single = { config: job.config, data: { ...job.data, splits: { train: [], dev: [], test: [prepared] } } };
  const speech = await joinSpeech(examplesFor(single, "test", model.variant));
  const pixels = await job.data.images.get(pair.image) as Float32Array;
  let found: Relevance;
  try {
    found = await relevanceOf(model, { pixels, speech });
  } finally {
    speech.states?.dispose();
  }
  const { patches, ...image } = found.image;
  return {
    id: pair.id,
    image: relative(root, pair.image),
    recording: relative(root, pair.audio),
    transcript,
    reference: pair.text,
    similarity: found.similarity,
    picture: {
      ...image,
      relevance: patches,
      seen: seenPart(await inspectImage(await readImageFile(pair.image), pair.image), preparation),
    },
    text: found.text ? textMap(found.text, prepared, { job, model, tokenizer }) : null,
    sound: found.frames ? { relevance: found.frames, framesPerSecond: FRAMES_PER_SECOND } : null,
    spectrogram: spectrogramOf(await readAudio(pair.audio)),
  };
}

/** Sums the relevances of tokens into words, and those of windows into one text. */
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
      `Cannot map the words of '${pair.id}' as the tokenizer of '${job.config.clip}' must encode each word separately: ` +
        `the text has ${tokens.length} tokens, its words have ${lengths.reduce((sum, length) => sum + length, 0)}.`,
    );
  }
  // Windows of positions instead of tokens: their first entry is where the window begins.
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
 * Sums the relevances of tokens into words.
 *
 * @param lengths the number of tokens of each word
 * @param windows the relevances of each window's tokens, and the token at which it begins; windows may overlap
 * @throws {RangeError} if a window has tokens past the last word.
 */
export function wordRelevance(
  words: readonly string[],
  lengths: readonly number[],
  windows: readonly { from: number; tokens: readonly number[] }[],
): WordRelevance[] {
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const relevances = new Array<number | undefined>(total).fill(undefined);
  for (const { from, tokens } of windows) {
    if (from + tokens.length > total) {
      throw new RangeError(`Cannot sum tokens as a window ends at ${from + tokens.length}: expected at most ${total}`);
    }
    tokens.forEach((value, i) => relevances[from + i] = (relevances[from + i] ?? 0) + value);
  }
  let start = 0;
  return words.map((word, i) => {
    const own = relevances.slice(start, start += lengths[i]!);
    const read = own.every((value) => value !== undefined);
    return { word, relevance: read ? own.reduce((sum, value) => sum + value, 0) : null };
  });
}
