/**
 * Reads damaged files in a process of its own: `reader_child.ts audio|image SEED RUNS FILE...`. Prints the number of each
 * case before it is read, and at the end what came of all. Anything but a result or an InputError ends the process.
 */
import fc from "fast-check";
import { AudioError, decodeAudio } from "../../lib/audio/read_audio.ts";
import { ImageError, inspectImage } from "../../lib/image/decode_image.ts";
import { damage, damaged } from "./mutation.ts";
import { peakMemory } from "./peak_memory.ts";

/** What came of all cases. */
export interface Summary {
  /** How many were read, and how many refused by each problem. */
  outcomes: Record<string, number>;
  /** Milliseconds of the slowest case, and which it was. */
  slowest: { milliseconds: number; index: number };
  /** Largest memory of the process, in MB; 0 where the system does not tell. */
  peak: number;
}

async function outcome(kind: string, content: Uint8Array): Promise<string> {
  try {
    if (kind === "image") await inspectImage(content, "damaged");
    else {
      const samples = await decodeAudio(content, "damaged");
      if (!samples.every((value) => Number.isFinite(value))) {
        throw new Error("samples that are no numbers came through");
      }
    }
    return "read";
  } catch (error) {
    if (error instanceof AudioError || error instanceof ImageError) return error.problem;
    throw error;
  }
}

if (import.meta.main) {
  const [kind = "audio", seed = "1", runs = "100", ...names] = Deno.args;
  const files = await Promise.all(names.map((name) => Deno.readFile(name)));
  const summary: Summary = { outcomes: {}, slowest: { milliseconds: 0, index: -1 }, peak: 0 };
  console.warn = console.error = () => {}; // decoders complain of what they meet
  const damages = Number(runs) === 0 ? [] : fc.sample(damage, { seed: Number(seed), numRuns: Number(runs) });
  const contents = [...files.map((file) => () => file), ...damages.map((one) => () => damaged(one, files))];
  let index = -files.length; // the files themselves come first
  for (const content of contents) {
    console.log(`case ${index}`);
    const begun = performance.now();
    const word = await outcome(kind, content());
    const milliseconds = performance.now() - begun;
    if (milliseconds > summary.slowest.milliseconds) summary.slowest = { milliseconds, index };
    summary.outcomes[word] = (summary.outcomes[word] ?? 0) + 1;
    index++;
  }
  summary.peak = peakMemory();
  console.log(JSON.stringify(summary));
}
