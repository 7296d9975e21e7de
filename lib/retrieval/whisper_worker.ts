/** The worker of a {@link WhisperThread}. */
import "../whisper/no_location.ts";
import { openRunWhisper } from "../training/run_model.ts";
import type { Encoded, EncodeOptions, Whisper, WhisperModel } from "../whisper/whisper.ts";
import { answerCalls } from "../worker_calls.ts";
import { type ModelNames, resolveSource } from "./source.ts";

/** A message to the worker: open the Whisper of a model, load it, run it on a batch, or stop. */
export type ThreadOrder =
  | { source: string | ModelNames }
  | "load"
  | { run: "transcribe" | "encode"; batch: readonly Float32Array[]; limit: EncodeOptions | undefined }
  | "stop";

/** What an open Whisper is. */
export type OpenedFacts = Omit<WhisperModel, "load">;

/** What a loaded Whisper is. */
export type LoadedFacts = Omit<Whisper, "transcribe" | "encode" | "dispose">;

/** Its answer: what was opened or loaded, or the results of a batch. */
export type ThreadAnswer = OpenedFacts | LoadedFacts | Encoded[] | undefined;

let opened: WhisperModel | undefined, whisper: Whisper | undefined;
/** What was ordered before: orders are obeyed one after the other. */
let work: Promise<unknown> = Promise.resolve();

answerCalls<ThreadOrder, ThreadAnswer>(
  (order) => {
    const answer = work.then(() => obey(order));
    work = answer.catch(() => {});
    return answer;
  },
  (answer) => Array.isArray(answer) ? answer.map(({ states }) => states.buffer) : [],
);

async function obey(order: ThreadOrder): Promise<ThreadAnswer> {
  if (order === "stop") return void await whisper?.dispose();
  if (typeof order === "object" && "run" in order) return await whisper![order.run](order.batch, order.limit);
  if (order === "load") {
    whisper = await opened!.load();
    const { transcribe: _transcribe, encode: _encode, dispose: _dispose, ...facts } = whisper;
    return facts;
  }
  const { config, near } = await resolveSource(order.source);
  opened = await openRunWhisper(config, near);
  const { load: _load, ...facts } = opened;
  return facts;
}
