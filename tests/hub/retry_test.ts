import assert from "node:assert/strict";
import { BrokenOff, HttpError, retrying } from "../../lib/hub/retry.ts";

/** Fails as often as it is told to. */
function failing(errors: Error[]): { action: () => Promise<string>; tries: () => number } {
  let tries = 0;
  const action = (): Promise<string> => {
    const error = errors[tries++];
    return error === undefined ? Promise.resolve("done") : Promise.reject(error);
  };
  return { action, tries: () => tries };
}

const broken = new BrokenOff("broken");

Deno.test("waits double, and the last error is thrown when tries are used up", async () => {
  const lines: string[] = [];
  const { action, tries } = failing(Array(9).fill(broken));
  await assert.rejects(retrying(action, { pause: 10, attempts: 4, tell: (line) => lines.push(line) }), broken);
  assert.equal(tries(), 4);
  const waits = lines.map((line) => /^broken; trying again in ([\d.]+) s$/.exec(line)?.[1]);
  assert.deepEqual(waits, ["0.01", "0.02", "0.04"]);
});

Deno.test("a server's wish to wait is honoured, up to half a minute", async () => {
  const lines: string[] = [];
  const { action } = failing([new HttpError(429, "u", 0.05)]);
  assert.equal(await retrying(action, { pause: 1, tell: (line) => lines.push(line) }), "done");
  assert.deepEqual(lines, ["'u' answers 429; trying again in 0.05 s"]);
  const controller = new AbortController();
  const long = failing([new HttpError(503, "u", 3600)]);
  const tell = (line: string): void => {
    assert.match(line, /again in 30 s/);
    controller.abort(new Error("enough"));
  };
  await assert.rejects(retrying(long.action, { signal: controller.signal, tell }), /enough/);
});

Deno.test("tries are counted anew after each that came further", async () => {
  let done = 0;
  const action = (): Promise<string> => ++done < 20 ? Promise.reject(broken) : Promise.resolve("done");
  assert.equal(await retrying(action, { pause: 1, attempts: 2 }, () => done), "done");
});

Deno.test("what cannot pass is thrown at once", async () => {
  for (const error of [new HttpError(404, "u"), new HttpError(401, "u"), new Error("a fault"), new RangeError("x")]) {
    const { action, tries } = failing([error]);
    await assert.rejects(retrying(action, { pause: 1 }), error);
    assert.equal(tries(), 1);
  }
});
