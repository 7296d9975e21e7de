import assert from "node:assert/strict";
import { Command } from "commander";
import { addOptions } from "../../lib/cli/options.ts";
import { trainCommand } from "../../lib/cli/train.ts";
import { InputError } from "../../lib/errors.ts";
import { checkConfig, fieldOf, withFields } from "../../lib/training/config.ts";
import { TRAINING_OPTIONS, trainOptions } from "../../lib/training/options.ts";
import type { TrainingField } from "../../lib/training/run_config.ts";
import { own, sample } from "../../lib/training/presets.ts";
import { checkGenerated, markdownTable } from "../option_docs.ts";

/** What is not stored in a config: how this run is started. */
const OF_THE_RUN = ["data", "out", "resume", "dryRun", "stopAfter"];

Deno.test("every option in the help is in the schema and the documentation", async () => {
  const command = trainCommand([]);
  const help = command.helpInformation();
  const documentation = await Deno.readTextFile(new URL("../../lib/training/README.md", import.meta.url));
  const fields = new Set(Object.keys(TRAINING_OPTIONS));
  for (const option of command.options) {
    assert.ok(help.includes(option.flags), option.flags);
    assert.ok(documentation.includes(`\`${option.flags}\``), option.flags);
    const field = option.attributeName();
    if (OF_THE_RUN.includes(field)) continue;
    assert.ok(fields.has(field), field);
    const value = fieldOf(sample(), field as TrainingField); // undefined if configs need not have it
    const config = withFields(sample(), value === undefined ? {} : { [field]: value }, "a test");
    assert.deepEqual(config, sample());
    assert.throws(() => withFields(sample(), { [field]: { wrong: true } }, "a test"), new RegExp(`${field}: `));
  }
  for (const { flags } of Object.values(TRAINING_OPTIONS)) {
    assert.ok(flags === undefined || help.includes(flags), String(flags));
  }
});

Deno.test("the documentation of the options is made from their table", async () => {
  const options = trainOptions();
  const rows = [
    ...Object.keys(options),
    ...Object.keys(TRAINING_OPTIONS).filter((field) => !(field in options)),
  ].map((field) => {
    const row = TRAINING_OPTIONS[field as TrainingField] ?? options[field]!;
    const choices = row.value.kind === "choice" ? `: ${row.value.of.map((one) => `\`${one}\``).join(", ")}` : "";
    const flags = row.flags === undefined ? "" : `\`${row.flags}\``;
    return [flags, OF_THE_RUN.includes(field) ? "" : `\`${field}\``, row.help + choices, valueOf(field, row.unset)];
  });
  await checkGenerated(
    "lib/training/README.md",
    "training options",
    markdownTable([["option", "field of the config", "what it says", "preset"], ...rows]),
  );
});

/** The value of the paper's setting, and of the sample if it differs. */
function valueOf(field: string, unset?: string): string {
  if (OF_THE_RUN.includes(field) || ["preset", "dataset", "dataRoot"].includes(field)) return unset ?? "";
  const [paper, small] = [own(), sample()].map((config) => fieldOf(config, field as TrainingField) ?? unset ?? "");
  return paper === small ? String(paper) : `${paper}; sample: ${small}`;
}

Deno.test("a new row of the table is an option, a field and its check", () => {
  const layers = { flags: "--acoustic-layers <n>", help: "layers", value: { kind: "whole", least: 1 } } as const;
  const command = addOptions(new Command("try").exitOverride().configureOutput({ writeErr() {} }), {
    "acoustic.layers": layers,
  });
  command.parse(["--acoustic-layers", "2"], { from: "user" });
  assert.deepEqual(command.opts(), { "acoustic.layers": 2 });
  assert.throws(() => command.parse(["--acoustic-layers", "0"], { from: "user" }), /at least 1/);
  const changed = withFields(sample(), { "acoustic.heads": 2, steps: 3 }, "a test");
  assert.deepEqual(changed, { ...sample(), steps: 3, acoustic: { ...sample().acoustic, heads: 2 } });
  assert.throws(() => withFields(sample(), { "acoustic.layers": 2 } as object, "a test"), InputError);
  assert.equal(checkConfig({ ...sample(), steps: 0 }, "a test").steps, 0, "an evaluation has no steps");
});
