/** A worker for the test of the pool: answers a number with its double, and misbehaves where it is asked to. */
import { answerCalls } from "../../lib/worker_calls.ts";

const never = new Promise<never>(() => {});

answerCalls<number | string | null, number | null>((task) => {
  if (task === "crash") {
    setTimeout(() => {
      throw new Error("broke down");
    });
    return never;
  }
  if (task === "hang") { while (true); }
  if (task === "error") throw new Error("a fault of the program");
  if (task === "wait") return never;
  return task === null ? null : 2 * Number(task);
});
