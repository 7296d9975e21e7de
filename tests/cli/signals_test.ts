/** SIGINT and SIGTERM end a command that does not stop by itself. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { temporaryFolder } from "../temporary.ts";
import { ROOT } from "./run.ts";

const script = (work: string): string =>
  `import { onInterrupt } from "${new URL("../../lib/cli/interrupt.ts", import.meta.url).href}";
onInterrupt(() => console.log("stopping"), "stopped; the same command continues");
addEventListener("unload", () => console.log("cleaned"));
await new Promise((done) => setTimeout(done, 1000)); // until the worker listens
console.log("ready");
${work};`;

/** A job that waits, and one in a computation that lets no other code run. */
const JOBS = {
  waiting: script("await new Promise((done) => setTimeout(done, 60_000))"),
  computing: script("Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000)"),
};

/** Starts a job that ignores its signal; sends signals at the given milliseconds after the first. */
async function stopped(job: keyof typeof JOBS, signal: Deno.Signal, later: readonly number[]) {
  const path = join(await temporaryFolder(), "job.ts");
  await Deno.writeTextFile(path, JOBS[job]);
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "--no-prompt", "--no-check", "--config", join(ROOT, "deno.json"), "--allow-read", path],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("ready")) text += (await output.read()).value;
  const start = performance.now();
  child.kill(signal);
  for (const at of later) setTimeout(() => child.kill(signal), at);
  for (let part; !(part = await output.read()).done;) text += part.value;
  const error = await child.stderr.text();
  return { code: (await child.status).code, text, error, seconds: (performance.now() - start) / 1000 };
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test({
    name: `${signal} ends a job within 5 seconds, in a computation too, and a second one at once`,
    ignore: Deno.build.os === "windows",
  }, async () => {
    const [once, twice, echoed, deaf, deafTwice] = await Promise.all([
      stopped("waiting", signal, []),
      stopped("waiting", signal, [600]),
      stopped("waiting", signal, [5]),
      stopped("computing", signal, []),
      stopped("computing", signal, [600]),
    ]);
    for (const end of [once, twice, echoed, deaf, deafTwice]) assert.equal(end.code, 130);
    for (const end of [once, twice, echoed]) assert.match(end.text, /stopping\n[^]*cleaned/);
    for (const end of [once, echoed, deaf]) {
      assert.match(end.error, /^stopped; the same command continues$/m);
      assert.ok(end.seconds > 3 && end.seconds < 5.5, `${end.seconds} s`); // the copies of one Ctrl-C are one
    }
    for (const end of [twice, deafTwice]) assert.ok(end.seconds < 2, `${end.seconds} s`);
  });
}
