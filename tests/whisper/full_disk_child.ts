/** Transcribes the recordings of a folder into a store with large states; prints the result as JSON. */
import { join } from "@std/path";
import { InputError } from "../../lib/errors.ts";
import { transcribeAll } from "../../lib/whisper/transcribe_all.ts";
import { lengthWhisper } from "./length_whisper.ts";

const [root = "", folder = ""] = Deno.args;
const recordings = Array.from(
  { length: 11 },
  (_, i) => ({ id: `r${i}`, audio: join(root, `r${i}.wav`), seconds: 1e-3 }),
);
const whisper = lengthWhisper();
const { transcribe } = whisper;
const WIDTH = 2000;
whisper.transcribe = async (batch, options) =>
  (await transcribe(batch, options)).map((result, i) => {
    const states = new Float32Array(result.frames * WIDTH).fill(batch[i]!.length / 16000);
    return { ...result, states, width: WIDTH };
  });
try {
  const speech = await transcribeAll(recordings, whisper, { folder, batchSize: 2 });
  let right = 0;
  for (const [id, { frames, seconds }] of speech.transcripts) {
    const states = await speech.states(id);
    if (states.length === frames * WIDTH && states.every((value) => Math.abs(value - seconds) < 1e-3)) right++;
  }
  console.log(JSON.stringify({ newRecordings: speech.newRecordings, right }));
  await speech.close();
} catch (error) {
  if (!(error instanceof InputError)) throw error;
  console.log(JSON.stringify({ message: error.message }));
}
