/** `index`, `search` and `embed` with the permissions of their tasks, from an empty index to files for other tools. */
import assert from "node:assert/strict";
import { join, resolve } from "@std/path";
import { SERVER } from "../retrieval/index/databases.ts";
import { temporaryFolder } from "../temporary.ts";
import { freshRun, removeAtEnd } from "./leftovers.ts";
import { command, ROOT, run, runMany } from "./run.ts";

const name = `test-${crypto.randomUUID().slice(0, 8)}`;
removeAtEnd(join(ROOT, "runs", "index", name));
const images = await temporaryFolder("brewclip-search-");
const sample = join(ROOT, "data/sample/flickr8k/Images");
const names = Array.from(Deno.readDirSync(sample), ({ name }) => name).sort().slice(0, 5);
for (const file of names) await Deno.copyFile(join(sample, file), join(images, file));
const recording = "data/sample/flickr8k/flickr_audio/wavs/1003785260_9262d8cd24_0.opus";

async function succeeds(args: string[], env: Record<string, string> = {}): Promise<{ stdout: string; stderr: string }> {
  const ended = await run(args, { env: { BREWCLIP_DATABASE: "", ...env } });
  assert.equal(ended.code, 0, ended.stderr);
  return ended;
}

Deno.test("a folder is indexed, searched by words, speech and image, exported, and searched for duplicates", async () => {
  const made = await succeeds(["index", "--images", images, "--index", name]);
  assert.match(made.stderr, /the bundled models are used, which know only the drawn world/);
  assert.match(made.stderr, /embedding {2}5\/5 .* images\/s .* left/);
  assert.match(made.stderr, /5 images embedded, 0 unchanged, 0 removed\n/);
  await Deno.copyFile(join(images, names[1]!), join(images, "copy.jpg"));
  await Deno.writeTextFile(join(images, "broken.png"), "no image");
  const page = `${freshRun("search")}.npy`;
  const again = await succeeds([
    "index",
    "--images",
    images,
    "--index",
    name,
    "--export",
    page,
    "--duplicates",
    "0.999",
    "--json",
  ]);
  removeAtEnd(join(ROOT, page), join(ROOT, page.replace(/npy$/, "jsonl")));
  assert.match(
    again.stderr,
    /skipped: Cannot read image '.*broken\.png'[^]*1 files skipped\n1 images embedded, 5 unchanged/,
  );
  assert.doesNotMatch(again.stderr, /bundled models are used/);
  const [group, ...others] = JSON.parse(again.stdout);
  assert.deepEqual([group.map(({ path }: { path: string }) => path).sort(), others], [
    [join(images, names[1]!), join(images, "copy.jpg")].sort(),
    [],
  ]);

  const words = await succeeds(["search", "a red ball", "--index", name, "--top", "3"]);
  const lines = words.stdout.trim().split("\n");
  assert.equal(lines.length, 3);
  for (const line of lines) assert.match(line, /^-?0\.\d{3} {2}\/.*\.jpg$/);
  const spoken = await succeeds(["search", recording, "--index", name, "--top", "1", "--open"]);
  assert.match(spoken.stdout, /^transcript: \w+ .*\n\n0\.\d{3} {2}.*\.jpg\n$/);
  const html = await Deno.readTextFile(join(ROOT, "runs", "index", name, "search.html"));
  assert.match(html, /<audio controls.*data:audio\/ogg;base64/);
  assert.match(html, /<img src="data:image\/jpeg;base64/);
  const like = await succeeds([
    "search",
    "--image",
    join(images, names[2]!),
    "--index",
    name,
    "--json",
    "--min-score",
    "0.99",
  ]);
  const { matches } = JSON.parse(like.stdout);
  assert.deepEqual(matches.map(({ path }: { path: string }) => path), [join(images, names[2]!)]);
  const none = await succeeds(["search", "a red ball", "--index", name, "--under", "runs"]);
  assert.equal(none.stdout, "");
  assert.match(none.stderr, /no image of the index passes --under/);

  const gone = await succeeds(["index", "--forget", images, "--index", name]);
  assert.match(gone.stderr, /6 images of '.*' removed from the index\n0 images in the index/);
});

Deno.test("what cannot be indexed or searched is refused with its remedy", async () => {
  const refused = await runMany([
    ["search", "a cat", "--index", "nothing-here"],
    ["search"],
    ["search", "a cat", "--image", "cat.jpg"],
    ["search", "question.m4a", "--index", name],
    ["search", "a cat", "--after", "soon", "--index", name],
    ["search", "a cat", "--index", "../x"],
    ["search", "a cat", "--database", "postgres://me@127.0.0.1:9/x"],
    ["search", "a cat", "--database", "http://127.0.0.1/x"],
    ["index"],
    ["index", "--export", "x.csv"],
    ["index", "--images", "nowhere", "--clip", "data/models/clip-tiny-sample"],
    ["index", "--images", "nowhere", "--checkpoint", "last"],
    ["search", "a cat", "--top", "0"],
    ["index", "--duplicates", "2"],
    ["serve", "--port", "99999"],
    ["search", "cat.jpg", "--index", name],
    ["embed", "--split", "dev", "--data", "nowhere.csv"],
  ], { env: { BREWCLIP_DATABASE: "" } });
  const expected = [
    /Cannot open the index 'runs\/index\/nothing-here' as it does not exist: make it with deno task index/,
    /there is no query: give words, a recording, or --image FILE/,
    /there are two queries/,
    /Cannot search by 'question\.m4a' as there is no such recording/,
    /--after must be a date such as 2026-01-31: it is 'soon'/,
    /Cannot use the index '\.\.\/x' as its name must be/,
    /127\.0\.0\.1:9 as this process may not use the network: set the variable BREWCLIP_DATABASE/,
    /expected postgres:\/\/user:password@host:port\/database/,
    /nothing is asked for: give --images, --import, --forget, --export or --duplicates/,
    /Cannot write 'x\.csv' as its ending must be one of/,
    /from --clip alone: give both, or --run/,
    /Cannot use --checkpoint as it is one of a run/,
    /Expected a whole number of at least 1/,
    /Expected a number above 0 and at most 1\./,
    /Expected a whole number from 0 to 65535/,
    /Cannot search by 'cat\.jpg' as a recording or as words: give an image as --image 'cat\.jpg'/,
    /nowhere\.csv/,
  ];
  refused.forEach(({ code, stderr }, i) => {
    assert.equal(code, i >= 12 && i <= 14 ? 2 : 1, stderr);
    assert.match(stderr, expected[i]!);
    assert.equal(stderr.trim().split("\n").length, 1, stderr);
  });
});

Deno.test("an indexer that is killed continues, and one that is stopped says so", async () => {
  const place = `${name}-killed`;
  removeAtEnd(join(ROOT, "runs", "index", place));
  const args = ["index", "--images", sample, "--index", place];
  const env = { BREWCLIP_DATABASE: "" };
  let stored = 0; // none if the machine is so busy that the first batch takes longer than a stopped job may
  for (const [signal, code, wait] of [["SIGINT", 130, 0], ["SIGKILL", 137, 100]] as const) {
    const child = command(args, { env }).spawn();
    let told = "", sent = false;
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
      told += text;
      if (sent || !told.includes("new or changed")) continue;
      setTimeout(() => child.kill(signal), wait);
      sent = true;
    }
    const ended = await child.status;
    assert.equal(ended.code, code, told);
    stored += Number([...told.matchAll(/embedding {2}(\d+)\//g)].at(-1)?.[1] ?? 0);
    if (code === 130) {
      assert.match(told, /stopping: what was embedded is stored .*\n[^]*stopped; the same command continues\n$/);
    }
  }
  const { stderr } = await succeeds(args);
  const [, embedded, unchanged] = /(\d+) images embedded, (\d+) unchanged, 0 removed/.exec(stderr)!;
  assert.equal(Number(embedded) + Number(unchanged), 250);
  assert.ok(Number(unchanged) >= stored, `${stored} were stored before, and ${unchanged} are unchanged`);
});

Deno.test("the embeddings of a split's images and recordings are written", async () => {
  const out = freshRun("embeddings");
  await succeeds(["embed", "--preset", "sample-flickr8k", "--limit", "4", "--out", out]);
  for (const [file, unit] of [["images", 4], ["recordings", 4]] as const) {
    const lines = (await Deno.readTextFile(join(ROOT, out, `${file}.jsonl`))).trim().split("\n");
    const { size } = await Deno.stat(join(ROOT, out, `${file}.npy`));
    assert.equal(size, 128 + lines.length * 128 * 4);
    assert.ok(lines.length <= unit && lines.length > 0);
    for (const line of lines) assert.ok(resolve(ROOT, JSON.parse(line).path).startsWith(join(ROOT, "data/sample")));
    if (file === "recordings") assert.match(JSON.parse(lines[0]!).transcript, /\w+ \w+/);
  }
});

Deno.test({
  name: "the tasks reach the database that BREWCLIP_DATABASE names, and no other",
  ignore: SERVER === undefined,
  async fn() {
    const host = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-q", "--no-prompt", "--allow-env=BREWCLIP_DATABASE", "lib/cli/find_database.ts"],
      env: { BREWCLIP_DATABASE: SERVER! },
      cwd: ROOT,
    }).output();
    const address = new TextDecoder().decode(host.stdout).trim();
    assert.equal(address, new URL(SERVER!).host);
    const task = async (env: Record<string, string>, ...args: string[]) => {
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["task", "-q", ...args],
        env: { NO_COLOR: "1", ...env },
        cwd: ROOT,
      }).output();
      return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
    };
    const made = await task({ BREWCLIP_DATABASE: SERVER! }, "index", "--images", sample, "--index", name);
    assert.equal(made.code, 0, made.stderr);
    const found = await task({ BREWCLIP_DATABASE: SERVER! }, "search", "a red ball", "--index", name, "--top", "2");
    assert.equal(found.stdout.trim().split("\n").length, 2, found.stderr);
    const other = await task({ BREWCLIP_DATABASE: "" }, "search", "a red ball", "--database", SERVER!);
    assert.match(other.stderr, /may not use the network/);
  },
});
