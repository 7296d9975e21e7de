import assert from "node:assert/strict";
import { join } from "@std/path";
import { readAudio } from "../../lib/audio/read_audio.ts";
import { loadPairs } from "../../lib/data/load_pairs.ts";
import { exists } from "../../lib/files/read.ts";
import { silent } from "../../lib/experiments/report.ts";
import { transcribeSplit } from "../../lib/experiments/transcribe_split.ts";
import { presetConfig } from "../../lib/training/presets.ts";
import { readJsonLines } from "../../lib/files/json_lines.ts";
import { loadWhisper } from "../../lib/whisper/whisper.ts";
import { ROOT } from "../cli/run.ts";
import { inFolder } from "../helpers.ts";

const whisperFolder = join(ROOT, "data/models/whisper-tiny-sample");
const bundled = await exists(join(whisperFolder, "onnx/decoder_model_merged.onnx"));

Deno.test({
  name: "a split is transcribed once, as Whisper transcribes it; errors are those of its texts",
  ignore: !bundled,
  fn: async () => {
    await inFolder(async (folder) => {
      const before = Deno.cwd();
      try {
        Deno.chdir(folder); // transcripts are stored in runs/ of the working directory
        const dataRoot = join(ROOT, "data/sample/flickr8k");
        const config = presetConfig("sample-flickr8k", { dataRoot, whisper: whisperFolder, maxPictures: 2 });
        const told: string[] = [];
        const report = { ...silent, line: (text: string) => void told.push(text) };
        const found = await transcribeSplit(config, "out", { report });
        assert.match(told.join("\n"), /transcribed 10 recordings, 10 of them now/);

        const tested = (await loadPairs("flickr8k", dataRoot)).filter(({ split }) => split === "test").slice(0, 10);
        assert.deepEqual(found.recordings.map(({ id }) => id), tested.map(({ id }) => id));
        assert.deepEqual(found.recordings.map(({ reference }) => reference), tested.map(({ text }) => text));
        const whisper = await loadWhisper(whisperFolder);
        const transcribed = await whisper.transcribe(await Promise.all(tested.map(({ audio }) => readAudio(audio))));
        await whisper.dispose();
        assert.deepEqual(found.recordings.map(({ transcript }) => transcript), transcribed.map(({ text }) => text));
        const errors = found.recordings.reduce((sum, one) => sum + one.errors.errors, 0);
        const words = tested.reduce((sum, { text }) => sum + text.split(/\s+/).length, 0);
        assert.equal(found.corpus.words, words, "the captions have no word that the normaliser changes into two");
        assert.equal(found.corpus.wer, errors / words);

        const again = await transcribeSplit(config, "out", { report });
        assert.match(told.at(-1)!, /transcribed 10 recordings, 0 of them now/);
        assert.deepEqual(again, found);
        assert.deepEqual(
          await readJsonLines("out/transcripts.jsonl", () => true),
          JSON.parse(JSON.stringify(found.recordings)),
        );
      } finally {
        Deno.chdir(before);
      }
    });
  },
});
