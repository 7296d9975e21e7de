import assert from "node:assert/strict";
import { Tensor } from "@xenova/transformers";
import { Random } from "../../lib/random.ts";
import { confidenceOf, TokenScorer } from "../../lib/whisper/confidence.ts";
import { transcribeAll } from "../../lib/whisper/transcribe_all.ts";
import { formatLine, parseLine } from "../../lib/whisper/store/line.ts";
import { join } from "@std/path";
import { lengthWhisper, sourceOf, withRecordings } from "./length_whisper.ts";

Deno.test("a row's score is the sum of its tokens' log-probabilities up to its end, with what was suppressed later", () => {
  const random = new Random(4);
  const [rows, size, end] = [3, 50, 7];
  const lengths = [4, 2, 5]; // of the rows, the end included
  const scorer = new TokenScorer(rows, new Set([end]));
  const tokens: bigint[][] = [[1n], [1n], [1n]];
  const expected = [0, 0, 0];
  for (let step = 1; step <= 5; step++) {
    const logits = Float32Array.from({ length: rows * size }, () => 20 * random.normal());
    const tensor = scorer.processor(tokens, new Tensor("float32", logits, [rows, size]));
    for (let row = 0; row < rows; row++) {
      tensor.data[row * size + 3] = -Infinity; // another processor suppresses a token after this one
      const chosen = step >= lengths[row]! ? end : 10 + random.integer(40);
      const own = Array.from(tensor.data as Float32Array).slice(row * size, (row + 1) * size);
      const all = own.reduce((sum, value) => sum + Math.exp(value), 0);
      if (step <= lengths[row]!) expected[row]! += Math.log(Math.exp(own[chosen]!) / all);
      tokens[row]!.push(BigInt(chosen));
    }
  }
  scorer.count(tokens);
  assert.deepEqual(scorer.rows.map(({ tokens }) => tokens), lengths);
  scorer.rows.forEach(({ logProbability }, i) => {
    assert.ok(
      Math.abs(logProbability - expected[i]!) < 1e-4 * Math.abs(expected[i]!),
      `${logProbability}, ${expected[i]}`,
    );
  });
});

Deno.test("a confidence is stored with five digits; a line without one is read", () => {
  assert.equal(confidenceOf({ logProbability: -2, tokens: 3 }), -0.66667);
  assert.equal(Object.is(confidenceOf({ logProbability: 1e-9, tokens: 3 }), 0), true);
  const line = { file: "a", size: 1, changed: 2, content: "c", text: "t", samples: 3 };
  for (const one of [line, { ...line, confidence: -0.5 }]) assert.deepEqual(parseLine(formatLine(one)), one);
  assert.equal(parseLine(formatLine({ ...line, confidence: 0.5 })), undefined);
});

Deno.test("an old store gets confidences when they are asked for: its texts and states stay", async () => {
  await withRecordings(async (root, all) => {
    const [folder, recordings] = [join(root, "cache"), all.slice(0, 3)];
    const old = { ...lengthWhisper(), text: "old" };
    const { transcribe } = old;
    old.transcribe = async (batch, options) =>
      (await transcribe(batch, options)).map(({ logProbability: _, tokens: __, ...rest }, i) =>
        ({ ...rest, text: `old ${i}` }) as never
      );
    const before = await transcribeAll(recordings, { ...old }, { folder });
    assert.deepEqual([...before.transcripts.values()].map(({ confidence }) => confidence), [
      undefined,
      undefined,
      undefined,
    ]);
    await before.close();

    const whisper = lengthWhisper();
    const plain = await transcribeAll(recordings, sourceOf(whisper), { folder });
    assert.equal(whisper.loads, 0, "who does not ask gets the store as it is");
    await plain.close();
    const parts = () => [...Deno.readDirSync(join(folder, "whisper-length-v3"))];
    const states = () =>
      parts().filter(({ name }) => name.endsWith(".f16"))
        .reduce((sum, { name }) => sum + Deno.statSync(join(folder, "whisper-length-v3", name)).size, 0);
    const bytes = states();
    const lines: string[] = [];
    const asked = { folder, confidence: true, report: (line: string) => void lines.push(line) };
    const now = await transcribeAll(recordings, sourceOf(whisper), asked);
    assert.deepEqual([whisper.transcribed, whisper.encoded], [3, 0]);
    assert.match(
      lines.join("\n"),
      /3 stored transcripts have no confidence: they are decoded again; their texts and states stay/,
    );
    assert.match(lines.join("\n"), /nothing is stored|to transcribe: 3 recordings/);
    for (const [id, { text, confidence, seconds }] of now.transcripts) {
      assert.equal(text, before.transcripts.get(id)!.text);
      assert.equal(confidence, Number((-seconds / 4).toFixed(5)));
      assert.equal((await now.states(id)).length, 2 * now.transcripts.get(id)!.frames);
    }
    await now.close();
    assert.equal(states(), bytes, "no states are written again");

    const again = await transcribeAll(recordings, sourceOf(whisper), { ...asked, maxSeconds: 1 });
    assert.deepEqual([whisper.loads, again.newRecordings], [1, 0]);
    assert.deepEqual(again.transcripts, now.transcripts);
    await again.close();
  });
});

Deno.test("states that are added later keep a stored confidence", async () => {
  await withRecordings(async (root, recordings) => {
    const folder = join(root, "cache");
    const whisper = lengthWhisper();
    const bare = await transcribeAll(recordings.slice(0, 2), whisper, { folder, states: false });
    await bare.close();
    const full = await transcribeAll(recordings.slice(0, 2), whisper, { folder });
    assert.deepEqual([whisper.transcribed, whisper.encoded], [2, 2]);
    assert.deepEqual(full.transcripts, bare.transcripts);
    assert.equal(typeof full.transcripts.get("r0")!.confidence, "number");
    await full.close();
  });
});
