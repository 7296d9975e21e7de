import { getHFHubCachePath, getRepoFolderName } from "@huggingface/hub";
import assert from "node:assert/strict";
import { dirname, join } from "@std/path";
import { InputError } from "../../lib/errors.ts";
import { hubCache, repositoryFolder } from "../../lib/hub/cache.ts";
import { findModel, findModels } from "../../lib/hub/find_model.ts";
import { requiredFiles, wantedFiles } from "../../lib/hub/models.ts";
import { isHubId, MODEL_PRESETS } from "../../lib/hub/models.ts";
import { inFolder } from "../helpers.ts";
import { cacheIn, withVariables } from "./hub_server.ts";

const MAIN = "1".repeat(40), OTHER = "2".repeat(40);

/** Writes a snapshot as the hub's programs do: links into blobs. */
async function snapshot(folder: string, commit: string, files: readonly string[]): Promise<string> {
  for (const file of files) {
    const blob = join(folder, "blobs", `${commit}-${file.replaceAll("/", "-")}`);
    const link = join(folder, "snapshots", commit, file);
    await Deno.mkdir(dirname(blob), { recursive: true });
    await Deno.mkdir(dirname(link), { recursive: true });
    await Deno.writeTextFile(blob, "{}");
    await Deno.symlink(`${"../".repeat(file.split("/").length + 1)}blobs/${blob.split("/").at(-1)}`, link);
  }
  return join(folder, "snapshots", commit);
}

async function writeRef(folder: string, name: string, commit: string): Promise<void> {
  await Deno.mkdir(dirname(join(folder, "refs", name)), { recursive: true });
  await Deno.writeTextFile(join(folder, "refs", name), commit);
}

async function withCache(use: (home: string) => Promise<void>): Promise<void> {
  await inFolder((home) => withVariables(cacheIn(home), () => use(home)));
}

async function oneLine(name: string, kind: "clip" | "whisper", ...parts: (string | RegExp)[]): Promise<void> {
  await assert.rejects(findModel(name, kind), (error: Error) => {
    assert.ok(error instanceof InputError, String(error));
    assert.ok(!error.message.includes("\n"));
    for (const part of parts) assert.ok(new RegExp(part).test(error.message), `'${part}' in: ${error.message}`);
    return true;
  });
}

Deno.test("the cache is where the hub's own library looks for it", async () => {
  const cases: Record<string, string | undefined>[] = [
    { HF_HOME: "/a/home" },
    { HF_HOME: undefined, XDG_CACHE_HOME: "/a/cache" },
    { HF_HOME: undefined, XDG_CACHE_HOME: undefined },
    { HF_HOME: "/a/home", HUGGINGFACE_HUB_CACHE: "/b" },
    { HF_HOME: "/a/home", HUGGINGFACE_HUB_CACHE: "/b", HF_HUB_CACHE: "/c" },
  ];
  for (const variables of cases) {
    await withVariables({ ...cacheIn(""), XDG_CACHE_HOME: undefined, ...variables }, () => {
      assert.equal(hubCache(), getHFHubCachePath());
      assert.equal(
        repositoryFolder("openai/clip-vit-base-patch32"),
        join(getHFHubCachePath(), getRepoFolderName({ type: "model", name: "openai/clip-vit-base-patch32" })),
      );
      return Promise.resolve();
    });
  }
  await withVariables({ ...cacheIn("~/somewhere"), HOME: "/home/me" }, () => {
    assert.equal(hubCache(), "/home/me/somewhere/hub"); // as huggingface_hub for Python
    return Promise.resolve();
  });
});

Deno.test("every preset, by its name and by its hub id, is found in the cache", async () => {
  await withCache(async (home) => {
    for (const { name, id, kind } of MODEL_PRESETS) {
      await oneLine(name, kind, `deno task data model ${name}\``, "is not in the cache", ...requiredFiles(kind));
      const folder = join(home, "hub", `models--${id.replace("/", "--")}`);
      const expected = await snapshot(folder, MAIN, requiredFiles(kind));
      await writeRef(folder, "main", MAIN);
      assert.equal(await findModel(name, kind), expected);
      assert.equal(await findModel(id, kind), expected);
    }
  });
});

Deno.test("a folder takes precedence over a cached model of the same name", async () => {
  await withCache(async (home) => {
    const folder = join(home, "own");
    await Deno.mkdir(folder);
    assert.equal(await findModel(folder, "clip"), folder);
    assert.equal(await findModel("data/models/whisper-tiny-sample", "whisper"), "data/models/whisper-tiny-sample");
  });
});

Deno.test("an incomplete snapshot is reported with the files that it lacks", async () => {
  await withCache(async (home) => {
    const folder = join(home, "hub", "models--org--clip");
    await snapshot(folder, MAIN, ["config.json", "model.safetensors"]);
    await writeRef(folder, "main", MAIN);
    await oneLine("org/clip", "clip", "is incomplete: tokenizer\\.json missing", "deno task data model org/clip`");
    // A link whose blob is not there is a file that is not there.
    await snapshot(folder, MAIN, ["tokenizer.json"]);
    await Deno.remove(join(folder, "blobs", `${MAIN}-model.safetensors`));
    await oneLine("org/clip", "clip", "is incomplete: model\\.safetensors missing");
  });
});

Deno.test("main comes first, then a complete other version", async () => {
  await withCache(async (home) => {
    const folder = join(home, "hub", "models--org--clip");
    const other = await snapshot(folder, OTHER, requiredFiles("clip"));
    assert.equal(await findModel("org/clip", "clip"), other); // a version without any ref
    await snapshot(folder, MAIN, ["config.json"]);
    await writeRef(folder, "main", MAIN);
    await writeRef(folder, "refs/pr/15", OTHER);
    assert.equal(await findModel("org/clip", "clip"), other);
    const main = await snapshot(folder, MAIN, ["tokenizer.json", "model.safetensors"]);
    assert.equal(await findModel("org/clip", "clip"), main);
  });
});

Deno.test("a model of the other kind and an unknown name are reported", async () => {
  await withCache(async () => {
    await oneLine("whisper-base", "clip", "it is a Whisper model: expected a CLIP model");
    await oneLine("clip-vit-large-patch14", "whisper", "it is a CLIP model: expected a Whisper model");
    await oneLine("whisper-bas", "whisper", "it is no folder, none of whisper-tiny, .*whisper-base, .*no hub id");
    await oneLine("./models/clip", "clip", "it is no folder, none of clip-vit-base-patch32");
    await oneLine(
      "models/clip",
      "clip",
      "it is no folder and is not in the cache",
      "or give a folder with config\\.json",
    );
  });
});

Deno.test("two models that are missing are one message, with the bundled ones for a first try", async () => {
  const sample = { clip: "data/models/clip-tiny-sample", whisper: "data/models/whisper-tiny-sample" };
  assert.deepEqual(await findModels(sample), sample);
  await inFolder(async (home) => {
    await withVariables(cacheIn(home), async () => {
      const refused = async (models: { clip: string; whisper: string }, ...parts: RegExp[]) =>
        await assert.rejects(findModels(models), (error: Error) => {
          assert.ok(error instanceof InputError && !error.message.includes("\n"));
          for (const part of parts) assert.match(error.message, part);
          return true;
        });
      const hint = /add `--preset sample`: it uses the two bundled models, which know only the drawn world/;
      const [clip, whisper] = ["clip-vit-large-patch14", "whisper-base"];
      const both =
        /Cannot use the models '.*' and '.*' as they are not in the cache .* `deno task data model clip-vit-large-patch14` and `deno task data model whisper-base`/;
      await refused({ clip, whisper }, both, hint);
      await refused({ ...sample, clip }, /`deno task data model clip-vit-large-patch14`/, hint);
      await refused({ ...sample, whisper }, /`deno task data model whisper-base`/, hint);
      await assert.rejects(findModels({ ...sample, clip: "./no" }), (error: Error) => !hint.test(error.message));
    });
  });
});

Deno.test("hub ids are distinguished from paths", () => {
  for (const id of ["openai/clip-vit-base-patch32", "a/b", "A.b/c_d"]) assert.ok(isHubId(id), id);
  for (const no of ["clip", "./clip", "../clip", "a/b/c", "/a/b", "a/", "a/..", "a/b--c", "~/a", "a b/c", "a/b\n"]) {
    assert.ok(!isHubId(no), no);
  }
});

Deno.test("of a repository only what is needed is fetched", () => {
  const onnx = ["encoder_model", "decoder_model_merged"].flatMap((name) =>
    ["", "_fp16", "_quantized", "_q4"].map((dtype) => `onnx/${name}${dtype}.onnx`)
  );
  const json = [
    "config.json",
    "generation_config.json",
    "preprocessor_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
  ];
  const others = ["README.md", ".gitattributes", "pytorch_model.bin", "flax_model.msgpack", "quantize_config.json"];
  const whisper = wantedFiles("whisper", [...others, ...onnx, ...json, "vocab.json", "onnx/encoder_model.onnx_data"]);
  assert.deepEqual(whisper.missing, []);
  assert.deepEqual(
    whisper.files.toSorted(),
    [...json, "vocab.json", "onnx/decoder_model_merged.onnx", "onnx/encoder_model.onnx", "onnx/encoder_model.onnx_data"]
      .toSorted(),
  );
  const clip = wantedFiles("clip", [...others, "config.json", "tokenizer.json", "model.safetensors", "tf_model.h5"]);
  assert.deepEqual(clip, { files: ["config.json", "tokenizer.json", "model.safetensors"], missing: [] });
});
