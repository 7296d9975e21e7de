/**
 * What a result is of: data, seeds, models.
 *
 * @module
 */
import type { RunConfig } from "../../training/config.ts";
import { type DataOrigin, originKey, originOf } from "./data_origin.ts";
import type { ReportFile } from "./report_file.ts";

/** What is told beside a result. */
export interface Facts {
  /** The data that it is tested on. */
  data: DataOrigin[];
  /** Seeds of what was trained; none where nothing was. */
  seeds: number[];
  /** What tells it from another result of the same experiment and data: the variant, where there is one. */
  model: string;
}

/** Data, seeds and model of a result. */
export function factsOf(file: ReportFile): Facts {
  switch (file.experiment) {
    case "train":
      return { data: [dataOf(file.settings)], seeds: [file.settings.seed], model: file.settings.variant };
    case "zero-shot":
      return { data: different(file.settings.configs.map(dataOf)), seeds: [], model: "" };
    case "compare":
      return { data: [dataOf(file.settings.config)], seeds: file.settings.seeds, model: "" };
    case "cross": {
      const { models } = file.settings;
      return {
        data: different(models.map(({ config }) => dataOf(config))),
        seeds: [...new Set(models.map(({ config }) => config.seed))],
        model: [...new Set(models.map(({ config }) => config.variant))].join(" "),
      };
    }
    case "ablate": {
      const [first] = file.settings.models;
      return { data: [dataOf(first!.config)], seeds: file.settings.seeds, model: first!.config.variant };
    }
    case "ser": {
      const { data: { dataset, dataRoot }, encoders, seeds } = file.settings;
      const trained = encoders.every(({ trained }) => trained);
      return { data: [originOf(dataset, dataRoot)], seeds, model: trained ? "" : "untrained" };
    }
    case "tone":
      return { data: [dataOf(file.settings.config)], seeds: file.settings.seeds, model: "" };
    case "wer": {
      const { settings } = file;
      if (settings.source === "table") return { data: [originOf("own", settings.table)], seeds: [], model: "table" };
      return ofModel(settings);
    }
    case "gallery":
      return ofModel(file.settings.models[0]!);
    case "space":
      return ofModel(file.settings.models.at(-1)!);
    case "attention":
    case "crop":
      return ofModel(file.settings.model);
  }
}

function ofModel({ config, run }: { config: RunConfig; run: { config: RunConfig } | null }): Facts {
  return { data: [dataOf(config)], seeds: run === null ? [] : [run.config.seed], model: config.variant };
}

function dataOf({ dataset, dataRoot, maxPictures }: RunConfig): DataOrigin {
  return originOf(dataset, dataRoot, maxPictures);
}

function different(data: readonly DataOrigin[]): DataOrigin[] {
  const kept = new Map<string, DataOrigin>();
  for (const origin of data) if (!kept.has(originKey(origin))) kept.set(originKey(origin), origin);
  return [...kept.values()];
}
