/** What needs no network has none, and says what to do where a model is not there. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { downloadModel } from "../../lib/hub/download_model.ts";
import { hubOfEnvironment } from "../../lib/hub/hub_api.ts";
import { useBackend } from "../../lib/runtime/backend.ts";
import { inFolder } from "../helpers.ts";
import { cacheIn, filesOf, serveHub, withVariables } from "../hub/hub_server.ts";
import { ROOT, run } from "./run.ts";
import { tinyWorld } from "./tiny_world.ts";

Deno.test("offline with an absent model: one line with the command to run and the folder to fill", async () => {
  await inFolder(async (home) => {
    const env = { HF_HOME: home };
    const cases: [string[], string, string][] = [
      [
        ["train", "--clip", "clip-vit-large-patch14"],
        "clip-vit-large-patch14",
        "config.json, tokenizer.json, model.safetensors",
      ],
      [["train", "--whisper", "whisper-base"], "whisper-base", "onnx/encoder_model.onnx"],
      [["transcribe", "--whisper", "org/own-whisper"], "org/own-whisper", "onnx/decoder_model_merged.onnx"],
    ];
    for (const [args, name, files] of cases) {
      const { code, stdout, stderr } = await run(args, { env });
      assert.equal(code, 1, stderr);
      assert.equal(stdout, "");
      const errors = stderr.split("\n").filter((line) => line.startsWith("error: "));
      assert.equal(errors.length, 1, stderr);
      for (
        const part of [
          `'${name}'`,
          `\`deno task data model ${name}\``,
          "or give a folder with",
          files,
          join(home, "hub"),
        ]
      ) {
        assert.ok(errors[0]!.includes(part), `${part} in ${errors[0]}`);
      }
      assert.doesNotMatch(stderr, /^\s+at /m);
    }
  });
});

Deno.test("models that were fetched are trained with by their names, without a network", async () => {
  await useBackend("wasm");
  const world = await tinyWorld();
  const commit = "1".repeat(40);
  await using server = serveHub({
    "org/tiny-clip": { versions: { main: { commit, files: await filesOf(world.clip) } } },
    "org/tiny-whisper": { versions: { main: { commit, files: await filesOf(world.whisper) } } },
  });
  const out = join("runs", `test-names-${crypto.randomUUID().slice(0, 8)}`);
  try {
    await inFolder((home) =>
      withVariables({ ...cacheIn(home), HF_ENDPOINT: server.address }, async () => {
        for (const name of ["org/tiny-clip", "org/tiny-whisper"]) await downloadModel(name, await hubOfEnvironment());
        const names = ["--clip", "org/tiny-clip", "--whisper", "org/tiny-whisper"];
        const { code, stderr } = await run(["train", ...world.options, ...names, "--steps", "2", "--out", out]);
        assert.equal(code, 0, stderr);
        const config = JSON.parse(await Deno.readTextFile(join(ROOT, out, "config.json")));
        assert.deepEqual([config.clip, config.whisper], ["org/tiny-clip", "org/tiny-whisper"]);
      })
    );
  } finally {
    for (const folder of [join(ROOT, out), world.root, world.clip, world.whisper]) {
      await Deno.remove(folder, { recursive: true }).catch(() => {});
    }
  }
});

Deno.test("the task that fetches gives the network up before it checks a data set", async () => {
  await inFolder(async (folder) => {
    const script = join(folder, "check.ts");
    const main = new URL("../../lib/cli/main.ts", import.meta.url).href;
    await Deno.writeTextFile(
      script,
      `import { main } from ${JSON.stringify(main)};
      const ask = () => fetch("http://127.0.0.1:9999").then(() => "open", (error) => error.name);
      const before = await ask();
      const code = await main(["data", "check", "ravdess", "--data-root", ${JSON.stringify(folder)}]);
      console.log(before, await ask(), code);`,
    );
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-q", "--no-prompt", "--no-check", "--config", join(ROOT, "deno.json"), "-P=data", script],
      cwd: ROOT,
      env: { DENO_NO_UPDATE_CHECK: "1" },
      stdout: "piped",
      stderr: "null",
    }).output();
    assert.equal(new TextDecoder().decode(stdout).trim().split("\n").at(-1), "TypeError NotCapable 1");
  });
});
