/**
 * Compares a real Whisper with transformers. BREWCLIP_WHISPER names the model's folder. BREWCLIP_CAPTIONS names JSON lines of
 * `audio`, `text` and the transcript of transformers under the name of the model's folder; the recordings are in the same
 * folder. Default `captions.jsonl` of `../shared/data/spoken-captions`, if it exists.
 */
import assert from "node:assert/strict";
import { basename, dirname, join } from "@std/path";
import { readAudio } from "../../lib/audio/read_audio.ts";
import { exists } from "../../lib/files/read.ts";
import { bareWords } from "../../lib/text/normalize.ts";
import { wordErrors } from "../../lib/text/word_errors.ts";
import { loadWhisper } from "../../lib/whisper/whisper.ts";

const folder = Deno.env.get("BREWCLIP_WHISPER") ?? "";
const captions = Deno.env.get("BREWCLIP_CAPTIONS") ?? "../shared/data/spoken-captions/captions.jsonl";
const missing = folder === "" ? "BREWCLIP_WHISPER is not set" : await exists(captions) ? "" : `there is no ${captions}`;
if (missing !== "") console.log(`The test on a real Whisper is skipped: ${missing}.`);

Deno.test({
  name: "a real Whisper writes what transformers writes",
  ignore: missing !== "",
  async fn() {
    const lines = (await Deno.readTextFile(captions)).trim().split("\n").map((line) => JSON.parse(line));
    const whisper = await loadWhisper(folder);
    let same = 0, errors = 0, words = 0, lost = 0;
    for (let at = 0; at < lines.length; at += 8) {
      const part = lines.slice(at, at + 8);
      const recordings = await Promise.all(part.map(({ audio }) => readAudio(join(dirname(captions), audio))));
      for (const [i, { text }] of (await whisper.transcribe(recordings)).entries()) {
        const { text: spoken, [basename(folder)]: reference } = part[i];
        if (text === reference.trim()) same++;
        const [ours, theirs] = [text, reference].map((found) => wordErrors(bareWords(spoken), bareWords(found)));
        errors += ours!.errors;
        words += ours!.words;
        lost += ours!.errors - theirs!.errors;
      }
    }
    await whisper.dispose();
    console.log(`${same} of ${lines.length} transcripts are the same; WER ${(100 * errors / words).toFixed(2)} %`);
    assert.ok(same >= 0.95 * lines.length, "MP3 decoders differ a little, which changes a few transcripts");
    assert.ok(lost <= 0.002 * words, `${lost} word errors more than transformers`);
  },
});
