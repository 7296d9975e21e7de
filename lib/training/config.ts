/**
 * The config of a run: a typed object that is made by a function, validated once and stored with the run.
 */
import { z } from "zod";
import { InputError, messageOf } from "../errors.ts";
import { readJson } from "../files/read.ts";
import type { OptionKind } from "../options.ts";
import { systemNameOf } from "../systems/variants.ts";
import { TRAINING_OPTIONS, type TrainingOption } from "./options.ts";
import type { RunConfig, TrainingField } from "./run_config.ts";

export type { RunConfig };

/** The schema that the table of options defines; the fields of the acoustic branch form a nested object. */
function configSchema(): z.ZodType<RunConfig> {
  const fields = Object.entries(TRAINING_OPTIONS).map(([name, option]) => [name, fieldSchema(option)] as const);
  const acoustic = fields.filter(([name]) => name.startsWith("acoustic."))
    .map(([name, field]) => [name.slice("acoustic.".length), field]);
  return z.strictObject({
    ...Object.fromEntries(fields.filter(([name]) => !name.startsWith("acoustic."))),
    acoustic: z.strictObject(Object.fromEntries(acoustic)),
  }) as z.ZodType as z.ZodType<RunConfig>;
}

function fieldSchema({ value, stored, nullable, later, paper }: TrainingOption): z.ZodType {
  let schema = kindSchema(stored ?? value);
  if (nullable) schema = schema.nullable();
  return !later ? schema : paper === undefined ? schema.optional() : schema.default(paper);
}

function kindSchema(value: OptionKind): z.ZodType {
  switch (value.kind) {
    case "switch":
      return z.boolean();
    case "whole":
      return z.number().int().min(value.least);
    case "number": {
      const { least = -Infinity, most = Infinity, above = -Infinity } = value;
      return z.number().min(least).max(most).gt(above);
    }
    case "choice":
      return z.enum([...value.of]);
    case "names":
      return z.array(value.of === undefined ? z.string().min(1) : z.enum([...value.of]));
    case "text":
      return z.string().min(1);
  }
}

const schema = configSchema();

/**
 * Checks every field of a config. Fields that earlier versions did not have may be missing.
 *
 * @param source where the config comes from, for the message: a path or "the options".
 * @throws {InputError} one line that names every field that is missing, unknown or out of range.
 */
export function checkConfig(value: unknown, source: string): RunConfig {
  const result = schema.safeParse(value);
  if (result.success) {
    const { system, variant } = result.data;
    if (systemNameOf(variant) === system) return result.data;
    throw new InputError(
      `Cannot use the config of ${source}: variant '${variant}' is not one of system '${system}'. Correct one of them.`,
    );
  }
  const faults = result.error.issues.map((issue) => `${issue.path.join(".") || "the config"}: ${issue.message}`);
  throw new InputError(`Cannot use the config of ${source}: ${faults.join("; ")}. Correct or remove these fields.`);
}

/** A schema for configs inside other files. */
export const configPart: z.ZodType<RunConfig> = z.unknown().transform((value, context) => {
  try {
    return checkConfig(value, "its settings");
  } catch (error) {
    context.addIssue({ code: "custom", message: messageOf(error) });
    return z.NEVER;
  }
});

/**
 * Reads a stored `config.json`.
 *
 * @throws {InputError} if the file is missing, is not JSON, or is not a config.
 */
export async function readConfig(path: string): Promise<RunConfig> {
  return checkConfig(await readJson(path), `'${path}'`);
}

/** The value of a field. `acoustic.x` names field `x` of the acoustic branch. */
export function fieldOf(config: RunConfig, field: TrainingField): unknown {
  const [name, part] = field.split(".") as [keyof RunConfig, string?];
  return part === undefined ? config[name] : (config[name] as Record<string, unknown>)[part];
}

/**
 * A config with some fields changed.
 *
 * @param source where the changes come from, for the message of {@link checkConfig}.
 * @throws {InputError} if a value is out of range.
 */
export function withFields(
  config: RunConfig,
  fields: { [Field in TrainingField]?: unknown },
  source: string,
): RunConfig {
  const changed: Record<string, unknown> = { ...config, acoustic: { ...config.acoustic } };
  for (const [field, value] of Object.entries(fields)) {
    const [name, part] = field.split(".") as [string, string?];
    if (part === undefined) changed[name] = value;
    else (changed[name] as Record<string, unknown>)[part] = value;
  }
  return checkConfig(changed, source);
}

/** Settings that say where things are and how a run is watched, not what is computed. */
const PLACES: ReadonlySet<string> = new Set<keyof RunConfig>([
  "dataRoot",
  "dataRoots",
  "dataFingerprint",
  "clip",
  "whisper",
  "backend",
  "evaluateEvery",
  "saveEvery",
  "preset",
  "cache",
]);

/** The settings in which two runs would compute something else, each as `NAME is X, wanted Y`. */
export function differences(stored: RunConfig, wanted: RunConfig): string[] {
  const names = [...new Set([...Object.keys(stored), ...Object.keys(wanted)])] as (keyof RunConfig)[];
  return names.flatMap((name) => {
    const [is, should] = [stored[name], wanted[name]].map((value) => JSON.stringify(value));
    return PLACES.has(name) || is === should ? [] : [`${name} is ${is}, wanted ${should}`];
  });
}
