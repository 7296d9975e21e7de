/** Calls to a worker. */
import { InputError, messageOf } from "./errors.ts";

/** A numbered question. */
interface Question<Ask> {
  number: number;
  ask: Ask;
}

/** The answer to the question of that number, or an error. */
type Reply<Answer> = { number: number; answer: Answer } | { number: number; error: string; input: boolean };

/** A worker that cannot be loaded, or that failed outside of its answers. */
export class WorkerFailure extends Error {}

/** A worker that uses {@link answerCalls}. It keeps the process alive until it is ended. */
export class WorkerCalls<Ask, Answer> {
  readonly #worker: Worker;
  readonly #open = new Map<number, PromiseWithResolvers<Answer>>();
  #count = 0;
  #failure: WorkerFailure | undefined;

  /** Starts the worker at the URL `module`. */
  constructor(module: string) {
    this.#worker = new Worker(module, { type: "module" });
    this.#worker.onmessage = ({ data }: MessageEvent<Reply<Answer>>) => {
      const question = this.#open.get(data.number);
      this.#open.delete(data.number);
      if ("answer" in data) question?.resolve(data.answer);
      else question?.reject(data.input ? new InputError(data.error) : new Error(data.error));
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#failure = new WorkerFailure(`A worker failed: ${event.message}`);
      for (const { reject } of this.#open.values()) reject(this.#failure);
      this.#open.clear();
    };
  }

  /**
   * Asks a question. Questions are started in order, but may be answered in another order. An InputError in the worker is one
   * here too. A question that is open when the worker is ended is never answered.
   */
  ask(ask: Ask): Promise<Answer> {
    if (this.#failure) return Promise.reject(this.#failure);
    const question = Promise.withResolvers<Answer>();
    const number = this.#count++;
    this.#open.set(number, question);
    this.#worker.postMessage({ number, ask } satisfies Question<Ask>);
    return question.promise;
  }

  end(): void {
    this.#worker.terminate();
  }
}

/**
 * Answers the questions of {@link WorkerCalls}. Called once in the worker's module.
 *
 * @param answer computes an answer; several may be computed at a time
 * @param moved the buffers of an answer that are moved, not copied. Default: none
 */
export function answerCalls<Ask, Answer>(
  answer: (ask: Ask) => Answer | Promise<Answer>,
  moved: (answer: Answer) => ArrayBufferLike[] = () => [],
): void {
  const scope = globalThis as unknown as {
    onmessage: (event: MessageEvent<Question<Ask>>) => void;
    postMessage(reply: Reply<Answer>, moved: Transferable[]): void;
  };
  scope.onmessage = async ({ data: { number, ask } }) => {
    try {
      const made = await answer(ask);
      scope.postMessage({ number, answer: made }, moved(made) as ArrayBuffer[]);
    } catch (error) {
      scope.postMessage({ number, error: messageOf(error), input: error instanceof InputError }, []);
    }
  };
}
