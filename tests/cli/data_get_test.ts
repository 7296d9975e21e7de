/** `deno task data get` as a user runs it: a process with the task's permissions, against a mirror on this machine. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { inFolder } from "../helpers.ts";
import { noise, serveFiles } from "../hub/file_server.ts";
import { command, type Ended, run } from "./run.ts";

function get(...args: string[]): Promise<Ended> {
  return run(["data", "get", ...args], { permissions: "data" });
}

Deno.test("published files are described, and nothing is fetched without --fetch", async () => {
  const { code, stdout, stderr } = await get("flickr8k", "--to", "/data/flickr");
  assert.equal(code, 0, stderr);
  for (
    const part of [
      "https://groups.csail.mit.edu/sls/downloads/flickraudio/downloads/flickr_audio.tar.gz",
      "MD5 9d078f1f150c26e864aa64d1d733779a",
      "CC BY-SA",
      "about 4.2 GB",
      "cd /data/flickr",
      "tar -xzf flickr_audio.tar.gz",
      "flickr_audio/wavs/*.wav",
      "deno task train --preset flickr8k --data-root /data/flickr",
      "note: flickr_audio.tar.gz: This address is often dead. Ask the authors",
      "--mirror ADDRESS",
    ]
  ) assert.ok(stdout.includes(part), `${part} in\n${stdout}`);
  assert.match(stderr, /deno task data get flickr8k --fetch --to \/data\/flickr/);
});

Deno.test("fetched from a mirror: a dead link and a wrong checksum are lines, the rest arrives", async () => {
  const lists = ["00000", "00001"].map((part) => `/coco_train_localized_narratives-${part}-of-00004.jsonl`);
  const line = (name: string): Uint8Array =>
    new TextEncoder().encode(`${JSON.stringify({ voice_recording: `coco_train/${name}.ogg` })}\n`);
  await using server = serveFiles({
    [lists[0]!]: line("one"),
    [lists[1]!]: line("two"),
    "/val2017.zip": noise(815, 1),
    "/coco_train/one.ogg": noise(500, 2),
  });
  await inFolder(async (folder) => {
    const args = ["ln-coco", "--fetch", "--to", folder, "--mirror", server.address];
    const { code, stdout, stderr } = await get(...args);
    assert.equal(code, 1, stderr);
    assert.match(stderr, /coco_train_localized_narratives-00000-of-00004\.jsonl: fetched; no checksum is published/);
    const dead = stderr.split("\n").filter((text) =>
      text.startsWith("Cannot fetch") && text.includes("00002-of-00004")
    );
    assert.equal(dead.length, 1);
    assert.match(
      dead[0]!,
      /answers 404.* take it from a mirror .*any folder of the published layout is enough: deno task/,
    );
    assert.match(stderr, /^Cannot use '.*val2017\.zip' as it has 815 bytes: 815585330 are published/m);
    assert.match(stderr, /recordings: 1 fetched, 0 were there, 1 could not be fetched/);
    assert.deepEqual(await Deno.readFile(join(folder, "coco_train/one.ogg")), noise(500, 2));
    assert.doesNotMatch(stdout, /unzip/); // nothing packed arrived
    const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
    assert.deepEqual(names, ["coco_train", ...lists.map((list) => list.slice(1))]);
  });
});

Deno.test("killed in the middle, the same command continues", async () => {
  const bytes = noise(3_000_000, 1);
  await using server = serveFiles({ "/SpokenCOCO.tar.gz": bytes });
  server.faults.set("/SpokenCOCO.tar.gz", [{ kind: "stall", bytes: 2_000_000 }]);
  await inFolder(async (folder) => {
    const options = ["--fetch", "--to", folder, "--mirror", server.address, "--only", "SpokenCOCO.tar.gz"];
    const args = ["data", "get", "spokencoco", ...options];
    const process = command(args, { permissions: "data" }).spawn();
    const output = process.output();
    const part = join(folder, "SpokenCOCO.tar.gz.incomplete");
    for (let size = 0; size < 2_000_000;) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      size = (await Deno.stat(part).catch(() => undefined))?.size ?? 0;
    }
    process.kill("SIGKILL");
    await output;
    const { code, stdout, stderr } = await run(args, { permissions: "data" });
    assert.equal(code, 0, stderr);
    assert.equal(server.seen.at(-1)!.range, "bytes=2000000-");
    assert.deepEqual(await Deno.readFile(join(folder, "SpokenCOCO.tar.gz")), bytes);
    assert.match(stdout, /now unpack\n {2}cd .*\n {2}tar -xzf SpokenCOCO\.tar\.gz/);
  });
});

Deno.test("wrong use is exit code 2, options that do not fit 1, each one line", async () => {
  const cases: [string[], number, RegExp][] = [
    [["imagenet"], 2, /^error: .*'imagenet' is invalid.*Allowed choices are flickr8k, spokencoco, ln-coco, ravdess/],
    [[], 2, /^error: missing required argument 'name'/],
    [["ravdess", "--fetch", "--only", "Video.zip"], 1, /^error: Cannot fetch 'Video.zip' as ravdess has no such file/],
    [["ravdess", "--copies"], 1, /^error: Cannot use --only, --mirror or --copies without --fetch/],
    [["ravdess", "--fetch", "--mirror", "example.org"], 1, /^error: .*a mirror must be an address with http/],
  ];
  for (const [args, expected, message] of cases) {
    const { code, stderr } = await get(...args);
    assert.equal(code, expected, stderr);
    assert.match(stderr, message);
    assert.equal(stderr.trim().split("\n").length, 1);
  }
});
