/**
 * A preset by its name, with what is wanted otherwise.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import { checkConfig, type RunConfig } from "./config.ts";
import { dataRootOf, PRESETS } from "./presets.ts";

/**
 * The settings of a preset, with changes. A change that is undefined changes nothing. Another `dataset` is looked for where
 * the preset looks for data of that layout, unless `dataRoot` is given too.
 *
 * @param name one of `PRESETS`, such as `"sample"` or `"flickr8k"`
 * @throws {InputError} where there is no such preset, or a change is out of range or of an unknown field.
 *
 * @example
 * ```ts
 * import { presetConfig } from "./preset_config.ts";
 * const config = presetConfig("sample", { steps: 80, variant: "pip", dataRoot: undefined });
 * if (config.steps !== 80 || config.dataRoot !== "data/sample/coco") throw new Error(JSON.stringify(config));
 * ```
 */
export function presetConfig(
  name: string,
  changes: { [Key in keyof RunConfig]?: RunConfig[Key] | undefined } = {},
): RunConfig {
  const make = Object.hasOwn(PRESETS, name) ? PRESETS[name] : undefined;
  if (make === undefined) {
    throw new InputError(
      `Cannot use the preset '${name}' as there is none: expected ${Object.keys(PRESETS).join(", ")}.`,
    );
  }
  const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
  const preset = make();
  const dataRoot = changes.dataset === undefined ? preset.dataRoot : dataRootOf(name, changes.dataset);
  return checkConfig({ ...preset, dataRoot, ...given }, `the preset '${name}' with changes`);
}
