/**
 * Emotion clips as an encoder takes them.
 *
 * @module
 */
import type { EmotionClip } from "../../data/pair.ts";
import { VARIANTS } from "../../systems/variants.ts";
import type { Example } from "../../training/examples.ts";
import type { Report } from "../report.ts";
import { augmentedClips } from "./augmented_clips.ts";
import { hearClips } from "./emotion_clips.ts";
import type { OpenEncoder } from "./open_encoder.ts";
import type { SerData, SerEncoder } from "./ser_results.ts";

/** Clips that were heard; disposing of them closes the store of states. */
export interface PreparedClips extends AsyncDisposable {
  /** By id, without those that cannot be used. */
  examples: Map<string, Example>;
  /** What the text branch reads, by id. */
  transcripts: Map<string, string>;
  /** So many changed copies of each of the clips with these ids, made when they are first asked for. */
  changed(ids: readonly string[], copies: number): Promise<Example[]>;
}

/** Hears clips (or takes what is stored) and makes their texts rows of the text tower. */
export async function preparedClips(
  clips: readonly EmotionClip[],
  { rows, whisper }: Pick<OpenEncoder, "rows" | "whisper">,
  { config }: Pick<SerEncoder, "config">,
  { transcript: which }: Pick<SerData, "transcript">,
  options: { folder: string; report: Report; signal?: AbortSignal | undefined },
): Promise<PreparedClips> {
  const heard = await hearClips(clips, whisper, { ...options, maxSeconds: config.audioSeconds });
  const { text, acoustic } = VARIANTS[config.variant];
  const examples = new Map<string, Example>();
  const transcripts = new Map<string, string>();
  for (const { id, statement } of clips) {
    const transcript = heard.transcripts.get(id);
    if (transcript === undefined) continue;
    const said = which === "known" ? statement : transcript.text;
    let states: Promise<Float32Array> | undefined; // read from the store once
    transcripts.set(id, said);
    examples.set(id, {
      id,
      imageId: id,
      image: "",
      texts: text ? rows(said) : undefined,
      states: acoustic
        ? { frames: transcript.frames, width: heard.width, values: () => states ??= heard.states(id) }
        : undefined,
    });
  }
  const made = new Map<string, Example[]>();
  const audioOf = new Map(clips.map(({ id, audio }) => [id, audio]));
  return {
    examples,
    transcripts,
    async changed(ids, copies) {
      if (copies === 0) return [];
      const open = ids.filter((id) => made.get(id)?.length !== copies);
      if (open.length > 0) {
        const asked = open.map((id) => ({ example: examples.get(id)!, audio: audioOf.get(id)! }));
        const job = { copies, seed: 1, maxSeconds: config.audioSeconds, ...options };
        const found = await augmentedClips(asked, whisper, job);
        open.forEach((id, place) => made.set(id, found.slice(place * copies, (place + 1) * copies)));
      }
      return ids.flatMap((id) => made.get(id)!);
    },
    [Symbol.asyncDispose]: () => heard.close(),
  };
}
