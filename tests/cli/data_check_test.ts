import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "@std/path";
import { CHECKED } from "../../lib/data/check/check_dataset.ts";
import { openManifest } from "../../lib/data/check/manifest.ts";
import { CHECKED_NAMES } from "../../lib/cli/data.ts";
import { picture, put, putFaults, putFlickr8k, recording, type Spoken } from "../data/check_world.ts";
import { inFolder } from "../helpers.ts";
import { command, type Ended, ROOT, run } from "./run.ts";

/** Runs `data check` with the permissions of its task; its folder of checks is removed afterwards. */
async function withCheck(
  use: (folder: string, check: (root: string, ...more: string[]) => Promise<Ended>) => Promise<void>,
): Promise<void> {
  const folders = new Set<string>();
  try {
    await inFolder((folder) =>
      use(folder, async (root, ...more) => {
        folders.add(await checkFolder("flickr8k", root));
        return await run(["data", "check", "flickr8k", "--data-root", root, ...more], { permissions: "data" });
      })
    );
  } finally {
    for (const folder of folders) await Deno.remove(folder, { recursive: true }).catch(() => {});
  }
}

const checkFolder = async (name: string, root: string) => join(ROOT, (await openManifest(name, root)).folder);

/** The files of a manifest's whole lines, in their order. */
async function seenFiles(folder: string): Promise<string[]> {
  const text = await Deno.readTextFile(join(folder, "manifest.jsonl")).catch(() => "");
  return text.split("\n").slice(0, -1).map((line) => JSON.parse(line).file);
}

/** A set that takes some seconds to look at: 200 recordings of 2 s. */
async function putMany(root: string): Promise<void> {
  const shown: Parameters<typeof putFlickr8k>[1] = {};
  for (let i = 0; i < 20; i++) {
    const spoken = Array.from({ length: 10 }, (_, j): Spoken => ({ bytes: recording(200 + 10 * i + j, 2) }));
    shown[`p${i}`] = { split: i < 15 ? "train" : i < 17 ? "dev" : "test", bytes: await picture(i, 200, 150), spoken };
  }
  await putFlickr8k(root, shown);
}

/** Starts a check, waits until it has seen some files, and sends it a signal. */
async function stopInTheMiddle(root: string, signal: Deno.Signal): Promise<{ code: number; stderr: string }> {
  const folder = await checkFolder("flickr8k", root);
  const process = command(["data", "check", "flickr8k", "--data-root", root], { permissions: "data" }).spawn();
  const end = process.output();
  let ended = false;
  end.finally(() => ended = true);
  while (!ended && (await seenFiles(folder)).length < 20) await new Promise((wake) => setTimeout(wake, 5));
  if (!ended) process.kill(signal);
  const { code, stderr } = await end;
  return { code, stderr: new TextDecoder().decode(stderr) };
}

Deno.test("the sub-command takes the names that the library checks", () => {
  deepStrictEqual([...CHECKED_NAMES].sort(), [...CHECKED].sort());
});

Deno.test("a faulty set is checked with exit code 0: table on stdout, the rest on stderr, files below runs", async () => {
  await withCheck(async (root, check) => {
    await putFaults(root);
    const { code, stdout, stderr } = await check(root);
    strictEqual(code, 0, stderr);
    match(stdout, /^split +entries +usable +images +recordings +speakers +hours +seconds +captions\n/);
    match(stdout, /^all +23 +12 +8 +23 +5 +0\.01 +0\.1 \/ 1\.0 \/ 6\.0 +1 \/ 3 \/ 5$/m);
    match(stdout, /^skipped +2 {2}missing: The index lists a file that does not exist\.$/m);
    match(stdout, /^reported +1 {2}splits-share-picture: /m);
    match(stderr, /31 files to inspect\n/);
    const folder = await checkFolder("flickr8k", root);
    ok(stderr.includes(join(folder, "report.md").slice(ROOT.length + 1)), stderr);
    match(await Deno.readTextFile(join(folder, "report.md")), /^# Check of flickr8k/);

    const again = await check(root, "--workers", "1");
    strictEqual(again.code, 0);
    match(again.stderr, /0 files to inspect \(31 more are known from an earlier check and unchanged\)/);
    strictEqual(again.stdout, stdout);
  });
});

Deno.test("a set without any usable entry, and a broken index: exit code 1 and one line", async () => {
  await withCheck(async (root, check) => {
    await putFlickr8k(root, { a: { split: "train", bytes: undefined, spoken: [{ bytes: recording(200) }] } });
    const { code, stdout, stderr } = await check(root);
    strictEqual(code, 1);
    match(stdout, /^all +1 +0 /m);
    match(
      stderr,
      /error: Cannot use flickr8k in '.*' as none of its 1 entries has all of its files: .*report\.md.*\n$/,
    );

    await put(root, "flickr_audio/wav2capt.txt", "one word\n");
    const broken = await check(root);
    strictEqual(broken.code, 1);
    strictEqual(broken.stdout, "");
    match(broken.stderr, /^error: Cannot read .*wav2capt\.txt:1 as .*\n$/);
    const nowhere = await check(join(root, "nowhere"));
    strictEqual(nowhere.code, 1);
    match(nowhere.stderr, /^error: Cannot load Flickr8k .*\n$/);
  });
});

Deno.test("one option names the folder; for own data it is the table's", async () => {
  const of = async (...args: string[]) => await run(["data", "check", ...args], { permissions: "data" });
  for (
    const [args, message] of [
      [["own"], /^error: Cannot check own data as no file is given: add --data FILE\.\n$/],
      [
        ["own", "--data-root", "x"],
        /^error: Cannot check own data as no file is given: add --data FILE\.\n$/,
      ],
      [["flickr8k", "--data", "x.csv"], /^error: Cannot check flickr8k as .* --data-root DIR alone: --data is given/],
      [
        ["flickr8k", "--data-root", "x", "--data-root", "y"],
        /^error: Cannot check flickr8k as .* --data-root DIR alone: there are several/,
      ],
    ] as const
  ) {
    const { code, stderr } = await of(...args);
    strictEqual(code, 1);
    match(stderr, message);
  }
});

Deno.test("killed in the middle and started again, a check inspects no file twice", async () => {
  await withCheck(async (root, check) => {
    await putMany(root);
    await stopInTheMiddle(root, "SIGKILL");
    const folder = await checkFolder("flickr8k", root);
    const before = await seenFiles(folder);
    ok(before.length >= 20 && before.length < 220, `${before.length} files were seen before`);
    await Deno.writeTextFile(join(folder, "manifest.jsonl"), '{"version":1,"file":"Images/p0', { append: true });

    const { code, stdout, stderr } = await check(root);
    strictEqual(code, 0, stderr);
    ok(stderr.includes(`: ${220 - before.length} files to inspect (${before.length} more are known`), stderr);
    const after = await seenFiles(folder);
    deepStrictEqual(after.slice(0, before.length), before);
    strictEqual(after.length, 220);
    strictEqual(new Set(after).size, 220);
    match(stdout, /^all +200 +200 +20 +200 /m);
  });
});

Deno.test({
  name: "Ctrl-C stops with exit code 130 and says how to go on",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await withCheck(async (root, check) => {
      await putMany(root);
      const { code, stderr } = await stopInTheMiddle(root, "SIGINT");
      strictEqual(code, 130, stderr);
      match(stderr, /stopping: the finished part is stored/);
      match(stderr, /stopped; the same command continues\n$/);
      const folder = await checkFolder("flickr8k", root);
      const before = await seenFiles(folder);
      ok(before.length >= 20 && before.length < 220, `${before.length} files were seen before`);
      strictEqual((await check(root)).code, 0);
      strictEqual((await seenFiles(folder)).length, 220);
    });
  },
});

Deno.test("your own pairs and clips are checked from their table", async () => {
  await inFolder(async (folder) => {
    await put(folder, "a.jpg", await picture(1));
    await put(folder, "b.jpg", await picture(2));
    for (const [name, hertz] of [["a", 200], ["b", 210], ["c", 220]] as const) {
      await put(folder, `${name}.wav`, recording(hertz));
    }
    await put(
      folder,
      "pairs.csv",
      "image,audio,text,split\na.jpg,a.wav,a dog,train\nb.jpg,b.wav,,test\nno.jpg,c.wav,,test\n",
    );
    await put(folder, "moods.csv", "audio,emotion,split\na.wav,glad,train\nb.wav,sad,test\n");
    for (
      const [table, ...expected] of [
        ["pairs.csv", /^all +3 +2 +3 +3 +0 /m, /^skipped +1 {2}missing: /m],
        ["moods.csv", /^all +2 +2 +0 +2 +0 /m, /no fault was found/],
      ] as const
    ) {
      const path = join(folder, table);
      try {
        const { code, stdout, stderr } = await run(["data", "check", "own", "--data", path], { permissions: "data" });
        strictEqual(code, 0, stderr);
        for (const part of expected) match(stdout, part);
        const report = JSON.parse(await Deno.readTextFile(join(await checkFolder("own", path), "report.json")));
        deepStrictEqual(
          report.clips?.moods,
          table === "pairs.csv"
            ? undefined
            : { glad: { train: 1, dev: 0, test: 0 }, sad: { train: 0, dev: 0, test: 1 } },
        );
      } finally {
        await Deno.remove(await checkFolder("own", path), { recursive: true }).catch(() => {});
      }
    }
  });
});
