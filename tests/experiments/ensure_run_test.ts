/** A run belongs to the data that it was trained on. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { InputError } from "../../lib/errors.ts";
import { fingerprintData, loadData } from "../../lib/experiments/pairs.ts";
import { silent } from "../../lib/experiments/report.ts";
import { ensureRun } from "../../lib/experiments/train_run.ts";
import { presetConfig } from "../../lib/training/presets.ts";
import { createRun } from "../../lib/training/run_folder.ts";
import { withFiles } from "../data/files.ts";

const HEAD = "image,audio,text,split\n";
const PAIRS = ["train", "dev", "test"].map((split) => `${split}.jpg,${split}.wav,a cat,${split}\n`);

/** Stores a run that was trained on the pairs, changes the data, and asks for the same run again. */
async function refused(change: (root: string) => Promise<void>, parts: string): Promise<void> {
  const files = Object.fromEntries(["train", "dev", "test"].flatMap((split) => [
    [`${split}.jpg`, `image of ${split}`],
    [`${split}.wav`, `sound of ${split}`],
  ]));
  await withFiles({ ...files, "pairs.csv": HEAD + PAIRS.join("") }, async (root) => {
    const config = presetConfig("own", { dataRoot: join(root, "pairs.csv") });
    const dataFingerprint = await fingerprintData(config, await loadData(config));
    const { config: file } = await createRun(join(root, "run"), { ...config, dataFingerprint });
    const stored = await Deno.readTextFile(file);
    await change(root);
    await assert.rejects(ensureRun(config, join(root, "run"), { report: silent }), (error) => {
      assert.ok(error instanceof InputError);
      assert.ok(error.message.includes(`'${join(root, "run")}'`), error.message);
      assert.ok(error.message.includes(`started with other data: the ${parts} of 'own'`), error.message);
      assert.match(error.message, /or start a new run: another --out\.$/);
      return true;
    });
    assert.equal(await Deno.readTextFile(file), stored);
    assert.deepEqual((await Array.fromAsync(Deno.readDir(join(root, "run")))).map(({ name }) => name), ["config.json"]);
  });
}

Deno.test("ensureRun refuses a run of other pairs, splits or files, and leaves it as it is", async () => {
  const edit = (from: string, to: string) => async (root: string) => {
    const table = await Deno.readTextFile(join(root, "pairs.csv"));
    await Deno.writeTextFile(join(root, "pairs.csv"), table.replace(from, to));
  };
  await refused(edit("train.wav,a cat", "train.wav,a dog"), "pairs");
  await refused(edit("a cat,dev", "a cat,train"), "splits");
  await refused((root) => Deno.writeTextFile(join(root, "test.wav"), "another sound"), "files");
});
