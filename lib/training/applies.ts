/** Which options do something for which system. */
import { InputError } from "../errors.ts";
import type { SystemName } from "../systems/variants.ts";
import { TRAINING_OPTIONS } from "./options.ts";
import type { TrainingField } from "./run_config.ts";

const BREWCLIP = ["brewclip"] as const;
const SPEECHCLIP = ["speechclip-p", "speechclip-c", "speechclip-h"] as const;
const FAST_VGS = ["fast-vgs-co", "fast-vgs-ctf"] as const;

/** The systems of options that do not apply to all. */
const ONLY: { readonly [Field in TrainingField]?: readonly SystemName[] } = {
  variant: BREWCLIP,
  size: [...FAST_VGS, "resdavenet", "milan"],
  microBatch: [...BREWCLIP, "speechclip-p"],
  acousticLearningRate: BREWCLIP,
  temperatureLearningRate: [...BREWCLIP, ...SPEECHCLIP, "milan"],
  acousticWarmupSteps: BREWCLIP,
  promptSteps: BREWCLIP,
  alpha: BREWCLIP,
  loss: BREWCLIP,
  temperature: [...BREWCLIP, ...SPEECHCLIP, "milan"],
  promptLength: BREWCLIP,
  prompts: BREWCLIP,
  fusion: BREWCLIP,
  attendPadding: [...BREWCLIP, ...SPEECHCLIP, ...FAST_VGS],
  acousticLayers: BREWCLIP,
  longText: BREWCLIP,
};

/** Whether an option does something for a system. */
export function applies(field: TrainingField, system: SystemName): boolean {
  return ONLY[field]?.includes(system) ?? true;
}

/**
 * Refuses options that do nothing for a system.
 *
 * @throws {InputError} that names them.
 */
export function checkApplies(fields: { [Field in TrainingField]?: unknown }, system: SystemName): void {
  const idle = (Object.keys(fields) as TrainingField[]).filter((field) => !applies(field, system));
  if (idle.length === 0) return;
  const list = idle.map((field) =>
    `'${TRAINING_OPTIONS[field].flags?.split(" ")[0]}' is for ${ONLY[field]!.join(", ")}`
  );
  throw new InputError(`Cannot train '${system}' with options that do not apply to it: ${list.join("; ")}. Omit them.`);
}
