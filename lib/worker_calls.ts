/**
 * Questions to a worker and its answers.
 *
 * @module
 */
import { InputError, messageOf } from "./errors.ts";

/** A question with its number. */
interface Question<Ask> {
  number: number;
  ask: Ask;
}

/** The answer to the question of that number, or why there is none. */
type Reply<Answer> = { number: number; answer: Answer } | { number: number; error: string; input: boolean };

/** A worker that answers; made with {@link answerCalls}. It keeps the process alive until it is ended. */
export class WorkerCalls<Ask, Answer> {
  readonly #worker: Worker;
  readonly #open = new Map<number, PromiseWithResolvers<Answer>>();
  #count = 0;
  #failure: Error | undefined;

  /** Starts the worker. `module` is its address, as `import.meta.resolve` gives it. */
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
      this.#failure = new Error(`A worker failed: ${event.message}`);
      for (const { reject } of this.#open.values()) reject(this.#failure);
      this.#open.clear();
    };
  }

  /**
   * Asks. Questions are begun in their order; their answers may come in another. A failure is an InputError where it was one
   * in the worker. A question that is open when the worker is ended is never answered.
   */
  ask(ask: Ask): Promise<Answer> {
    if (this.#failure) return Promise.reject(this.#failure);
    const question = Promise.withResolvers<Answer>();
    const number = this.#count++;
    this.#open.set(number, question);
    this.#worker.postMessage({ number, ask } satisfies Question<Ask>);
    return question.promise;
  }

  /** Ends the worker. */
  end(): void {
    this.#worker.terminate();
  }
}

/**
 * Answers the questions of {@link WorkerCalls}; called once in the worker's module.
 *
 * @param answer the answer to a question; several may be on their way at a time
 * @param moved what of an answer is moved rather than copied
 */
export function answerCalls<Ask, Answer>(
  answer: (ask: Ask) => Answer | Promise<Answer>,
  moved: (answer: Answer) => ArrayBufferLike[],
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
