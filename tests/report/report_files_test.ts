/** A report is put in place whole, and nothing that is not its own is touched. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { exists } from "../../lib/files/read.ts";
import { collectionText } from "../../lib/report/collect/entry.ts";
import { stageReport } from "../../lib/report/make_report.ts";
import { inFolder } from "../helpers.ts";
import { zeroShotEntry } from "./made.ts";

async function files(folder: string, prefix = ""): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) found.push(...await files(join(folder, name), `${prefix}${name}/`));
    else found.push(prefix + name);
  }
  return found.sort();
}

async function make(out: string, content: Record<string, string>): Promise<void> {
  await using staged = await stageReport(out);
  for (const [file, text] of Object.entries(content)) await staged.write(file, text);
  await staged.write("results.json", collectionText({ entries: [zeroShotEntry()], files: [...staged.files] }));
  await staged.publish(["results.json", "index.html"]);
}

Deno.test("files of a former report go, those of others stay", async () => {
  await inFolder(async (out) => {
    await Deno.mkdir(join(out, "figures"));
    await Deno.writeTextFile(join(out, "architecture.svg"), "mine");
    await Deno.writeTextFile(join(out, "figures", "mine.svg"), "mine");
    await make(out, { "index.html": "1", "figures/a.svg": "1", "figures/b.svg": "1", "tables/t.csv": "1" });
    await make(out, { "index.html": "2", "figures/b.svg": "2" });
    assert.deepEqual(await files(out), [
      "architecture.svg",
      "figures/b.svg",
      "figures/mine.svg",
      "index.html",
      "results.json",
    ]);
    assert.equal(await Deno.readTextFile(join(out, "figures", "b.svg")), "2");
    assert.equal(await exists(join(out, "tables")), false, "an empty folder is not left");
  });
});

Deno.test("one that is not published leaves the former whole, and nothing behind", async () => {
  await inFolder(async (out) => {
    await make(out, { "index.html": "1", "figures/a.svg": "1" });
    const before = await files(out);
    {
      await using staged = await stageReport(out);
      await staged.write("index.html", "2");
      await staged.write("figures/a.svg", "2");
    }
    assert.deepEqual(await files(out), before);
    assert.equal(await Deno.readTextFile(join(out, "index.html")), "1");

    // What a killed process left is removed by the next; a folder of another name is not.
    await Deno.mkdir(join(out, ".new-0123abcd"));
    await Deno.writeTextFile(join(out, ".new-0123abcd", "index.html"), "3");
    await Deno.mkdir(join(out, ".new-things"));
    await make(out, { "index.html": "4" });
    assert.equal(await exists(join(out, ".new-0123abcd")), false);
    assert.equal(await exists(join(out, ".new-things")), true);
  });
});

Deno.test("a former results.json that is damaged, or names files elsewhere, removes nothing", async () => {
  await inFolder(async (folder) => {
    const out = join(folder, "reports");
    await Deno.mkdir(out);
    await Deno.writeTextFile(join(folder, "secret.txt"), "mine");
    const text = collectionText({ entries: [zeroShotEntry()], files: ["../secret.txt"] });
    for (const former of [text, "{", "[]"]) {
      await Deno.writeTextFile(join(out, "results.json"), former);
      await make(out, { "index.html": "1" });
      assert.equal(await Deno.readTextFile(join(folder, "secret.txt")), "mine");
    }
  });
});
