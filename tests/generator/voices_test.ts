import assert from "node:assert/strict";
import { Random } from "../../lib/random.ts";
import { runTool } from "../../data/generator/processes.ts";
import { heldOutVoices, randomManner, trainVoices, VOICES } from "../../data/generator/synthesize.ts";
import { spokenTest } from "./spoken.ts";

Deno.test("every voice has its own name, and none is both in pretraining and held out", () => {
  const names = VOICES.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  assert.equal(names.length, trainVoices.length + heldOutVoices.length);
  const trained = new Set(trainVoices.map(({ variant }) => variant));
  assert.deepEqual(heldOutVoices.filter(({ variant }) => trained.has(variant)), []);
  assert.equal(trainVoices.length, 7 * 13);
});

Deno.test("random manners stay within the requested rates and repeat with the seed", () => {
  const random = new Random(4), again = new Random(4);
  for (let i = 0; i < 300; i++) {
    const manner = randomManner(trainVoices, random, [150, 160]);
    assert.ok(manner.rate >= 150 && manner.rate <= 160 && manner.pitch >= 0 && manner.pitch <= 99);
    assert.deepEqual(manner, randomManner(trainVoices, again, [150, 160]));
  }
});

spokenTest("every accent and every variant speaks, each differently", async () => {
  const first = VOICES[0]!;
  const tried = VOICES.filter(({ accent, variant }) => accent === first.accent || variant === first.variant);
  const spoken = new Set<string>();
  for (const voice of tried) {
    const text = "a large flower and a small cup in the center by the door";
    const bytes = await runTool("espeak-ng", ["-v", voice.name, "-z", "--stdout", text]);
    assert.ok(bytes.length > 22050, `${voice.name} says ${bytes.length} bytes`);
    spoken.add(new Uint8Array(await crypto.subtle.digest("SHA-1", bytes)).join());
  }
  assert.equal(spoken.size, tried.length);
});
