import { Random } from "../../lib/random.ts";
import { WhisperVocabulary, writeWhisperDirectory } from "../../data/generator/whisper_directory.ts";
import { randomWhisperWeights } from "../../data/generator/whisper_model.ts";
import { temporaryFolder } from "../temporary.ts";

/** Writes a very small Whisper of random weights and a 2 s window into a fresh temporary folder. */
export async function randomWhisper(seed = 1): Promise<string> {
  const vocabulary = new WhisperVocabulary(["a dog runs on the beach", "a cat sits in the snow"], 20);
  const size = {
    mels: 80,
    width: 32,
    heads: 2,
    feedForward: 64,
    encoderLayers: 2,
    decoderLayers: 2,
    windowSeconds: 2,
    maxTokens: 24,
    vocabulary: vocabulary.size,
  };
  const values = randomWhisperWeights(size, new Random(seed));
  // Louder cross-attention than a training starts from: transcripts that differ from recording to recording.
  for (const [name, weight] of values) {
    const gain = /encoder_attn\.(v|out)_proj\.weight/.test(name) ? 8 : name.includes("embed_positions") ? 30 : 1;
    weight.forEach((value, i) => weight[i] = gain * value);
  }
  const folder = await temporaryFolder("brewclip-whisper-");
  await writeWhisperDirectory(folder, { values, size, vocabulary });
  return folder;
}

/** Noise that swells and fades, different for each seed. */
export function swell(seed: number, seconds: number): Float32Array {
  const random = new Random(seed);
  const speed = random.uniform(200, 4000);
  return new Float32Array(Math.round(16000 * seconds)).map((_, i) => 0.2 * random.normal() * Math.sin(i / speed));
}
