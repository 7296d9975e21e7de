import { scanCacheDir } from "@huggingface/hub";
import assert from "node:assert/strict";
import { join } from "@std/path";
import { loadClip } from "../../lib/clip/load.ts";
import { loadClipTokenizer } from "../../lib/clip/tokenizer.ts";
import { InputError } from "../../lib/errors.ts";
import { downloadModel } from "../../lib/hub/download_model.ts";
import { findModel } from "../../lib/hub/find_model.ts";
import { hubOfEnvironment } from "../../lib/hub/hub_api.ts";
import { useBackend } from "../../lib/runtime/backend.ts";
import { fingerprint } from "../../lib/files/fingerprint.ts";
import { inFolder } from "../helpers.ts";
import { noise } from "./file_server.ts";
import {
  blobName,
  cacheIn,
  filesOf,
  type HubServer,
  type Repository,
  serveHub,
  sha256,
  withVariables,
} from "./hub_server.ts";

await useBackend("cpu");

const MAIN = "1".repeat(40), CONVERTED = "2".repeat(40), DECOY = "3".repeat(40), NEWER = "4".repeat(40);
const text = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const quick = { pause: 1 };

/** Files of a CLIP repository; only their names matter here. */
function clipFiles(more: Record<string, Uint8Array>): Record<string, Uint8Array> {
  return {
    "README.md": text("about"),
    "config.json": text({ model_type: "clip" }),
    "tokenizer.json": text({}),
    ...more,
  };
}

async function withHub(
  repositories: Record<string, Repository>,
  use: (server: HubServer, home: string) => Promise<void>,
): Promise<void> {
  await using server = serveHub(repositories);
  await inFolder((home) => withVariables({ ...cacheIn(home), HF_ENDPOINT: server.address }, () => use(server, home)));
}

async function fetched(name: string, revision?: string) {
  return await downloadModel(name, await hubOfEnvironment(), { ...quick, revision });
}

Deno.test("the cache is the one that the hub's own library reads", async () => {
  const weights = noise(200_000, 1);
  const files = clipFiles({
    "model.safetensors": weights,
    "pytorch_model.bin": noise(1000, 2),
    "tf_model.h5": noise(9, 3),
  });
  await withHub({ "org/clip": { versions: { main: { commit: MAIN, files } } } }, async (server, home) => {
    const model = await fetched("org/clip");
    assert.equal(model.kind, "clip");
    assert.deepEqual(model.fetched.toSorted(), ["config.json", "model.safetensors", "tokenizer.json"]);
    const { repos, warnings } = await scanCacheDir(join(home, "hub"));
    assert.deepEqual(warnings, []);
    assert.equal(repos.length, 1);
    assert.deepEqual(repos[0]!.id, { name: "org/clip", type: "model" });
    const [revision] = repos[0]!.revisions;
    assert.deepEqual([revision!.commitOid, revision!.refs], [MAIN, ["main"]]);
    assert.equal(revision!.path, model.folder);
    const found = revision!.files.map((file) => [file.path, file.blob.path, file.blob.size]).sort();
    const blob = (name: string): string => join(home, "hub", "models--org--clip", "blobs", name);
    assert.deepEqual(found, [
      [join(model.folder, "config.json"), blob(blobName(files["config.json"]!)), files["config.json"]!.length],
      [join(model.folder, "model.safetensors"), blob(sha256(weights)), weights.length],
      [join(model.folder, "tokenizer.json"), blob(blobName(files["tokenizer.json"]!)), 2],
    ]);
    assert.match(await Deno.readLink(join(model.folder, "model.safetensors")), /^\.\.\/\.\.\/blobs\/[0-9a-f]{64}$/);
    assert.equal(await findModel("org/clip", "clip"), model.folder);
    assert.ok(!server.store.seen.some(({ path }) => /\.(bin|h5)$/.test(path)));

    server.store.seen.length = 0;
    assert.deepEqual((await fetched("org/clip")).fetched, []);
    assert.equal(server.store.seen.length, 0);
  });
});

Deno.test("a new version shares unchanged files, and replaces the old one only when it is complete", async () => {
  const old = clipFiles({ "model.safetensors": noise(100_000, 1) });
  const repository: Repository = { versions: { main: { commit: MAIN, files: old } } };
  await withHub({ "org/clip": repository }, async (server) => {
    const first = await fetched("org/clip");
    const newer = { ...old, "model.safetensors": noise(100_000, 2) };
    await using changed = serveHub({ "org/clip": { versions: { main: { commit: NEWER, files: newer } } } });
    await withVariables({ HF_ENDPOINT: changed.address }, async () => {
      changed.fault(`${NEWER}/model.safetensors`, { kind: "status", status: 404 });
      await assert.rejects(fetched("org/clip"), InputError);
      assert.equal(await findModel("org/clip", "clip"), first.folder);
      const second = await fetched("org/clip");
      assert.deepEqual(second.fetched, ["model.safetensors"]);
      assert.equal(await findModel("org/clip", "clip"), second.folder);
      assert.notEqual(second.folder, first.folder);
    });
    assert.ok(server.seen.length > 0);
  });
});

Deno.test("weights in shards are fetched with their index", async () => {
  const weight_map = { a: "model-00001-of-00002.safetensors", b: "model-00002-of-00002.safetensors" };
  const files = clipFiles({
    "model.safetensors.index.json": text({ weight_map }),
    "model-00001-of-00002.safetensors": noise(10, 1),
    "model-00002-of-00002.safetensors": noise(20, 2),
  });
  await withHub({ "org/clip": { versions: { main: { commit: MAIN, files } } } }, async () => {
    const { folder, fetched: names } = await fetched("org/clip");
    assert.equal(names.length, 5);
    assert.equal(await findModel("org/clip", "clip"), folder);
    await Deno.remove(join(folder, "model-00002-of-00002.safetensors"));
    await assert.rejects(findModel("org/clip", "clip"), /incomplete: model-00002-of-00002\.safetensors missing/);
  });
});

Deno.test("without model.safetensors the open conversion by the hub's own converter is used, and no other", async () => {
  const main = clipFiles({ "pytorch_model.bin": noise(100, 1) });
  const converted = { ...main, "model.safetensors": noise(100, 2) };
  const title = "Adding `safetensors` variant of this model";
  const bot = { num: 2, title, status: "open", isPullRequest: true, author: { name: "SFconvertbot" } };
  const versions = {
    "main": { commit: MAIN, files: main },
    "refs/pr/1": { commit: DECOY, files: { ...main, "model.safetensors": noise(100, 3) } },
    "refs/pr/2": { commit: CONVERTED, files: converted },
  };
  const discussions = [{ ...bot, num: 1, author: { name: "someone" } }, { ...bot, num: 3, status: "closed" }, bot];
  await withHub({ "org/clip": { versions, discussions } }, async (_, home) => {
    const model = await fetched("org/clip");
    assert.deepEqual([model.revision, model.commit], ["refs/pr/2", CONVERTED]);
    const ref = join(home, "hub", "models--org--clip", "refs", "refs", "pr", "2"); // as huggingface_hub names it
    assert.equal(await Deno.readTextFile(ref), CONVERTED);
    assert.equal(await findModel("org/clip", "clip"), model.folder);
    assert.deepEqual(await Deno.readFile(join(model.folder, "model.safetensors")), converted["model.safetensors"]);
  });
  await withHub({ "org/clip": { versions, discussions: discussions.slice(0, 2) } }, async () => {
    await assert.rejects(fetched("org/clip"), /has no model\.safetensors\. Convert it with Python's transformers/);
  });
  // A preset knows the number where the hub has no list of discussions, as mirrors do not.
  const known = { "main": versions.main, "refs/pr/15": versions["refs/pr/2"] };
  await withHub({ "openai/clip-vit-base-patch32": { versions: known } }, async () => {
    assert.equal((await fetched("clip-vit-base-patch32")).revision, "refs/pr/15");
  });
});

Deno.test("an unusable model is reported before anything large is fetched", async () => {
  const whisper = { "config.json": text({ model_type: "whisper" }), "model.safetensors": noise(10, 1) };
  const repositories: Record<string, Repository> = {
    "org/bert": {
      versions: { main: { commit: MAIN, files: clipFiles({ "config.json": text({ model_type: "bert" }) }) } },
    },
    "org/bare": { versions: { main: { commit: MAIN, files: { "README.md": text("") } } } },
    "org/whisper": { versions: { main: { commit: MAIN, files: whisper } } },
    "org/gated": { versions: { main: { commit: MAIN, files: {} } }, token: "hf_right" },
  };
  await withHub(repositories, async (server) => {
    const told: [string, RegExp][] = [
      ["org/bert", /its model_type is "bert": expected "clip" or "whisper"/],
      ["org/bare", /its repository has no config\.json/],
      ["org/whisper", /has no generation_config\.json.*onnx\/encoder_model\.onnx.*whisper-tiny/],
      ["org/gated", /answers 401: there is no such repository, or no access to it\. .*HF_TOKEN/],
      ["org/absent", /answers 404: there is no such repository/],
    ];
    for (const [name, message] of told) {
      await assert.rejects(fetched(name), (error: Error) => {
        assert.ok(error instanceof InputError);
        assert.match(error.message, message);
        assert.ok(!error.message.includes("\n"));
        return true;
      });
    }
    await assert.rejects(fetched("org/bert", "no-such-tag"), /'org\/bert' at 'no-such-tag'/);
    assert.equal(server.store.seen.length, 0);
    const check = (): never => {
      throw new InputError("another architecture");
    };
    const hub = await hubOfEnvironment();
    await assert.rejects(downloadModel("org/whisper", hub, { ...quick, check }), /another architecture/);
  });
});

Deno.test("the sample's CLIP, published and fetched, is the sample's CLIP", async () => {
  const sample = "data/models/clip-tiny-sample";
  const versions = { main: { commit: MAIN, files: await filesOf(sample) } };
  await withHub({ "org/tiny": { versions } }, async () => {
    const { folder } = await fetched("org/tiny");
    assert.equal(await fingerprint(folder), await fingerprint(sample));
    const tokenizers = [await loadClipTokenizer(folder), await loadClipTokenizer(sample)] as const;
    assert.deepEqual(tokenizers[0].encode(["a red cat"]), tokenizers[1].encode(["a red cat"]));
    const clips = [await loadClip(folder), await loadClip(sample)] as const;
    const name = "text_model.encoder.layers.0.mlp.fc1.weight";
    assert.ok(clips[0].weights.size > 50);
    assert.deepEqual(clips[0].weights.get(name)!.dataSync(), clips[1].weights.get(name)!.dataSync());
    for (const clip of clips) clip.dispose();
  });
});

Deno.test("the hub is that of HF_ENDPOINT, the user that of HF_TOKEN or of the stored token", async () => {
  await inFolder((home) =>
    withVariables(cacheIn(home), async () => {
      assert.deepEqual(await hubOfEnvironment(), { endpoint: "https://huggingface.co", token: undefined });
      await Deno.writeTextFile(join(home, "token"), "hf_stored\n");
      assert.equal((await hubOfEnvironment()).token, "hf_stored");
      await withVariables({ HF_TOKEN: " hf_own ", HF_ENDPOINT: "https://mirror.example/" }, async () => {
        assert.deepEqual(await hubOfEnvironment(), { endpoint: "https://mirror.example", token: "hf_own" });
      });
      await withVariables({ HF_ENDPOINT: "mirror.example" }, async () => {
        await assert.rejects(hubOfEnvironment(), /HF_ENDPOINT must be an address/);
      });
      await withVariables({ HF_HUB_OFFLINE: "1" }, async () => {
        await assert.rejects(hubOfEnvironment(), /HF_HUB_OFFLINE is set/);
      });
    })
  );
});
