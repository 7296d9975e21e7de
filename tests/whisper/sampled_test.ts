/** Several transcripts of a recording: drawn by probability, the same in every batch, stored beside the best. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { Tensor } from "@xenova/transformers";
import { joinTexts, TokenSampler } from "../../lib/whisper/sampled.ts";
import { formatLine, parseLine, richer } from "../../lib/whisper/store/line.ts";
import { transcribeAll } from "../../lib/whisper/transcribe_all.ts";
import { loadWhisper } from "../../lib/whisper/whisper.ts";
import { lengthWhisper, sourceOf, withRecordings } from "./length_whisper.ts";
import { randomWhisper, swell } from "./random_whisper.ts";

const TEMPERATURE = 0.6;

Deno.test("tokens are drawn as often as their probabilities say, suppressed ones never, rows apart", () => {
  const logits = [1, -Infinity, 0, 2, 1.5];
  const weights = logits.map((value) => Math.exp(value / TEMPERATURE));
  const total = weights.reduce((sum, weight) => sum + weight);
  const windows = [swell(1, 0.01), swell(2, 0.01)];
  const drawn = (rows: Float32Array[], index: number, steps: number): number[][] => {
    const sampler = new TokenSampler(rows, index);
    return Array.from({ length: steps }, () => {
      const tensor = new Tensor("float32", Float32Array.from(rows.flatMap(() => logits)), [rows.length, 5]);
      const values = Array.from(sampler.processor([], tensor).data as Float32Array);
      return rows.map((_, i) => {
        const row = values.slice(5 * i, 5 * i + 5);
        const token = row.indexOf(Infinity);
        assert.deepEqual(row.map((value, t) => t === token ? logits[t] : value), logits);
        return token;
      });
    });
  };
  const [steps, both] = [4000, drawn(windows, 1, 4000)];
  for (let token = 0; token < 5; token++) {
    const share = both.filter(([first]) => first === token).length / steps;
    const expected = weights[token]! / total;
    assert.ok(Math.abs(share - expected) <= 4 * Math.sqrt(expected * (1 - expected) / steps), `${token}: ${share}`);
  }
  const alone = drawn([windows[1]!], 1, 50).flat();
  assert.deepEqual(alone, both.slice(0, 50).map(([, second]) => second));
  assert.notDeepEqual(alone, both.slice(0, 50).map(([first]) => first));
  assert.notDeepEqual(alone, drawn([windows[1]!], 2, 50).flat());
});

Deno.test("the best transcript and the states stay; the others depend on the recording alone", async () => {
  const folder = await randomWhisper();
  const clips = [0.5, 4.3, 1.3, 1.9].map((seconds, seed) => swell(seed, seconds)); // the second has three windows
  const whisper = await loadWhisper(folder, { threads: 1, together: 8 });
  const best = await whisper.transcribe(clips);
  const three = await whisper.transcribe(clips, { transcripts: 3 });
  for (const [i, { others, ...rest }] of three.entries()) {
    assert.deepEqual(rest, best[i], "bit by bit");
    assert.equal(others?.length, 2);
    assert.notEqual(others[0], others[1]);
    const [alone] = await whisper.transcribe([clips[i]!], { transcripts: 2 });
    assert.deepEqual(alone!.others, others.slice(0, 1), "in another batch, and of fewer");
  }
  await whisper.dispose();
  assert.deepEqual(joinTexts([{ text: "a", others: ["b", ""] }, { text: "", others: ["c", "d"] }]), {
    text: "a",
    others: ["b c", "d"],
  });
  assert.deepEqual(joinTexts([]), { text: "" });
});

Deno.test("a store gets further transcripts when they are asked for: texts, confidences and states stay", async () => {
  await withRecordings(async (root, all) => {
    const [folder, recordings] = [join(root, "cache"), all.slice(0, 3)];
    const whisper = lengthWhisper();
    const { transcribe } = whisper;
    whisper.transcribe = async (batch, options = {}) =>
      (await transcribe(batch, options)).map((one) => {
        const more = Array.from({ length: (options.transcripts ?? 1) - 1 }, (_, i) => `${one.text} or ${i}`);
        return more.length === 0 ? one : { ...one, text: "not stored again", others: more };
      });
    const before = await transcribeAll(recordings, whisper, { folder });
    await before.close();
    const lines: string[] = [];
    const asked = { folder, report: (line: string) => void lines.push(line) };
    const three = await transcribeAll(recordings, sourceOf(whisper), { ...asked, transcripts: 3 });
    assert.deepEqual([whisper.transcribed, whisper.encoded], [6, 0]);
    assert.match(lines.join("\n"), /3 stored transcripts lack 2 others: they are decoded again; their texts and/);
    for (const [id, { others, ...rest }] of three.transcripts) {
      assert.deepEqual(others, [0, 1].map((i) => `${rest.text} or ${i}`));
      assert.deepEqual(rest, before.transcripts.get(id));
      assert.ok((await three.states(id)).length > 0);
    }
    await three.close();

    const two = await transcribeAll(recordings, sourceOf(whisper), { folder, transcripts: 2, confidence: true });
    assert.deepEqual([two.newRecordings, two.transcripts.get("r0")!.others!.length], [0, 1]);
    await two.close();
    const plain = await transcribeAll(recordings, sourceOf(whisper), { folder });
    assert.deepEqual(plain.transcripts, before.transcripts);
    await plain.close();
    const memory = await transcribeAll(recordings, whisper, { folder, cache: false, transcripts: 2 });
    assert.equal(memory.transcripts.get("r1")!.others!.length, 1);
    await memory.close();
  });
});

Deno.test("of two lines the more transcripts count, whichever has the states", () => {
  const line = { file: "a", size: 1, changed: 2, content: "c", text: "t", samples: 3, others: ["u", ""] };
  assert.deepEqual(parseLine(formatLine(line)), line);
  const { others: _, ...bare } = { ...line, frames: 4 };
  assert.deepEqual(richer(bare, line).others, line.others);
  assert.deepEqual(richer(line, { ...bare, others: ["u"] } as typeof line), {
    ...bare,
    confidence: undefined,
    others: line.others,
  });
});
