/** `index`, `search` and `embed`: find images by text, speech or image. */
import { Argument, Command } from "commander";
import type { Split } from "../data/pair.ts";
import { DATA } from "../experiments/options.ts";
import { lazily } from "../lazily.ts";
import type { OptionSpec, OptionTable } from "../options.ts";
import { trainingOption } from "../training/options.ts";
import { addOptions, nonEmpty } from "./options.ts";

/** Which model embeds. */
export type ModelOptions = { run?: string; checkpoint?: "best" | "last"; clip?: string; whisper?: string };

/** Where an index is. */
export type PlaceOptions = { index: string; database?: string };

/** The values of the options of `index`. */
export type IndexOptions = ModelOptions & PlaceOptions & {
  images?: string | string[];
  forget?: string | string[];
  replace?: true;
  export?: string;
  import?: string;
  duplicates?: number | true;
  json?: true;
};

/** The values of the options of `search`. */
export type SearchOptions = PlaceOptions & {
  image?: string;
  top: number;
  minScore?: number;
  under?: string;
  after?: string;
  exact?: true;
  json?: true;
  open?: true;
};

/** The values of the options of `embed`. */
export type EmbedOptions = ModelOptions & {
  preset?: string;
  dataset?: string;
  dataRoot?: string | string[];
  data?: string;
  split: Split;
  limit?: number;
  format: "npy" | "jsonl" | "parquet";
  out?: string;
};

const MODEL: OptionTable<ModelOptions> = {
  run: { flags: "--run <folder>", help: "a trained run", value: { kind: "text" }, conflicts: ["clip", "whisper"] },
  checkpoint: {
    flags: "--checkpoint <name>",
    help: "the checkpoint of the run",
    value: { kind: "choice", of: ["best", "last"] },
    unset: "best",
  },
  clip: { flags: "--clip <model>", help: "a frozen CLIP: a folder, a name, or a hub id", value: { kind: "text" } },
  whisper: { flags: "--whisper <model>", help: "the Whisper that transcribes for it", value: { kind: "text" } },
};

const JSON_OUTPUT: OptionSpec = { flags: "--json", help: "print JSON", value: { kind: "switch" } };

/** Where an index is: a folder below `runs/index/`, or a table of a database. */
export const PLACE: OptionTable<PlaceOptions> = {
  index: { flags: "--index <name>", help: "the index", value: { kind: "text" }, default: "images" },
  database: {
    flags: "--database <address>",
    help: "a PostgreSQL server with pgvector, postgres://user@host/database, instead of runs/index/NAME",
    value: { kind: "text" },
    unset: "the variable BREWCLIP_DATABASE, which also permits the network",
  },
};

const INDEX: OptionTable<IndexOptions> = {
  images: {
    flags: "--images <folder>",
    help: "embed the new and changed images of this folder and its subfolders, remove vanished ones (repeatable)",
    value: { kind: "text", repeats: true },
  },
  ...MODEL,
  ...PLACE,
  replace: { flags: "--replace", help: "start over if the index is of another model", value: { kind: "switch" } },
  forget: {
    flags: "--forget <folder>",
    help: "remove the images of this folder from the index; it may be gone (repeatable)",
    value: { kind: "text", repeats: true },
  },
  import: {
    flags: "--import <file>",
    help: "add the vectors of a .npy; the .jsonl next to it has a path for each row",
    value: { kind: "text" },
  },
  export: {
    flags: "--export <file>",
    help: "write all vectors: .npy (with a .jsonl of paths), .jsonl or .parquet",
    value: { kind: "text" },
  },
  duplicates: {
    flags: "--duplicates [similarity]",
    help: "list groups of images that are at least this similar; without a value 0.97",
    value: { kind: "number", above: 0, most: 1 },
  },
  json: { ...JSON_OUTPUT, help: "print duplicates as JSON" },
};

const SEARCH: OptionTable<SearchOptions> = {
  image: { flags: "--image <file>", help: "search by this image", value: { kind: "text" } },
  top: { flags: "--top <n>", help: "the number of images", value: { kind: "whole", least: 1 }, default: 10 },
  minScore: {
    flags: "--min-score <x>",
    help: "only images with at least this score",
    value: { kind: "number", least: -1, most: 1 },
  },
  under: { flags: "--under <folder>", help: "only images below this folder", value: { kind: "text" } },
  after: {
    flags: "--after <date>",
    help: "only images modified after it, such as 2026-01-31",
    value: { kind: "text" },
  },
  exact: { flags: "--exact", help: "compare with every image, even in a large index", value: { kind: "switch" } },
  json: JSON_OUTPUT,
  open: {
    flags: "--open",
    help: "write a page with the images, runs/index/NAME/search.html",
    value: { kind: "switch" },
  },
  ...PLACE,
};

const EMBED: OptionTable<EmbedOptions> = {
  ...MODEL,
  preset: trainingOption("preset"),
  ...DATA,
  split: {
    flags: "--split <name>",
    help: "the split",
    value: { kind: "choice", of: ["train", "dev", "test"] satisfies Split[] },
    default: "test",
  },
  limit: { flags: "--limit <n>", help: "only the first n pairs", value: { kind: "whole", least: 1 } },
  format: {
    flags: "--format <name>",
    help: "the format of the files",
    value: { kind: "choice", of: ["npy", "jsonl", "parquet"] },
    default: "npy",
  },
  out: { flags: "--out <folder>", help: "where they go", value: { kind: "text" }, unset: "runs/embeddings/NAME" },
};

/** Defines `index`. */
export function indexCommand(): Command {
  const command = new Command("index").description(
    "Embed the images of a folder once, for deno task search. The next run embeds new and changed images only; a stopped or " +
      "killed one continues.",
  );
  return addOptions(command, INDEX).action(async (options: IndexOptions) => {
    const { indexFromOptions } = await lazily<typeof import("./index_action.ts")>("./index_action.ts", import.meta.url);
    await indexFromOptions(options);
  });
}

/** Defines `search`. */
export function searchCommand(): Command {
  const command = new Command("search")
    .description("Find images of an index by text, by speech, or by an image. Prints score and path, best first.")
    .addArgument(new Argument("[query]", "words, or a recording (question.m4a)").argParser(nonEmpty));
  return addOptions(command, SEARCH).action(async (query: string | undefined, options: SearchOptions) => {
    const { searchFromOptions } = await lazily<typeof import("./search_action.ts")>(
      "./search_action.ts",
      import.meta.url,
    );
    await searchFromOptions(query, options);
  });
}

/** Defines `embed`. */
export function embedCommand(): Command {
  const command = new Command("embed").description(
    "Write the embeddings of a split's images and recordings to files that other tools read.",
  );
  return addOptions(command, EMBED).action(async (options: EmbedOptions) => {
    const { embedFromOptions } = await lazily<typeof import("./embed_action.ts")>("./embed_action.ts", import.meta.url);
    await embedFromOptions(options);
  });
}
