import assert from "node:assert/strict";
import { join } from "@std/path";
import { z } from "zod";
import { InputError } from "../../lib/errors.ts";
import { readExperiment, readSettings, writeExperiment } from "../../lib/experiments/experiment.ts";
import { inFolder } from "../helpers.ts";

const schemas = {
  settings: z.strictObject({ seed: z.number().int() }),
  result: z.strictObject({ recall: z.number().nullable() }),
};

Deno.test("results come back as they were written, what is not known as null", async () => {
  await inFolder(async (folder) => {
    const path = await writeExperiment(
      folder,
      { experiment: "wer", settings: { seed: 3 }, result: { recall: NaN } },
      "# a table",
    );
    assert.deepEqual(await readExperiment(path, "wer", schemas), {
      format: 1,
      experiment: "wer",
      settings: { seed: 3 },
      result: { recall: null },
    });
    assert.equal(await Deno.readTextFile(join(folder, "table.md")), "# a table\n");
  });
});

Deno.test("results of another experiment, or with a faulty field, are refused by name", async () => {
  await inFolder(async (folder) => {
    const path = await writeExperiment(folder, { experiment: "wer", settings: { seed: 0.5 }, result: { x: 1 } }, "");
    const refused = (name: "wer" | "tone", message: RegExp) =>
      assert.rejects(
        readExperiment(path, name, schemas),
        (error) => error instanceof InputError && message.test(error.message),
      );
    await refused("tone", /must be the results\.json of 'tone' in format 1: it is "wer" in format 1/);
    await refused("wer", /settings\.seed: .*Mend these settings/);
    await assert.rejects(readSettings(path, "wer", schemas), /settings\.seed: /);
    await assert.rejects(readSettings(path, "tone", schemas), /must be the results\.json of 'tone'/);
    // By its settings a file can be repeated, whatever became of the rest.
    await writeExperiment(folder, { experiment: "wer", settings: { seed: 5 }, result: { x: 1 } }, "");
    assert.deepEqual(await readSettings(path, "wer", schemas), { seed: 5 });
    await refused("wer", /result\.recall: .*Repeat the experiment: deno task wer --from .*results\.json\.$/);
    await Deno.writeTextFile(path, "null");
    await refused("wer", /something else in format none/);
  });
});
