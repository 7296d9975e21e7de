/** A worker for the test of the pool: answers a number with its double, and misbehaves where it is asked to. */
const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<number | string>) => void;
  postMessage(message: unknown): void;
};

scope.onmessage = ({ data: task }) => {
  if (task === "crash") {
    setTimeout(() => {
      throw new Error("broke down");
    });
  } else if (task === "hang") { while (true); }
  else if (task === "error") scope.postMessage({ error: "a fault of the program" });
  else if (task !== "wait") scope.postMessage({ answer: 2 * Number(task) });
};
scope.postMessage("ready");
