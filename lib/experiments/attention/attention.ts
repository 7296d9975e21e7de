/**
 * What the similarity of a pair rests on: places of the picture, words, stretches of the sound (paper, section 5).
 *
 * @module
 */
import { relative } from "@std/path";
import { readAudio } from "../../audio/read_audio.ts";
import { type ClipTokenizer, loadClipTokenizer } from "../../clip/tokenizer.ts";
import { InputError } from "../../errors.ts";
import { findModel } from "../../hub/find_model.ts";
import { inspectImage } from "../../image/decode_image.ts";
import type { PixelOptions } from "../../image/preprocess.ts";
import { type Relevance, relevanceOf, type TextRelevance } from "../../systems/relevance.ts";
import { VARIANTS } from "../../systems/variants.ts";
import { joinSpeech } from "../../training/examples.ts";
import type { OpenTrained } from "../job.ts";
import { examplesFor, type PreparedPair } from "../pairs.ts";
import { chooseQueries } from "../qualitative/choose.ts";
import { dataFolder } from "../qualitative/items.ts";
import { choiceName, openChoice } from "../qualitative/model_choice.ts";
import { preparationOf } from "../qualitative/preparation.ts";
import { rankSplit } from "../qualitative/rank_split.ts";
import { seenPart } from "../qualitative/seen_part.ts";
import type { Report } from "../report.ts";
import {
  ATTENTION_METHOD,
  type AttentionMaps,
  type AttentionResult,
  type AttentionSettings,
} from "./attention_results.ts";
import { spectrogramOf } from "./spectrogram.ts";
import { wordRelevance } from "./word_relevance.ts";

/** Frames of Whisper's states a second. */
const FRAMES_PER_SECOND = 50;

/**
 * Ranks the split and computes the maps of the chosen recordings, each with its own picture.
 *
 * @param folder where inputs that are left out are listed
 * @returns undefined where the signal stopped it
 * @throws {InputError} where data, a model or the run is at fault, or a chosen name is not known.
 */
export async function attentionExperiment(
  { model: chosenModel, split, choice }: AttentionSettings,
  folder: string,
  { report, signal }: { report: Report; signal?: AbortSignal | undefined },
): Promise<AttentionResult | undefined> {
  const opened = await openChoice(chosenModel, folder, { split, report, signal });
  if (opened === undefined) return undefined;
  await using trained = opened;
  const { job, step } = trained;
  const { features, ranks } = await rankSplit(trained, split);
  const chosen = chooseQueries(choice, { ...features, ranks }).speech2image;
  const tools: Tools = {
    tokenizer: await loadClipTokenizer(await findModel(job.config.clip, "clip")),
    preparation: await preparationOf(job),
    root: dataFolder(chosenModel.config),
  };
  const maps: AttentionMaps[] = [];
  const progress = report.progress("maps", chosen.length, "pair");
  try {
    for (const place of chosen) {
      if (signal?.aborted) return undefined;
      const prepared = job.data.splits[split].find(({ pair }) => pair.id === features.ids[place])!;
      maps.push({ ...await mapsOf(trained, prepared, tools), rank: ranks.speech2image[place]! });
      progress.update(maps.length);
    }
  } finally {
    progress.stop();
  }
  const { dataset } = chosenModel.config;
  return {
    of: { dataset, split, pictures: features.imageIds.length, recordings: features.ids.length },
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
  // The rows of places instead of tokens tell where each window begins.
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
