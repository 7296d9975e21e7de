/**
 * A real Whisper, in the folder that BREWCLIP_WHISPER names, against the transcripts of transformers. BREWCLIP_CAPTIONS names
 * the JSON lines of `audio`, `text` and a transcript under the name of the model's folder; recordings are next to it.
 */
import assert from "node:assert/strict";
import { basename, dirname, join } from "@std/path";
import { readAudio } from "../../lib/audio/read_audio.ts";
import { bareWords } from "../../lib/text/normalize.ts";
import { wordErrors } from "../../lib/text/word_errors.ts";
import { loadWhisper } from "../../lib/whisper/whisper.ts";

const folder = Deno.env.get("BREWCLIP_WHISPER"), captions = Deno.env.get("BREWCLIP_CAPTIONS");
const set = folder !== undefined && captions !== undefined;
if (!set) console.log("The test on a real Whisper is skipped: BREWCLIP_WHISPER and BREWCLIP_CAPTIONS are not set.");

Deno.test({
  name: "a real Whisper writes what transformers writes",
  ignore: !set,
  async fn() {
    const lines = (await Deno.readTextFile(captions!)).trim().split("\n").map((line) => JSON.parse(line));
    const whisper = await loadWhisper(folder!);
    let same = 0, errors = 0, words = 0, lost = 0;
    for (let at = 0; at < lines.length; at += 8) {
      const part = lines.slice(at, at + 8);
      const recordings = await Promise.all(part.map(({ audio }) => readAudio(join(dirname(captions!), audio))));
      for (const [i, { text }] of (await whisper.transcribe(recordings)).entries()) {
        const { text: spoken, [basename(folder!)]: reference } = part[i];
        if (text === reference.trim()) same++;
        const [ours, theirs] = [text, reference].map((found) => wordErrors(bareWords(spoken), bareWords(found)));
        errors += ours!.errors;
        words += ours!.words;
        lost += ours!.errors - theirs!.errors;
      }
    }
    await whisper.dispose();
    console.log(`${same} of ${lines.length} transcripts are the same; WER ${(100 * errors / words).toFixed(2)} %`);
    assert.ok(same >= 0.95 * lines.length, "decoders of MP3 differ a little, and so do a few transcripts");
    assert.ok(lost <= 0.002 * words, `${lost} word errors more than transformers`);
  },
});
