/** `deno task data model` as a user runs it: a process with the task's permissions, against a hub on this machine. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { exists } from "../../lib/files/read.ts";
import { decodeAudio } from "../../lib/audio/read_audio.ts";
import { findModel } from "../../lib/hub/find_model.ts";
import { loadWhisper } from "../../lib/whisper/whisper.ts";
import { inFolder } from "../helpers.ts";
import { noise } from "../hub/file_server.ts";
import { cacheIn, filesOf, type HubServer, serveHub, sha256, withVariables } from "../hub/hub_server.ts";
import { command, type Ended, run } from "./run.ts";

const TINY = "data/models/whisper-tiny-sample";
const MAIN = "1".repeat(40);
const TOKEN = "hf_of_a_test";
const OTHERS = {
  "README.md": noise(99, 1),
  "onnx/encoder_model_fp16.onnx": noise(999, 2),
  "model.safetensors": noise(9, 3),
};

/** A hub with a Whisper that needs a token, and a cache of its own. */
async function withHub(use: (server: HubServer, home: string, files: Record<string, Uint8Array>) => Promise<void>) {
  const files = await filesOf(TINY);
  const versions = { main: { commit: MAIN, files: { ...files, ...OTHERS } } };
  await using server = serveHub({ "onnx-community/whisper-tiny": { versions, token: TOKEN } });
  await inFolder((home) => withVariables(cacheIn(home), () => use(server, home, files)));
}

function environment(server: HubServer, home: string): Record<string, string> {
  return { HF_HOME: home, HF_ENDPOINT: server.address, HF_TOKEN: TOKEN };
}

function data(args: readonly string[], env: Record<string, string>): Promise<Ended> {
  return run(["data", "model", ...args], { permissions: "data", env });
}

/** Starts a fetch whose encoder stops arriving after `bytes`, and sends a signal as soon as they are there. */
async function stopped(server: HubServer, home: string, bytes: number, signal: Deno.Signal): Promise<Ended> {
  const encoder = sha256(await Deno.readFile(join(TINY, "onnx/encoder_model.onnx")));
  const part = join(home, "hub/models--onnx-community--whisper-tiny/blobs", `${encoder}.incomplete`);
  server.fault(`${MAIN}/onnx/encoder_model.onnx`, { kind: "stall", bytes });
  const env = environment(server, home);
  const process = command(["data", "model", "whisper-tiny"], { permissions: "data", env }).spawn();
  const output = process.output();
  for (let size = 0; size < bytes;) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    size = (await Deno.stat(part).catch(() => undefined))?.size ?? 0;
  }
  process.kill(signal);
  const { code, stderr } = await output;
  assert.equal((await Deno.stat(part)).size, bytes);
  return { code, stdout: "", stderr: new TextDecoder().decode(stderr), seconds: 0 };
}

Deno.test("a Whisper is fetched through broken connections, found by its name, and transcribes the same", async () => {
  await withHub(async (server, home, files) => {
    server.fault(`${MAIN}/onnx/encoder_model.onnx`, { kind: "cut", bytes: 400_000 }, { kind: "cut", bytes: 300_000 });
    server.fault(`${MAIN}/tokenizer.json`, { kind: "corrupt" });
    const { code, stdout, stderr } = await data(["whisper-tiny"], environment(server, home));
    assert.equal(code, 0, stderr);
    const folder = join(home, "hub/models--onnx-community--whisper-tiny/snapshots", MAIN);
    assert.equal(stdout.trim(), `folder  ${folder}\nuse     --whisper whisper-tiny`);
    assert.match(stderr, /broke off|body from connection/);
    assert.match(stderr, /tokenizer\.json': its git checksum is/);
    assert.match(stderr, /7 files fetched, checksums right/);
    assert.match(stderr, /whisper-tiny {2}[\d.]+\/2\.6 MB/);

    const asked = server.store.seen.filter(({ path }) => path.endsWith("encoder_model.onnx"));
    const starts = asked.map(({ range }) => Number(/^bytes=(\d+)-$/.exec(range ?? "bytes=0-")![1]));
    assert.equal(starts.length, 3);
    assert.ok(starts[0] === 0 && starts[1]! > 0 && starts[2]! > starts[1]!, `continued at ${starts}`);
    assert.ok(server.seen.every(({ authorization }) => authorization === `Bearer ${TOKEN}`));
    assert.ok(server.store.seen.every(({ authorization }) => authorization === null), "another host got the token");
    assert.ok(!server.store.seen.some(({ path }) => /fp16|safetensors/.test(path)));

    assert.equal(await findModel("whisper-tiny", "whisper"), folder);
    for (const [path, bytes] of Object.entries(files)) {
      assert.ok((await Deno.lstat(join(folder, path))).isSymlink);
      assert.deepEqual(await Deno.readFile(join(folder, path)), bytes);
    }
    assert.ok(!await exists(join(folder, "README.md")));

    const again = await data(["onnx-community/whisper-tiny"], environment(server, home));
    assert.equal(again.code, 0);
    assert.match(again.stderr, /nothing was missing/);
    await hearsTheSame(folder);
  });
});

/** transformers.js must load the links of a snapshot as it loads a folder of files. */
async function hearsTheSame(folder: string): Promise<void> {
  const speech = await firstRecording();
  const texts: string[] = [];
  for (const place of [TINY, folder]) {
    const whisper = await loadWhisper(place, { threads: 1 });
    const [transcribed] = await whisper.transcribe([speech]);
    texts.push(transcribed!.text);
    await whisper.dispose();
  }
  assert.equal(texts[1], texts[0]);
  assert.match(texts[0]!, /\w+ \w+ \w+/);
}

async function firstRecording(): Promise<Float32Array> {
  const folder = "data/sample/flickr8k/flickr_audio/wavs";
  const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
  return await decodeAudio(await Deno.readFile(join(folder, names[0]!)), names[0]!);
}

Deno.test("stopped by Ctrl-C or killed, the same command continues", async () => {
  for (const signal of ["SIGINT", "SIGKILL"] as const) {
    await withHub(async (server, home) => {
      const { code, stderr } = await stopped(server, home, 700_000, signal);
      if (signal === "SIGINT") {
        assert.equal(code, 130);
        assert.match(stderr, /stopped; the same command continues/);
      }
      await assert.rejects(findModel("whisper-tiny", "whisper"));
      server.store.seen.length = 0;
      const { code: second } = await data(["whisper-tiny"], environment(server, home));
      assert.equal(second, 0);
      const [asked] = server.store.seen.filter(({ path }) => path.endsWith("encoder_model.onnx"));
      assert.equal(asked!.range, "bytes=700000-");
      await findModel("whisper-tiny", "whisper");
    });
  }
});

Deno.test("what goes wrong is one line with exit code 1", async () => {
  await withHub(async (server, home) => {
    const env = environment(server, home);
    server.fault(`${MAIN}/onnx/encoder_model.onnx`, { kind: "corrupt" }, { kind: "corrupt" });
    const cases: [string[], Record<string, string>, RegExp][] = [
      [["whisper-tiny"], env, /^error: Cannot use 'http.*encoder_model\.onnx' as its SHA-256 is .* is published.*$/m],
      [["whisper-tiny"], { ...env, HF_TOKEN: "hf_wrong" }, /^error: .*answers 401.*Check the name and HF_TOKEN\.$/m],
      [["no/such-model"], env, /^error: Cannot fetch 'no\/such-model' as .* answers 404/m],
      [["whisper-huge"], env, /^error: Cannot fetch 'whisper-huge' as it is none of clip-vit-base-patch32, /m],
      [["whisper-tiny"], { ...env, HF_HUB_OFFLINE: "1" }, /^error: .*HF_HUB_OFFLINE is set/m],
    ];
    for (const [args, variables, message] of cases) {
      const { code, stdout, stderr } = await data(args, variables);
      assert.equal(code, 1, stderr);
      assert.equal(stdout, "");
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, /^\s+at /m);
    }
    await assert.rejects(findModel("whisper-tiny", "whisper"), /deno task data model whisper-tiny/);
  });
});

Deno.test("without a name, the models are listed with those that are there", async () => {
  await withHub(async (server, home) => {
    await data(["whisper-tiny"], environment(server, home));
    const { code, stdout } = await data([], { HF_HOME: home });
    assert.equal(code, 0);
    assert.match(stdout, /^whisper-tiny +onnx-community\/whisper-tiny +39 M +384 +yes/m);
    assert.match(stdout, /^clip-vit-large-patch14 +openai\/clip-vit-large-patch14 +428 M +768 +no/m);
  });
});
