/**
 * From the options of `train` to the config of a run.
 */
import { basename, resolve } from "@std/path";
import type { PairsName } from "../data/load_pairs.ts";
import { InputError } from "../errors.ts";
import { hash } from "../random.ts";
import { checkApplies } from "./applies.ts";
import { checkConfig, fieldOf, type RunConfig, withFields } from "./config.ts";
import { TRAINING_OPTIONS, type TrainOptions } from "./options.ts";
import type { SystemName } from "../systems/variants.ts";
import { dataRootOf, PRESETS, withModel } from "./presets.ts";
import type { TrainingField } from "./run_config.ts";

/** Options that name data, models and backend. */
export type PlaceOptions = {
  dataset?: string | undefined;
  dataRoot?: string | readonly string[] | undefined;
  data?: string | undefined;
  clip?: string | undefined;
  whisper?: string | undefined;
  language?: string | undefined;
  task?: string | undefined;
  backend?: string | undefined;
  cache?: boolean | undefined;
};

/** What a run may change when it continues: paths and backend, which do not change results. */
const MOVABLE: ReadonlySet<string> = new Set(["dataRoot", "dataRoots", "clip", "whisper", "backend", "cache"]);

/**
 * The config of a new run: a preset with the given options. The default preset is `own` for own data, else `sample`.
 *
 * @throws {InputError} if a value is out of range.
 */
export function newSettings(options: TrainOptions): RunConfig {
  const fields = given(options);
  const name = (options.preset ?? (fields.dataset === "own" ? "own" : "sample")) as keyof typeof PRESETS;
  const system = (fields.system ?? "brewclip") as SystemName;
  checkApplies(fields, system);
  const preset = PRESETS[name]();
  const config = withFields(system === "brewclip" ? preset : withModel(preset, system), fields, "the options");
  return fields.dataRoot === undefined ? { ...config, dataRoot: dataRootOf(config.preset, config.dataset) } : config;
}

/**
 * The config of a run that continues: the stored one, with the paths, the backend and the larger number of steps that the
 * options name.
 *
 * @throws {InputError} if an option differs from the stored config in anything else.
 */
export function continuedSettings(options: TrainOptions, stored: RunConfig, path: string): RunConfig {
  const fields = Object.entries(given(options)) as [TrainingField, unknown][];
  const changed = fields.filter(([field, value]) => fieldOf(stored, field) !== value);
  const longer = (field: TrainingField, value: unknown): boolean => field === "steps" && value as number > stored.steps;
  const fixed = changed.filter(([field, value]) => !MOVABLE.has(field) && !longer(field, value));
  if (fixed.length > 0) {
    const list = fixed.map(([field, value]) => `${field} is ${fieldOf(stored, field)}, the option is ${value}`);
    throw new InputError(
      `Cannot continue '${path}' with other settings: ${list.join("; ")}. Omit these options or start a new run.`,
    );
  }
  return withFields(stored, Object.fromEntries(changed), "the options");
}

/**
 * The config with which a run is evaluated: the stored one, with the data, models and backend that the options name.
 * Another published data set is looked for in the run's data folder, unless that is the preset's default.
 *
 * @throws {InputError} if a value is out of range.
 */
export function evalSettings(options: PlaceOptions, stored: RunConfig): RunConfig {
  const dataset = options.data === undefined ? (options.dataset ?? stored.dataset) as PairsName : "own";
  const sameRoot = dataset === stored.dataset ||
    ![dataset, stored.dataset].includes("own") && stored.dataRoot !== dataRootOf(stored.preset, stored.dataset);
  const { dataRoot = sameRoot ? stored.dataRoot : dataRootOf(stored.preset, dataset), ...roots } = placeOf(options);
  const { clip = stored.clip, whisper = stored.whisper, language = stored.language } = options;
  const task = (options.task ?? stored.task) as RunConfig["task"];
  const backend = (options.backend ?? stored.backend) as RunConfig["backend"];
  const cache = options.cache === false ? false : stored.cache;
  const same = dataset === stored.dataset && dataRoot === stored.dataRoot;
  const { dataFingerprint: _, dataRoots: __, ...others } = stored;
  const data = same ? stored : others; // the fingerprint and the folders belong to the run's data
  return checkConfig(
    { ...data, dataset, dataRoot, ...roots, clip, whisper, language, task, backend, cache },
    "the options",
  );
}

/**
 * Paths of the data: the list of own data and the folders of its files, or the folder of a published data set.
 *
 * @throws {InputError} if there are several folders without a table.
 */
export function placeOf(
  { data, dataRoot }: Pick<PlaceOptions, "data" | "dataRoot">,
): { dataRoot?: string; dataRoots?: string[] } {
  const roots = dataRoot === undefined ? [] : [dataRoot].flat() as string[];
  if (data !== undefined) return { dataRoot: data, ...(roots.length > 0 ? { dataRoots: roots } : {}) };
  if (roots.length > 1) {
    throw new InputError(
      `Cannot use ${roots.length} folders of --data-root ('${
        roots.join("', '")
      }') as a published data set is in one folder: several are for the files ` +
        `that --data lists.`,
    );
  }
  return roots[0] === undefined ? {} : { dataRoot: roots[0] };
}

/**
 * A name for a data set in the name of a file: its layout, and for data elsewhere than their preset looks also the name and a
 * hash of their place, so that two sets have different names.
 */
export function dataSetName({ preset, dataset, dataRoot }: Pick<RunConfig, "preset" | "dataset" | "dataRoot">): string {
  if (dataRoot === dataRootOf(preset, dataset)) return dataset;
  const stem = basename(dataRoot).replace(/\.\w+$/, "").replaceAll(/[^\w-]+/g, "_");
  return `${dataset}-${stem}-${hash(resolve(dataRoot)).toString(16).padStart(8, "0")}`;
}

/** The fields that the options set. Commander sets `cache: true` if `--no-cache` is not given, which sets none. */
function given({ data, dataRoot, ...options }: TrainOptions): { [Field in TrainingField]?: unknown } {
  const fields = Object.entries(options).filter(([name, value]) =>
    name in TRAINING_OPTIONS && value !== undefined && !(name === "cache" && value === true)
  );
  const place = placeOf({ data, dataRoot: dataRoot as PlaceOptions["dataRoot"] });
  return { ...Object.fromEntries(fields), ...place, ...(data === undefined ? {} : { dataset: "own" }) };
}
