import assert from "node:assert/strict";
import { type DataFacts, effective } from "../../lib/experiments/ablate_run.ts";
import type { RunConfig } from "../../lib/training/config.ts";
import { sample } from "../../lib/training/presets.ts";

const matters: DataFacts = { square: false, grouped: true, longestText: 90, positions: 77, longestAudio: 30 };

/** Which of the changes make a difference in a variant and on data. */
function effects(changes: Partial<RunConfig>, variant: RunConfig["variant"], facts: Partial<DataFacts>): string[] {
  const base = { ...sample(), variant };
  return Object.entries(changes).flatMap(([field, value]) => {
    const left = effective({ ...base, [field]: value }, base, { ...matters, ...facts });
    return JSON.stringify(left) === JSON.stringify(base) ? [] : [field];
  });
}

const changes: Partial<RunConfig> = {
  alpha: 0,
  promptLength: 8,
  prompts: "separate",
  attendPadding: true,
  fusion: "gated",
  imageFit: "pad",
  temperature: "fixed",
  longText: "windows",
  transcripts: 3,
  audioSeconds: 10,
  groupBatches: false,
  queue: 64,
  acousticLayers: "all",
};

Deno.test("every setting matters to the full model on long texts, long recordings, groups and oblong images", () => {
  assert.deepEqual(effects(changes, "full", {}), Object.keys(changes));
});

Deno.test("a setting of data that there are none of cannot matter", () => {
  const without = (...fields: string[]) => Object.keys(changes).filter((field) => !fields.includes(field));
  assert.deepEqual(effects(changes, "full", { square: true }), without("imageFit"));
  assert.deepEqual(effects(changes, "full", { grouped: false }), without("groupBatches"));
  assert.deepEqual(effects(changes, "full", { longestText: 40 }), without("longText"));
  assert.deepEqual(effects(changes, "full", { longestAudio: 9.9 }), without("audioSeconds"));
  // 71 words fit next to 4 prompts, but not next to 8.
  const prompts = { longText: "windows", promptLength: 8 } as const;
  const base = sample();
  assert.equal(effective({ ...base, ...prompts }, base, { ...matters, longestText: 71 }).longText, "windows");
  assert.equal(effective({ ...base, longText: "windows" }, base, { ...matters, longestText: 71 }).longText, "truncate");
});

Deno.test("a setting of a branch that the variant lacks cannot matter", () => {
  assert.deepEqual(effects(changes, "pip", {}), [
    "promptLength",
    "prompts",
    "imageFit",
    "temperature",
    "longText",
    "transcripts",
    "groupBatches",
    "queue",
  ]);
  assert.deepEqual(effects(changes, "e2e", {}), [
    "promptLength",
    "prompts",
    "attendPadding",
    "imageFit",
    "temperature",
    "audioSeconds",
    "groupBatches",
    "queue",
    "acousticLayers",
  ]);
  assert.deepEqual(effects({ queue: 64 }, "full", {}), ["queue"]);
  const sigmoid = { ...sample(), loss: "sigmoid" as const };
  assert.deepEqual(effective({ ...sigmoid, queue: 64 }, sigmoid, matters), sigmoid);
});
