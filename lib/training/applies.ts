/** Which options do something for which system. */
import { InputError } from "../errors.ts";
import type { Fusion } from "../systems/acoustic_config.ts";
import { type SystemName, transcriptsRead, type Variant, VARIANTS } from "../systems/variants.ts";
import { TRAINING_OPTIONS } from "./options.ts";
import type { TrainingField } from "./run_config.ts";

const BREWCLIP = ["brewclip"] as const;
const SPEECHCLIP = ["speechclip-p", "speechclip-c", "speechclip-h", "speechclip-h-parallel"] as const;
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
  queue: [...BREWCLIP, "speechclip-p", "speechclip-c"],
  temperature: [...BREWCLIP, ...SPEECHCLIP, "milan"],
  promptLength: BREWCLIP,
  prompts: BREWCLIP,
  fusion: BREWCLIP,
  attendPadding: [...BREWCLIP, ...SPEECHCLIP, ...FAST_VGS],
  acousticLayers: BREWCLIP,
  longText: BREWCLIP,
  transcripts: BREWCLIP,
};

/** Whether an option does something for a system. */
export function applies(field: TrainingField, system: SystemName): boolean {
  return ONLY[field]?.includes(system) ?? true;
}

/**
 * Refuses options that do nothing for a system, or for its variant.
 *
 * @throws {InputError} that names them.
 */
export function checkApplies(fields: { [Field in TrainingField]?: unknown }, system: SystemName): void {
  const { fusion = "sum", variant = "full", transcripts = 1, queue, loss } = fields as
    & { fusion?: Fusion; variant?: Variant; transcripts?: number }
    & typeof fields;
  const { text, acoustic, trained } = VARIANTS[variant] ?? VARIANTS.full; // the config's check refuses an unknown one
  if (system === "brewclip" && fusion !== "sum" && !(text && acoustic)) {
    throw new InputError(
      `Cannot train '${variant}' with --fusion ${fusion} as it weighs transcript and sound: only 'full' has both. Omit it.`,
    );
  }
  if (
    system === "brewclip" && Object.hasOwn(VARIANTS, variant) && transcriptsRead(variant, transcripts) !== transcripts
  ) {
    throw new InputError(
      `Cannot use '${variant}' with --transcripts ${transcripts} as it reads ${
        text ? "written captions" : "no transcripts"
      }: 'full', 'pip' and 'pip-zero-shot' read transcripts. Omit it.`,
    );
  }
  if (queue !== undefined && (loss === "sigmoid" || !trained)) {
    throw new InputError(
      `Cannot use --queue ${queue} as ${
        trained ? "the sigmoid loss asks of each pair alone whether it matches" : `'${variant}' is not trained`
      }: a queue is for InfoNCE. Omit it.`,
    );
  }
  const idle = (Object.keys(fields) as TrainingField[]).filter((field) => !applies(field, system));
  if (idle.length === 0) return;
  const list = idle.map((field) =>
    `'${TRAINING_OPTIONS[field].flags?.split(" ")[0]}' is for ${ONLY[field]!.join(", ")}`
  );
  throw new InputError(`Cannot train '${system}' with options that do not apply to it: ${list.join("; ")}. Omit them.`);
}
