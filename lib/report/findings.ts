/**
 * What results show, in sentences (Markdown lists).
 */
import type { AttentionMaps, AttentionResult } from "../experiments/attention/experiment.ts";
import type { CropResult } from "../experiments/crop/experiment.ts";
import type { GalleryResult } from "../experiments/gallery/experiment.ts";
import type { SerResult, SerRow } from "../experiments/ser/results.ts";
import type { SpaceResult } from "../experiments/space/experiment.ts";
import { holmCorrected, summary } from "../experiments/comparisons.ts";
import {
  type Comparison,
  nameOf,
  namesOf,
  rowsOf,
  type TestQueries,
  type TrialResult,
  type Way,
  WAYS,
} from "../experiments/results.ts";
import type { ToneCondition, ToneResult } from "../experiments/tone/experiment.ts";
import type { TranscribedSplit } from "../experiments/transcribe_split.ts";
import type { WerFinding, WerResult } from "../experiments/wer.ts";
import { spreadOut } from "../metrics/bootstrap.ts";
import { holm } from "../metrics/holm.ts";
import { listWords } from "./figures/captions.ts";
import { slopeText, soundGains } from "./figures/wer_gain.ts";
import { controlsText, statesChoice, statesChoiceText } from "./figures/ser.ts";
import { accuracyDifference, meanAccuracy } from "./ser_accuracy.ts";
import { candidatesOf, chanceNote, unitsOf } from "./tables/cells.ts";
import { figureText } from "./tables/report_table.ts";
import { toneRecall } from "./tone_recall.ts";

/** A difference between two systems on the same queries. */
export interface FoundDifference {
  points: number;
  interval: readonly [low: number, high: number];
  /** Corrected for the family of comparisons. */
  p?: number | undefined;
}

/** `"42.7 % [33.6, 51.8]"`. */
export function percentWords(value: number, interval?: readonly [number, number]): string {
  return figureText({ value, interval }).replace(/^(\S+)/, "$1 %");
}

/** The level of significance. */
const LEVEL = 0.05;

/** Two systems are distinguishable if p, corrected for the family of comparisons, is below 5 %; without p, if the interval excludes 0. */
export function verdict(
  { points, interval: [low, high], p }: FoundDifference,
): "higher" | "lower" | "not distinguishable" {
  if (p === undefined ? low <= 0 && high >= 0 : !(p < LEVEL)) return "not distinguishable";
  return points > 0 ? "higher" : "lower";
}

/** `"+21.8 points [+10.9, +32.7], corrected p < 0.001"`. */
export function differenceFigure({ points, interval, p }: FoundDifference): string {
  const figure = figureText({ value: points, interval, signed: true }).replace(" [", " points [");
  return `${figure}${p === undefined ? "" : `, corrected ${figureText({ value: 0, p }).replace(/^\S+ /, "")}`}`;
}

/** `"+21.8 points [+10.9, +32.7], corrected p < 0.001: **higher**"`. */
export function differenceWords(found: FoundDifference): string {
  return `${differenceFigure(found)}: **${verdict(found)}**`;
}

export function bullets(lines: Iterable<string>): string {
  return [...lines].map((line) => `- ${line}`).join("\n");
}

const NAMES: Readonly<Record<Way, string>> = { speech2image: "speech to image", image2speech: "image to speech" };

const title = (name: string): string => nameOf({ variant: name, trained: true });

/** `"speech to image 42.7 % [33.6, 51.8], ..."`; a way whose every query succeeds at this K is left out. */
function recallWords(result: TrialResult, name: string, queries: TestQueries, k: 1 | 5): string {
  const ways = WAYS.filter((way) => k < candidatesOf(queries)[way]).map((way) => {
    const { mean, interval } = summary(rowsOf(result.rows, name, queries.test), way, k);
    return `${percentWords(mean, interval)} ${NAMES[way]}`;
  });
  return ways.join(", ") || "not measured, as with so few candidates every query succeeds";
}

function bothWays({ differences }: Comparison, queries: TestQueries, k: 1 | 5): string {
  const candidates = candidatesOf(queries);
  const ways = WAYS.filter((way) => k < candidates[way]).map((way) => {
    const { points, interval, p } = differences[way][`R@${k}`];
    return `${NAMES[way]} ${differenceWords({ points, interval: spreadOut(interval, unitsOf(candidates), true), p })}`;
  });
  return ways.join("; ") || "not measured";
}

/** Findings of `compare` and `zero-shot`: R@1 of each variant, then every comparison. */
export function variantFindings(result: TrialResult): string {
  const comparisons = holmCorrected(result.comparisons);
  const lines = result.tests.flatMap((queries) => {
    const { test, recordings, pictures } = queries;
    const names = namesOf(result.rows.filter((row) => row.test === test));
    return [
      `**${test}** (${recordings.length} recordings, ${pictures.length} images), R@1: ${
        names.map((name) => `${title(name)} ${recallWords(result, name, queries, 1)}`).join("; ")
      }.`,
      ...comparisons.filter((comparison) => comparison.test === test).map((comparison) =>
        `${title(comparison.name)} minus ${title(comparison.against)} on ${test}, R@1: ${
          bothWays(comparison, queries, 1)
        }.`
      ),
    ];
  });
  const warnings = chanceNote(result.rows);
  return bullets([...lines, ...soundByWer(result), ...(warnings === "" ? [] : [warnings])]);
}

/** Whether sound adds more to the words where more of them are wrong. */
export function soundByWer(result: TrialResult): string[] {
  return soundGains(result).slice(0, 1).map((gain) => {
    const { difference, interval, p } = gain.slope;
    const found = verdict({ points: difference, interval, p });
    const claim = found === "not distinguishable"
      ? "Whether sound adds more where more words are wrong cannot be distinguished"
      : `Sound adds ${found === "higher" ? "more" : "less"} where more words are wrong`;
    return `${claim}: R@${gain.k} of ${title("full")} minus that of ${title("pip")} changes by ${slopeText(gain)}.`;
  });
}

/** Findings of `cross`: R@5 of the model trained on each test split's data, and what models from other data lose. */
export function crossFindings(result: TrialResult): string {
  const comparisons = holmCorrected(result.comparisons);
  return bullets(result.tests.flatMap((queries) => {
    const { test, recordings, pictures } = queries;
    const guests = comparisons.filter((comparison) => comparison.test === test);
    const home = guests[0]?.against ?? result.rows.find((row) => row.test === test)!.name;
    return [
      `Tested on **${test}** (${recordings.length} recordings, ${pictures.length} images), R@5: trained there ${
        recallWords(result, home, queries, 5)
      }.`,
      ...guests.map((guest) => `Trained on ${guest.name} instead: ${bothWays(guest, queries, 5)}.`),
    ];
  }));
}

const CONDITIONS: Readonly<Record<ToneCondition, string>> = {
  spoken: "as spoken",
  flat: "with flattened prosody",
  caption: "with the written caption for the transcript",
};

/** Findings of `tone`: R@1 among twins of each variant and condition, over seeds, compared with chance. */
export function toneFindings({ rows }: ToneResult): string {
  const models = Map.groupBy(rows, ({ variant, condition }) => `${variant} ${condition}`);
  const lines = [...models.values()].map((own) => {
    const [{ variant, condition, scores: { chance, groups } }] = own as [ToneResult["rows"][number]];
    const seeds = own.map(({ seed }) => seed);
    const against = (way: Way): string => {
      const { value, interval = [value, value] } = toneRecall(own.map(({ scores }) => scores), way, "twins");
      const [low, high] = interval;
      const place = low > chance ? "**above**" : high < chance ? "**below**" : "**not distinguishable from**";
      return `${percentWords(value, interval)}, ${place} chance`;
    };
    return `${nameOf({ variant, trained: true })} (${seeds.length > 1 ? "seeds" : "seed"} ${seeds.join(", ")}) ${
      CONDITIONS[condition]
    }, ${groups} groups of twins (chance ${percentWords(chance)}): ${
      WAYS.map((way) => `${NAMES[way]} ${against(way)}`).join("; ")
    }.`;
  });
  const warnings = chanceNote(
    rows.filter(({ condition }) => condition === "spoken").map((row) => ({ ...row, name: row.variant })),
  );
  return bullets([...lines, ...(warnings === "" ? [] : [warnings])]);
}

/** `"majority class"`, `"full, linear probe"`. */
function serRowName({ system, encoder, layer }: Pick<SerRow, "system" | "encoder" | "layer">): string {
  if (system === "majority") return "majority class";
  if (system === "log-mel") return "log-mel statistics, logistic regression";
  if (system === "states") return `Whisper's ${layer === null ? "last layer" : `layer ${layer}`}, logistic regression`;
  return `${encoder}, ${system === "probe" ? "linear probe" : "fine-tuned"}`;
}

/** Findings of `ser`: accuracy of each system on the test split, compared with the majority class and log-mel statistics. */
export function serFindings(result: SerResult): string {
  const { rows, clips, classes } = result;
  const systems = [...Map.groupBy(rows.filter(({ protocol }) => protocol === "split"), serRowName)];
  const controls = statesChoice(rows);
  const bases = systems.filter(([, [row]]) =>
    row!.encoder === null && (row!.system !== "states" || row === controls?.chosen || row === controls?.best)
  );
  const seeds = [...new Set(rows.flatMap(({ seed }) => seed ?? []))];
  const speakers = new Set(clips.filter((clip) => clip.split === "test").map(({ speaker }) => speaker)).size;
  const compared = systems.filter(([, [row]]) => row!.encoder !== null).flatMap(([name, own]) =>
    bases.map(([base, others]) => ({ name, base, ...accuracyDifference(own, others, clips) }))
  );
  const corrected = holm(compared.map(({ p }) => p));
  const differences = compared.map(({ name, base, difference, interval }, i) => ({
    name,
    text: `${base} ${differenceWords({ points: difference, interval, p: corrected[i]! })}`,
  }));
  return bullets([
    `Accuracy on ${rows[0]?.predictions.length ?? 0} test clips of ${speakers} speakers, ${classes.length} emotions: ${
      systems.map(([name, own]) => {
        const { value, interval } = meanAccuracy(own, clips);
        return `${name} ${percentWords(value, interval)}`;
      }).join("; ")
    }.${seeds.length > 1 ? ` Fine-tuned: means over the seeds ${seeds.join(", ")}.` : ""}`,
    ...[statesChoiceText(rows), controlsText(result)].filter((text) => text !== ""),
    ...Map.groupBy(differences, ({ name }) => name).entries().map(([name, found]) =>
      `${name}, compared with ${found.map(({ text }) => text).join("; with ")}.`
    ),
  ]);
}

/** Word errors of each split, by kind. */
export function transcriptionFindings(splits: readonly TranscribedSplit[]): string {
  return bullets(splits.map(({ dataset, split, recordings, corpus }) => {
    const { words, substitutions, deletions, insertions, wer, wer95, perfect } = corpus;
    const rate = percentWords(100 * wer, [100 * wer95[0], 100 * wer95[1]]);
    const share = percentWords(100 * perfect / recordings.length);
    return `**${dataset}** (${split}): ${recordings.length} recordings with ${words} written words. ` +
      `Word error rate ${rate}: substituted words ${substitutions}, missed ${deletions}, added ${insertions}. ` +
      `Without an error: ${perfect} recordings (${share}).`;
  }));
}

/** Findings of `wer`: errors, hits, recall by word error rate, and the regression. */
export function werFindings({ of, findings }: WerResult): string {
  const finding = findings.find(({ normaliser }) => normaliser === "english") ?? findings[0]!;
  const { recordings, hits, corpus, bins } = finding;
  const on = of === null ? "The table" : `${nameOf(of)} on **${of.dataset}** (${of.split}, ${of.images} images)`;
  const rate = corpus &&
    `; word error rate ${percentWords(100 * corpus.wer, [100 * corpus.wer95[0], 100 * corpus.wer95[1]])}`;
  const binWords = bins.map(({ from, to, count, recall, recall95: [low, high] }) => {
    const where = to === 0 ? "without an error" : to === null ? `above ${100 * from} %` : `up to ${100 * to} %`;
    return `${where} ${percentWords(100 * recall, [100 * low, 100 * high])} (${count})`;
  });
  return bullets([
    `${on}: ${hits} of ${recordings} recordings find their image${rate ?? ""}.`,
    `Found, by word error rate (recordings in parentheses): ${binWords.join("; ")}.`,
    slopeWords(finding),
  ]);
}

function slopeWords({ regression }: WerFinding): string {
  if (!regression.fitted) return `No regression: ${regression.reason}`;
  const { clustered, coefficients } = regression.fit;
  const { estimate, standardError, z, p, confidence95: [low, high] } = (clustered?.coefficients ?? coefficients)[1]!;
  const odds = (slope: number): number => Math.exp(0.1 * slope);
  const effect = p >= LEVEL
    ? "**not distinguishable** from no effect with this many recordings"
    : estimate < 0
    ? "**recall falls** as the word error rate rises"
    : "**recall rises** as the word error rate rises";
  const change = figureText({ value: odds(estimate), interval: [odds(low), odds(high)], digits: 2 });
  return `Slope of the logistic regression ${estimate.toFixed(2)} (${clustered ? "clustered by image: " : ""}SE ${
    standardError.toFixed(2)
  }, z ${z.toFixed(2)}, ${p < 0.001 ? "p < 0.001" : `p ${p.toFixed(3)}`}): ${effect}. ` +
    `Each 10 points of word error rate multiply the odds of a hit by ${change}; McFadden's R2 is ${
      regression.fit.mcFaddenR2.toFixed(3)
    }.`;
}

/** Findings of `gallery`: ranks of the correct answers shown, and recall on the whole split. */
export function galleryFindings({ models, queries, of: { dataset, pictures } }: GalleryResult): string {
  return bullets(models.map(({ name, recall }, m) => {
    const ranks = queries.map(({ answers }) => answers[m]!.rank);
    const first = ranks.filter((rank) => rank === 1).length;
    const { speech2image, intervals } = recall;
    return `${name}: ${first} of the ${queries.length} queries shown have their correct answer first (ranks ${
      ranks.join(", ")
    }).${
      pictures === 1
        ? ""
        : ` On all ${pictures} images of ${dataset}, R@1 speech to image is ${
          percentWords(speech2image["R@1"], spreadOut(intervals.speech2image["R@1"], pictures))
        }.`
    }`;
  }));
}

/** Findings of `attention`: rank, and the most relevant words and seconds, of each pair. */
export function attentionFindings({ maps }: AttentionResult): string {
  return bullets(maps.map((map) => {
    const parts = [strongestWords(map), strongestSound(map)].filter((part) => part !== undefined);
    return `${map.id} (rank ${map.rank}, similarity ${map.similarity.toFixed(2)}): ${parts.join("; ") || "no map"}.`;
  }));
}

function strongestWords({ text }: AttentionMaps): string | undefined {
  const read = text?.words.filter(({ relevance }) => relevance !== null && relevance > 0) ?? [];
  if (read.length === 0) return text === null ? undefined : "no word contributes to the similarity";
  const strongest = read.toSorted((a, b) => b.relevance! - a.relevance!).slice(0, 3);
  return `the words ${listWords(strongest.map(({ word }) => `“${bare(word)}”`))} contribute most to the similarity`;
}

/** A word without punctuation. */
function bare(word: string): string {
  return word.replace(/^[^\p{L}\p{N}]+(?=.)|(?<=.)[^\p{L}\p{N}]+$/gu, "");
}

/** The most relevant second, and the share of the last quarter. */
function strongestSound({ sound }: AttentionMaps): string | undefined {
  if (sound === null) return undefined;
  const positive = sound.relevance.map((value) => Math.max(0, value));
  const all = positive.reduce((sum, value) => sum + value, 0);
  if (all === 0) return "no part of the sound contributes";
  const most = positive.indexOf(Math.max(...positive));
  const last = positive.slice(Math.ceil(positive.length * 0.75)).reduce((sum, value) => sum + value, 0);
  return `the sound contributes most at ${(most / sound.framesPerSecond).toFixed(1)} s, and ${
    percentWords(100 * last / all)
  } of its contribution is in the last quarter`;
}

/** Findings of `crop`: what bars gain over the center crop. */
export function cropFindings({ of, gain, queries }: CropResult): string {
  const lost = queries.filter(({ loss }) => loss > 0).length;
  const words = (way: Way): string => {
    const { points, interval } = gain[way]["R@1"];
    return `${NAMES[way]} ${differenceWords({ points, interval: spreadOut(interval, of.pictures, true) })}`;
  };
  return bullets([
    `${of.notSquare} of ${of.pictures} images are not square, so that a crop removes part of them` +
    `${of.notSquare === 0 ? ": the cost of cropping **cannot be measured** here" : ""}.`,
    `Bars minus crop, R@1: ${WAYS.map(words).join("; ")}.`,
    `${lost} of ${queries.length} queries rank lower with the crop.`,
  ]);
}

/** Findings of `space`: distances between pairs and modalities. */
export function spaceFindings({ models, of: { dataset, pictures } }: SpaceResult): string {
  return bullets(models.map(({ name, pairDistance, otherDistance, modalityGap, tsne }) => {
    const [pair, other, ratio, gap, trust] = [
      pairDistance,
      otherDistance,
      pairDistance / otherDistance,
      modalityGap,
      tsne.trustworthiness,
    ].map((value) => value.toFixed(2));
    return `${name} on ${dataset}, ${pictures} images: mean distance ${pair} between an image and its recording, ${other} ` +
      `between an image and another image's recording (ratio ${ratio}), and ${gap} between the means of images and ` +
      `recordings. The t-SNE map preserves neighbors with a trustworthiness of ${trust}.`;
  }));
}
