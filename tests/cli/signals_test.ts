/** SIGINT and SIGTERM end a command that does not stop by itself. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { temporaryFolder } from "../temporary.ts";
import { ROOT } from "./run.ts";

const SCRIPT = `import { onInterrupt } from "${new URL("../../lib/cli/run_command.ts", import.meta.url).href}";
onInterrupt(() => console.log("stopping"), "stopped; the same command continues");
addEventListener("unload", () => console.log("cleaned"));
console.log("ready");
await new Promise((done) => setTimeout(done, 60_000));`;

/** Starts a job that ignores its signal; sends signals at the given milliseconds after the first. */
async function stopped(signal: Deno.Signal, later: readonly number[]) {
  const script = join(await temporaryFolder(), "job.ts");
  await Deno.writeTextFile(script, SCRIPT);
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "--no-prompt", "--no-check", "--config", join(ROOT, "deno.json"), "-A", script],
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
    name: `${signal} ends a job within 5 seconds, and a second one at once`,
    ignore: Deno.build.os === "windows",
  }, async () => {
    const [once, twice, echoed] = await Promise.all([
      stopped(signal, []),
      stopped(signal, [600]),
      stopped(signal, [5]),
    ]);
    for (const end of [once, twice, echoed]) {
      assert.equal(end.code, 130);
      assert.match(end.text, /stopping\n[^]*cleaned/);
    }
    assert.ok(once.seconds > 3 && once.seconds < 5.5, `${once.seconds} s`);
    assert.match(once.error, /^stopped; the same command continues$/m);
    assert.ok(twice.seconds < 2, `${twice.seconds} s`);
    assert.ok(echoed.seconds > 3, "the terminal's and deno task's copy of one Ctrl-C are one");
  });
}
