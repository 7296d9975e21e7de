/**
 * Schemas of settings that the retrieval experiments have in common.
 *
 * @module
 */
import { z } from "zod";
import { configPart } from "../../training/config.ts";

/** Seeds, at least one. */
export const seedsPart: z.ZodType<number[]> = z.array(z.number().int().min(0)).min(1);

/** Models by name, at least one. */
export const modelsPart = z.array(z.strictObject({ name: z.string().min(1), config: configPart })).min(1);
