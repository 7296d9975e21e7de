import assert from "node:assert/strict";
import { join } from "@std/path";
import { InputError } from "../../lib/errors.ts";
import { openSafetensors, type TensorToWrite, writeSafetensors } from "../../lib/files/safetensors.ts";
import { presetConfig } from "../../lib/training/presets.ts";
import { type Checkpoint, type Identity, readCheckpoint, writeCheckpoint } from "../../lib/training/checkpoint.ts";
import { fingerprint } from "../../lib/files/fingerprint.ts";
import { temporaryFolder } from "../temporary.ts";

const identity: Identity = {
  variant: "pip",
  clip: "00ff",
  whisper: "w",
  shapes: { "prompts.text": [2, 3], log_temperature: [] },
};

function checkpoint(): Checkpoint {
  const tensors = (scale: number) =>
    new Map([
      ["prompts.text", { shape: [2, 3], data: Float32Array.from([1, 2, 3, 1e-30, -0, 1 / 3], (x) => x * scale) }],
      ["log_temperature", { shape: [], data: Float32Array.of(-2.6 * scale) }],
    ]);
  const moments = new Map([...tensors(0.1)].map(([name, tensor]) => [`m.${name}`, tensor]));
  const best = { step: 20, score: 31.25 };
  return { step: 25, seed: 9, batches: { epoch: 2, batch: 1 }, best, parameters: tensors(1), moments };
}

Deno.test("a checkpoint comes back bit for bit", async () => {
  const path = join(await temporaryFolder(), "checkpoints", "last.safetensors");
  await writeCheckpoint(path, checkpoint(), identity);
  const back = await readCheckpoint(path, identity);
  assert.deepEqual(back, checkpoint());
});

Deno.test("a checkpoint of another variant, CLIP or shape is one clear error", async () => {
  const path = join(await temporaryFolder(), "last.safetensors");
  await writeCheckpoint(path, checkpoint(), identity);
  const cases: [Partial<Identity>, RegExp][] = [
    [{ variant: "full" }, /variant 'pip', expected 'full'/],
    [{ whisper: "x" }, /Whisper 'w', expected 'x'/],
    [{ clip: "1234" }, /CLIP with fingerprint 00ff, expected 1234/],
    [
      { shapes: { ...identity.shapes, "prompts.text": [4, 3] } },
      /'prompts.text' is of shape \[2,3\], expected \[4,3\]/,
    ],
    [{ shapes: { ...identity.shapes, "acoustic.cls": [1, 3] } }, /'acoustic.cls' is missing/],
    [{ shapes: { "prompts.text": [2, 3] } }, /'log_temperature' is extra/],
  ];
  for (const [change, message] of cases) {
    await assert.rejects(readCheckpoint(path, { ...identity, ...change }), (error: unknown) => {
      assert.ok(error instanceof InputError);
      assert.match(error.message, message);
      return true;
    });
  }
});

Deno.test("files that are no checkpoints are refused", async () => {
  const folder = await temporaryFolder();
  await assert.rejects(readCheckpoint(join(folder, "none.safetensors"), identity), /does not exist/);
  const foreign = join(folder, "foreign.safetensors");
  await writeSafetensors(foreign, checkpoint().parameters);
  await assert.rejects(readCheckpoint(foreign, identity), /another program wrote it/);
  await Deno.writeTextFile(foreign, "no tensors");
  await assert.rejects(readCheckpoint(foreign, identity), InputError);
});

Deno.test("a model's fingerprint differs from another model's and ignores other files", async () => {
  const folder = await temporaryFolder();
  await assert.rejects(fingerprint(folder), InputError);
  await assert.rejects(fingerprint(join(folder, "none")), /is no folder/);
  const weights = new Uint8Array(1_000_000).fill(7);
  await Deno.writeFile(join(folder, "model.safetensors"), weights);
  await Deno.writeTextFile(join(folder, "config.json"), "{}");
  const first = await fingerprint(folder);
  assert.match(first, /^[0-9a-f]{16}$/);
  await Deno.writeTextFile(join(folder, "README.md"), "notes");
  assert.equal(await fingerprint(folder), first);
  weights[0] = 8;
  await Deno.writeFile(join(folder, "model.safetensors"), weights);
  assert.notEqual(await fingerprint(folder), first);
});

Deno.test("a flipped bit anywhere in a checkpoint is an error that names the file, or changes nothing", async () => {
  const path = join(await temporaryFolder(), "last.safetensors");
  await writeCheckpoint(path, checkpoint(), identity);
  const bytes = await Deno.readFile(path);
  let refused = 0;
  for (let bit = 0; bit < 8 * bytes.length; bit += 3) { // every byte, in two or three of its bits
    const flipped = bytes.slice();
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    await Deno.writeFile(path, flipped);
    try {
      assert.deepEqual(await readCheckpoint(path, identity), checkpoint(), `bit ${bit}`);
    } catch (error) {
      assert.ok(error instanceof InputError && error.message.includes(path), `bit ${bit}: ${error}`);
      refused++;
    }
  }
  assert.ok(refused > 0.9 * 8 * bytes.length / 3, `${refused} refused of ${8 * bytes.length / 3}`);
  const zeroed = bytes.slice();
  zeroed.fill(0, -24);
  await Deno.writeFile(path, zeroed);
  await assert.rejects(readCheckpoint(path, identity), /tensor 'm\.|tensor 'optimizer\.m\./);
});

Deno.test("a checkpoint without checksums, as earlier versions wrote it, is still read", async () => {
  const path = join(await temporaryFolder(), "last.safetensors");
  await writeCheckpoint(path, checkpoint(), identity);
  const { metadata, entries, read } = await openSafetensors(path);
  const tensors = new Map<string, TensorToWrite>();
  for (const name of entries.keys()) tensors.set(name, await read(name));
  await writeSafetensors(path, tensors, { metadata: { brewclip: metadata["brewclip"]! } });
  assert.deepEqual(await readCheckpoint(path, identity), checkpoint());
});

Deno.test("a run continues only from a checkpoint of its own seed, schedule, data and settings", async () => {
  const path = join(await temporaryFolder(), "last.safetensors");
  const config = { ...presetConfig("sample"), seed: 9 };
  const own = { ...identity, config, data: "pairs 01, splits 02, files 03" };
  await writeCheckpoint(path, checkpoint(), own);
  await readCheckpoint(path, own);
  await readCheckpoint(path, { ...own, config: { ...config, steps: config.steps + 10, clip: "elsewhere" } });
  await readCheckpoint(path, { ...identity, data: "pairs 09, splits 09, files 09" }); // to evaluate it on other data
  const cases: [Partial<Identity>, RegExp][] = [
    [{ config: { ...config, seed: 10 } }, /seed is 9, wanted 10/],
    [{ config: { ...config, learningRate: 1 } }, /learningRate is .*, wanted 1/],
    [{ config: { ...config, warmupSteps: 1 } }, /warmupSteps/],
    [{ config: { ...config, steps: 1 } }, /steps is .*, wanted 1/],
    [{ config: { ...config, batchSize: 3 } }, /batchSize/],
    [{ data: "pairs 09, splits 02, files 03" }, /the pairs of the data differ/],
  ];
  for (const [change, message] of cases) await assert.rejects(readCheckpoint(path, { ...own, ...change }), message);
  await writeCheckpoint(path, checkpoint(), identity); // of an earlier version
  await assert.rejects(readCheckpoint(path, { ...own, config: { ...config, seed: 10 } }), /seed is 9, wanted 10/);
});
