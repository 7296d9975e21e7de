import assert from "node:assert/strict";
import { join } from "@std/path";
import { silent } from "../../lib/experiments/report.ts";
import { openIndex, openStore } from "../../lib/retrieval/index/open_index.ts";
import { loadBrewClip } from "../../lib/retrieval/load_brewclip.ts";
import { indexSample, sampleExamples } from "../../lib/serve/sample.ts";
import { command, ROOT, run } from "../cli/run.ts";
import { SAMPLE_MODELS } from "../retrieval/sample_pairs.ts";
import { removeAtEnd, temporaryFolder } from "../temporary.ts";
import { SAMPLE } from "./searcher.ts";

/** What the task may do. */
const TASK = { net: "127.0.0.1,localhost,[::1],0.0.0.0,[::]" };

/** Reads the lines of a process until one matches. */
async function lineOf(lines: ReadableStreamDefaultReader<string>, pattern: RegExp): Promise<RegExpExecArray> {
  for (let all = "";;) {
    const { value, done } = await lines.read();
    all += value ?? "";
    const found = pattern.exec(all);
    if (found !== null) return found;
    if (done) throw new Error(all);
  }
}

Deno.test("serve answers until Ctrl-C, then frees its port and its index within seconds", async () => {
  const name = `test-${crypto.randomUUID().slice(0, 8)}`;
  const place = join(ROOT, "runs", "index", name);
  removeAtEnd(place);
  const images = await temporaryFolder();
  await Deno.copyFile(SAMPLE[0]!.image, join(images, "a.jpg"));
  {
    await using model = await loadBrewClip(SAMPLE_MODELS);
    await using index = await openIndex(place, { model });
    await index.add(images);
  }
  const serve = ["serve", "--index", name, "--port"];
  const process = command([...serve, "0"], TASK).spawn();
  addEventListener("unload", () => ended || process.kill("SIGKILL"));
  let ended = false;
  const lines = process.stderr.pipeThrough(new TextDecoderStream()).getReader();
  const [, url] = await lineOf(
    lines,
    /1 images? of the index '\S+': open (http:\/\/127\.0\.0\.1:\d+) \(Ctrl-C stops\)/,
  );
  const search = (words: string) =>
    fetch(`${url}/search`, { method: "POST", body: words, headers: { "content-type": "text/plain" } });
  const { matches } = await (await search("a flower")).json();
  assert.deepEqual(matches.map(({ path }: { path: string }) => path), ["a.jpg"]);
  const image = await fetch(`${url}/image/${matches[0].id}/small`);
  assert.equal(image.headers.get("content-type"), "image/jpeg");
  await image.body?.cancel();

  const other = await run([...serve, "0"], TASK);
  assert.equal(other.code, 1);
  assert.match(other.stderr, /^error: Cannot open the index [^\n]+ as another process has it open \(process [^\n]+\n$/);

  process.kill("SIGINT");
  const start = performance.now();
  const { code } = await process.status;
  ended = true;
  assert.equal(code, 130);
  assert.ok(performance.now() - start < 10_000);
  assert.match((await lineOf(lines, /stopping[^]*stopped/))[0], /^stopping\nstopped$/);
  await lines.cancel();
  await process.stdout.cancel();
  await (await openStore(place)).close(); // is not locked any more

  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const busy = await run([...serve, String(taken.addr.port)], TASK);
  assert.equal(busy.code, 1);
  assert.match(
    busy.stderr,
    /^error: Cannot listen on 127\.0\.0\.1:\d+ as another program uses this port: choose another/,
  );
  const foreign = await run([...serve, "0", "--host", "192.0.2.1"], TASK);
  assert.equal(foreign.code, 1);
  assert.match(
    foreign.stderr,
    /^error: Cannot listen on 192\.0\.2\.1:0 as the task may listen on 127\.0\.0\.1 and on all/,
  );
});

Deno.test("serve says how to make an index that does not exist", async () => {
  const { code, stderr } = await run(["serve", "--index", "absent"], TASK);
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^error: Cannot open the index '\S+absent' as it does not exist: make it with deno task index[^\n]*\n$/,
  );
});

Deno.test("the demo has an index of the sample's test images, and examples that describe different ones", async () => {
  const place = join(await temporaryFolder(), "index");
  const updates: [number, number][] = [];
  const report = {
    ...silent,
    progress: (_: string, total: number) => ({
      ...silent.progress("", 0, ""),
      update: (done: number) => updates.push([done, total]),
    }),
  };
  await indexSample(place, { report });
  const images = (await Array.fromAsync(Deno.readDir(join(ROOT, "data/sample/coco/val2014")))).length;
  assert.deepEqual(updates.at(-1), [images, images]);
  updates.length = 0;
  await indexSample(place, { report });
  assert.deepEqual(updates, [], "the second time there is nothing to embed");
  const store = await openStore(place);
  assert.equal(await store.count(), images);
  assert.equal(await store.folder(), join(ROOT, "data/sample/coco/val2014"));
  await store.close();
  const examples = await sampleExamples();
  assert.ok(examples.length >= 6);
  assert.equal(new Set(examples.map(({ text }) => text)).size, examples.length);
  for (const { path, text } of examples) {
    assert.ok((await Deno.stat(path)).isFile);
    assert.ok(text.split(" ").length > 3);
  }
});
