/** `data`: fetches models and data sets, and checks data sets. The only command that may open any address. */
import { Argument, Command } from "commander";
import { lazily } from "../lazily.ts";
import { DATA_SOURCE_NAMES } from "../hub/data_sources.ts";
import { nonEmpty, parserOf, wholeNumber } from "./options.ts";

/** The parsed options of `data model`. */
export interface DataModelOptions {
  revision?: string;
}

/** The parsed options of `data get`. */
export interface DataGetOptions {
  fetch?: boolean;
  to?: string;
  mirror?: string;
  copies?: boolean;
  only?: string[];
}

/** The parsed options of `data check`. */
export interface DataCheckOptions {
  dataRoot?: string[];
  data?: string;
  workers?: number;
}

/** The data sets that can be checked. A test compares them with the library's. */
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
      "Fetch a CLIP or Whisper into the Hugging Face cache; a stopped download continues. Without a name: list the models " +
        "with a short name. HF_HOME, HF_HUB_CACHE, HF_TOKEN and HF_ENDPOINT are respected.",
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
    .description("Show where a data set is published, its license, size, files and folders; --fetch fetches the files.")
    .addArgument(new Argument("<name>", "the data set").choices(DATA_SOURCE_NAMES))
    .option("--fetch", "fetch the files that may be fetched; a stopped download continues")
    .option("--to <folder>", "where they go (default: data/flickr8k, data/coco or data/ravdess)", nonEmpty)
    .option("--only <files>", "only these files, comma-separated", parserOf({ kind: "names" }))
    .option("--copies", "also fetch copies that are not the authors'")
    .option("--mirror <address>", "fetch the files by their names from this address", nonEmpty)
    .action(async (name: string, options: DataGetOptions) => {
      const { getFromOptions } = await lazily<typeof import("./data_action.ts")>("./data_action.ts", import.meta.url);
      exit(await getFromOptions(name, options));
    });
}

function checkCommand(): Command {
  return new Command("check")
    .description("Inspect every file of a data set: counts, hours, missing and damaged files. No network.")
    .addArgument(new Argument("<name>", "the data set").choices(CHECKED_NAMES))
    .option(
      "--data-root <folder>",
      "the data set's folder; with 'own' a folder that the listed files may be in (repeatable)",
      (folder: string, others: string[] | undefined) => [...others ?? [], nonEmpty(folder)],
    )
    .option("--data <file>", "with 'own': the JSON-lines or CSV file of your pairs", nonEmpty)
    .option("--workers <n>", "files that are inspected at once (default: one per core)", wholeNumber(1))
    .action(async (name: string, options: DataCheckOptions) => {
      await Deno.permissions.revoke({ name: "net" });
      const { checkFromOptions } = await lazily<typeof import("./data_action.ts")>("./data_action.ts", import.meta.url);
      await checkFromOptions(name, options);
    });
}
