/** The Whisper of a model in a thread of its own. */
import type { Encoded, Transcribed, Whisper, WhisperModel } from "../whisper/whisper.ts";
import { WorkerCalls } from "../worker_calls.ts";
import type { ModelNames } from "./source.ts";
import type { LoadedFacts, OpenedFacts, ThreadAnswer, ThreadOrder } from "./whisper_worker.ts";

/** A thread that starts at once, in which a Whisper is loaded and run while the caller's thread does other things. */
export class WhisperThread implements AsyncDisposable {
  readonly #calls = new WorkerCalls<ThreadOrder, ThreadAnswer>(import.meta.resolve("./whisper_worker.ts"));
  #end: Promise<void> | undefined;

  /**
   * Opens the Whisper of a run or of frozen models, and loads it at once. Disposing of it ends the thread.
   *
   * @throws {InputError} if the run or the Whisper is missing or damaged.
   */
  async open(source: string | ModelNames): Promise<WhisperModel> {
    const opened = this.#calls.ask({ source }) as Promise<OpenedFacts>;
    const loaded = this.#load();
    loaded.catch(() => {}); // thrown by `load`
    return { ...await opened, load: () => loaded };
  }

  async #load(): Promise<Whisper> {
    const facts = await this.#calls.ask("load") as LoadedFacts;
    return {
      ...facts,
      transcribe: async (batch, limit) => await this.#calls.ask({ run: "transcribe", batch, limit }) as Transcribed[],
      encode: async (batch, limit) => await this.#calls.ask({ run: "encode", batch, limit }) as Encoded[],
      dispose: () => this[Symbol.asyncDispose](),
    };
  }

  /** Ends the thread after what it is doing: if it ended inside the native library, the process would crash. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#end ??= this.#calls.ask("stop").catch(() => {}).then(() => this.#calls.end());
  }
}
