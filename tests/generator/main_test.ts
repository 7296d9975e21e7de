import assert from "node:assert/strict";
import { join } from "@std/path";
import { readJson } from "../../lib/files/read.ts";
import { STAGES } from "../../data/generator/sample.ts";
import { ROOT } from "../cli/run.ts";

Deno.test("deno task sample runs the generator, whose help names every option and stage", async () => {
  const { tasks } = await readJson(join(ROOT, "deno.json")) as { tasks: Record<string, { command: string }> };
  assert.match(tasks["sample"]?.command ?? "", /deno run -q --no-prompt -P=sample data\/generator\/main\.ts/);
  const { code, stdout } = await generator("--help");
  assert.equal(code, 0);
  for (const option of ["stages", "seed", "out", "work", "backend"]) assert.match(stdout, new RegExp(`--${option} <`));
  assert.ok(stdout.replaceAll(/\s+/g, "").includes(STAGES.join(",")));
});

Deno.test("deno task sample refuses an unknown stage in one line with exit code 2", async () => {
  const { code, stdout, stderr } = await generator("--stages", "corpora,paint");
  assert.equal(code, 2);
  assert.equal(stdout, "");
  assert.match(stderr, /^error: [^\n]*'paint' is not a stage[^\n]*\n$/);
});

async function generator(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "--no-prompt", "-P=sample", "data/generator/main.ts", ...args],
    cwd: ROOT,
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
  });
  const { code, stdout, stderr } = await command.output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}
