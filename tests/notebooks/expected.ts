/**
 * What each notebook must show: figures by their titles, and the key numbers of the results that it made, read from the files
 * in `runs/` and written here anew.
 */
import { join } from "@std/path";
import { readJsonLines } from "../../lib/files/json_lines.ts";

/** What is expected of a notebook. */
export interface Expected {
  /** Words that the titles of its figures have, in their order. */
  figures: RegExp[];
  /** At least so many. */
  players: number;
  /** At least so many. */
  pictures: number;
  /** At least so many. */
  tables: number;
  /** Texts that the last cell must show. */
  texts: (runs: string) => Promise<string[]>;
  /** Numbers that the figure with this place must hold, in percent or as they are. */
  drawn?: { figure: number; numbers: (runs: string) => Promise<number[]> }[];
}

// deno-lint-ignore no-explicit-any -- files of every experiment, read without the library's own schemas
async function results(runs: string, name: string): Promise<any> {
  return JSON.parse(await Deno.readTextFile(join(runs, "notebooks", name, "results.json"))).result;
}

const percent = (value: number): string => `${value.toFixed(1)} %`;
const WAYS = ["speech2image", "image2speech"] as const;

/** Recalls of all rows at K. */
async function recalls(runs: string, name: string, k: number): Promise<number[]> {
  const { rows } = await results(runs, name);
  return rows.flatMap((row: { recall: Record<string, Record<string, number>> }) =>
    WAYS.map((way) => row.recall[way]![`R@${k}`]!)
  );
}

const SETS = ["ln-coco", "spokencoco", "flickr8k"];

async function wordErrorRates(runs: string): Promise<number[]> {
  return await Promise.all(SETS.map(async (set) => {
    const file = join(runs, "notebooks/sample/transcription", set, "transcripts.jsonl");
    const lines = await readJsonLines<{ errors: { errors: number; words: number } }>(file, () => true);
    const sum = (name: "errors" | "words") => lines.reduce((total, { errors }) => total + errors[name], 0);
    return 100 * sum("errors") / sum("words");
  }));
}

async function accuracies(runs: string): Promise<number[]> {
  const { rows } = await results(runs, "sample/ser");
  return rows.map(({ accuracy }: { accuracy: { value: number } }) => 100 * accuracy.value);
}

async function twins(runs: string): Promise<number[]> {
  const { rows } = await results(runs, "sample-tone");
  return rows.flatMap(({ scores }: { scores: { twins: Record<string, Record<string, number>> } }) =>
    WAYS.map((way) => scores.twins[way]!["R@1"]!)
  );
}

/** The notebooks by their names. */
export const EXPECTED: Record<string, Expected> = {
  "01_transcription": {
    figures: [/spectrogram/, /Word errors/],
    players: 2,
    pictures: 1,
    tables: 3,
    texts: async (runs) => (await wordErrorRates(runs)).map(percent),
    drawn: [{ figure: 1, numbers: wordErrorRates }],
  },
  "02_zero_shot_baselines": {
    figures: [/errors cost/, /answer/],
    players: 1,
    pictures: 1,
    tables: 2,
    texts: async (runs) => (await recalls(runs, "sample/zero-shot", 1)).map(percent),
    drawn: [{ figure: 0, numbers: (runs) => recalls(runs, "sample/zero-shot", 1) }],
  },
  "03_prompted_training": {
    figures: [/architecture/, /Training/, /Recall/, /gains/],
    players: 1,
    pictures: 1,
    tables: 3,
    texts: async (runs) => {
      const run = JSON.parse(await Deno.readTextFile(join(runs, "notebooks/sample/compare/full-seed-1/results.json")));
      return [...await recalls(runs, "sample/compare", 1), run.speech2image["R@1"], run.image2speech["R@1"]].map(
        percent,
      );
    },
    drawn: [{ figure: 2, numbers: (runs) => recalls(runs, "sample/compare", 5) }],
  },
  "04_ser_linear_probing": {
    figures: [/[Ss]peech emotion/, /recognized as/],
    players: 4,
    pictures: 0,
    tables: 1,
    texts: async (runs) => (await accuracies(runs)).map(percent),
    drawn: [{ figure: 0, numbers: accuracies }],
  },
  "05_wer_logistic_analysis": {
    figures: [/Recall by word error rate/, /Recall by word error rate/, /What sound adds/],
    players: 1,
    pictures: 0,
    tables: 2,
    texts: async (runs) => {
      const found = await Promise.all(["spokencoco", "ln-coco"].map((set) => results(runs, `sample/wer-${set}`)));
      return found.flatMap(({ findings }) => {
        const { hits, recordings, regression } = findings[1];
        const slope = regression.fitted
          ? `regression ${regression.fit.coefficients[1].estimate.toFixed(2)} `
          : "No regression";
        return [`${hits} of ${recordings} recordings`, slope];
      });
    },
  },
  "06_cross_dataset": {
    figures: [/another/],
    players: 2,
    pictures: 2,
    tables: 1,
    texts: async (runs) => {
      const { rows } = await results(runs, "sample/cross");
      const home = rows.filter((row: { name: string; test: string }) => row.name === row.test);
      return home.flatMap((row: { recall: Record<string, Record<string, number>> }) =>
        WAYS.map((way) => percent(row.recall[way]!["R@5"]!))
      );
    },
    drawn: [{ figure: 0, numbers: (runs) => recalls(runs, "sample/cross", 5) }],
  },
  "07_qualitative": {
    figures: [/answer/, /rest on/, /center crop/, /joint space/],
    players: 2,
    pictures: 0,
    tables: 0,
    texts: async (runs) => {
      const gallery = await results(runs, "sample/gallery"), crop = await results(runs, "sample/crop");
      const ofModels = gallery.models.map((_: unknown, m: number) =>
        `ranks ${gallery.queries.map((query: { answers: { rank: number }[] }) => query.answers[m]!.rank).join(", ")}`
      );
      const { maps } = await results(runs, "sample/attention");
      const ranks = maps.map(({ id, rank }: { id: string; rank: number }) => `${id} (rank ${rank}`);
      return [...ofModels, ...ranks, `${crop.of.notSquare} of ${crop.of.pictures} images`];
    },
  },
  "08_tone": {
    figures: [/spectrogram/, /spectrogram/, /Tone/],
    players: 4,
    pictures: 4,
    tables: 1,
    texts: async (runs) => (await twins(runs)).map(percent),
    drawn: [{ figure: 2, numbers: twins }],
  },
  "09_search": {
    figures: [/joint space/],
    players: 5,
    pictures: 20,
    tables: 1,
    texts: () => Promise.resolve(["R@1: ", "R@10: ", " of 60 recordings, 95 % interval"]),
  },
  "10_baselines": {
    figures: [/SpeechCLIP parallel/, /SpeechCLIP cascaded/, /FaST-VGS/, /ResDAVEnet/, /MILAN/, /Recall/],
    players: 0,
    pictures: 0,
    tables: 1,
    texts: async (runs) => (await recalls(runs, "sample/baselines", 1)).map(percent),
    drawn: [{ figure: 5, numbers: (runs) => recalls(runs, "sample/baselines", 5) }],
  },
};
