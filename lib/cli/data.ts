/**
 * `data`: models and data sets fetched and checked. The only command that may open the network.
 *
 * @module
 */
import { Argument, Command } from "commander";
import { lazily } from "../lazily.ts";
import { DATA_SOURCE_NAMES } from "../hub/data_sources.ts";
import { nonEmpty, parserOf, wholeNumber } from "./options.ts";

/** The options of `data model` as commander gives them. */
export interface DataModelOptions {
  revision?: string;
}

/** The options of `data get` as commander gives them. */
export interface DataGetOptions {
  fetch?: boolean;
  to?: string;
  mirror?: string;
  copies?: boolean;
  only?: string[];
}

/** The options of `data check` as commander gives them. */
export interface DataCheckOptions {
  /** The data set's folder. Default: `data/flickr8k`, `data/coco` or `data/ravdess`. With `own`: where its files may be. */
  dataRoot?: string[];
  /** With `own`: the JSON-lines or CSV file. */
  data?: string;
  /** Files that are decoded at once. Default: the number of cores. */
  workers?: number;
}

/** The data sets that can be checked; a test holds them equal to the library's. */
export const CHECKED_NAMES: readonly string[] = [...DATA_SOURCE_NAMES, "own"];

/** Defines the command with its sub-commands. */
export function dataCommand(exit: (code: number) => void): Command {
  return new Command("data")
    .description("Fetch models and data sets, and check a data set.")
    .helpCommand(false)
    .addCommand(modelCommand())
    .addCommand(getCommand(exit))
    .addCommand(checkCommand());
}

function modelCommand(): Command {
  return new Command("model")
    .description(
      "Fetch a CLIP or Whisper into the Hugging Face cache; stopped, it continues. Without a name: list those with a " +
        "short name. HF_HOME, HF_HUB_CACHE, HF_TOKEN and HF_ENDPOINT are honoured.",
    )
    .argument("[name]", "clip-vit-large-patch14, whisper-base, ... or ORGANISATION/NAME on the hub", nonEmpty)
    .option("--revision <ref>", "a tag, a commit, or refs/pr/N (default: main)", nonEmpty)
    .action(async (name: string | undefined, options: DataModelOptions) => {
      const { modelFromOptions } = await lazily<typeof import("./data_action.ts")>("./data_action.ts", import.meta.url);
      await modelFromOptions(name, options);
    });
}

function getCommand(exit: (code: number) => void): Command {
  return new Command("get")
    .description("Tell where a data set is published, its license, size, files and folders; --fetch fetches the files.")
    .addArgument(new Argument("<name>", "the data set").choices(DATA_SOURCE_NAMES))
    .option("--fetch", "fetch the files that may be fetched; stopped, it continues")
    .option("--to <folder>", "where they go (default: data/flickr8k, data/coco or data/ravdess)", nonEmpty)
    .option("--only <files>", "some of the files, by name, with commas between them", parserOf({ kind: "names" }))
    .option("--copies", "also fetch copies that others than the authors offer")
    .option("--mirror <address>", "take the files, by their names, from this address instead", nonEmpty)
    .action(async (name: string, options: DataGetOptions) => {
      const { getFromOptions } = await lazily<typeof import("./data_action.ts")>("./data_action.ts", import.meta.url);
      exit(await getFromOptions(name, options));
    });
}

function checkCommand(): Command {
  return new Command("check")
    .description("Look into every file of a data set: counts, hours, what is missing or damaged. No network.")
    .addArgument(new Argument("<name>", "the data set").choices(CHECKED_NAMES))
    .option(
      "--data-root <folder>",
      "the data set's folder; with 'own' a folder that the listed files may be in (repeatable)",
      (folder: string, others: string[] | undefined) => [...others ?? [], nonEmpty(folder)],
    )
    .option("--data <file>", "with 'own': the JSON-lines or CSV file of your pairs", nonEmpty)
    .option("--workers <n>", "files that are looked into at once (default: one a core)", wholeNumber(1))
    .action(async (name: string, options: DataCheckOptions) => {
      await Deno.permissions.revoke({ name: "net" });
      const { checkFromOptions } = await lazily<typeof import("./data_action.ts")>("./data_action.ts", import.meta.url);
      await checkFromOptions(name, options);
    });
}
