/** The folder of a Whisper, and the store of what it transcribed. */
import { join } from "@std/path";
import { reading } from "../../../lib/files/read.ts";
import { withLayerOutputs } from "../../../lib/whisper/encoder_layers.ts";
import { framesOf } from "../../../lib/whisper/windows.ts";
import { headerOf } from "../../../lib/whisper/store/parts.ts";
import { SpeechStore } from "../../../lib/whisper/store/speech_store.ts";
import { transcribeAll } from "../../../lib/whisper/transcribe_all.ts";
import { openWhisper } from "../../../lib/whisper/whisper.ts";
import { wav } from "../../audio/wav.ts";
import { randomWhisper, swell } from "../../whisper/random_whisper.ts";
import { check, type World } from "../world.ts";

const KEY = "k", WIDTH = 4, LAYERS = 2;
const ENCODER = "onnx/encoder_model.onnx";

/** The worlds of Whisper. */
export async function worlds(root: string): Promise<World[]> {
  const model = join(root, "model"), folder = join(root, "store");
  await Deno.rename(await randomWhisper(), model);
  const store = await SpeechStore.open({ folder, key: KEY });
  const stamps = ["a.wav", "b.wav", "c.wav"].map((file, i) => ({ file, size: 100 + i, changed: 5 }));
  for (const [i, stamp] of stamps.entries()) {
    const frames = 3 + i;
    const values = new Float16Array(frames * WIDTH).fill(i);
    const line = { ...stamp, content: `${i}`.repeat(64), text: `text ${i}`, samples: frames * 320 };
    await store.add(line, { values, frames, width: WIDTH });
  }
  await store.add({ file: "d.wav", size: 1, changed: 5, content: "d", problem: "It is empty.", kind: "empty" });
  await store.release();
  store.close();
  const recordings = [1, 2].map((id) => ({ id: `${id}`, audio: join(root, `${id}.wav`) }));
  for (const { id, audio } of recordings) await Deno.writeFile(audio, wav([swell(Number(id), 1.2)], 16000));
  const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
  const lines = names.find((name) => name.endsWith(".jsonl"))!, states = names.find((name) => name.endsWith(".f16"))!;
  const graphs = (await Array.fromAsync(Deno.readDir(join(model, "onnx")))).map(({ name }) => join("onnx", name));
  const settings = ["config.json", "generation_config.json", "preprocessor_config.json", "tokenizer.json"]
    .concat("tokenizer_config.json");
  check((await Deno.readTextFile(join(folder, lines))).startsWith(headerOf(KEY)), "another header");
  return [
    {
      name: "store",
      folder,
      files: [lines, lines, states],
      async read() {
        const store = await SpeechStore.open({ folder, key: KEY });
        try {
          for (const [i, stamp] of stamps.entries()) {
            const line = store.ofStamp(stamp);
            if (line?.part === undefined) continue;
            const values = store.states(line);
            check(values.length === line.frames! * line.width!, `${values.length} values for ${line.frames} frames`);
            check(values.every((value) => value === values[0]), `the states of recording ${i} are mixed up`);
          }
        } finally {
          store.close();
        }
      },
    },
    {
      name: "graph of an encoder",
      folder: model,
      files: [ENCODER],
      named: "its encoder does not have the structure",
      async read() {
        const bytes = await reading(join(model, ENCODER), () => Deno.readFile(join(model, ENCODER))).catch(() =>
          undefined
        );
        const { names } = withLayerOutputs(bytes ?? new Uint8Array(0), LAYERS);
        check(names.length === LAYERS, `${names.length} states`);
      },
    },
    ...[["onnx", graphs], ["whisper", settings]].map(([name, files]) => ({
      name: name as string,
      folder: model,
      files: files as string[],
      async read() {
        await Deno.remove(join(root, "heard"), { recursive: true }).catch(() => {});
        const source = await openWhisper(model);
        const speech = await transcribeAll(recordings, source, { folder: join(root, "heard") });
        try {
          check(speech.transcripts.size + speech.problems.length === 2, "a recording is lost");
          for (const { id, frames, text } of speech.transcripts.values()) {
            check(typeof text === "string" && frames === framesOf(1.2 * 16000), `${frames} frames`);
            check((await speech.states(id)).length === frames * source.width, "states of another length");
          }
        } finally {
          await speech.close();
        }
      },
    })),
  ];
}
