/** What is found below a folder, what is chosen of it, and what is said of the rest. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { InputError } from "../../lib/errors.ts";
import { collectionText, entryKey, newest, readCollection, REPORT_KINDS } from "../../lib/report/collect/entry.ts";
import { originOf, originSlug, originTitle } from "../../lib/report/collect/origin.ts";
import { findResults, openResults } from "../../lib/report/collect/find_results.ts";
import { gapsOnPublished, gapsOnSample } from "../../lib/report/collect/gaps.ts";
import { inFolder } from "../helpers.ts";
import { compareEntry, crossEntry, entry, preset, serEntry, writeRun, zeroShotEntry } from "./made.ts";

const at = (hour: number) => new Date(Date.UTC(2026, 0, 2, hour));

Deno.test("the newest result of each experiment and data set is used, whatever the runs are called", async () => {
  await inFolder(async (root) => {
    await writeRun(root, zeroShotEntry(), "a-old", at(1));
    await writeRun(root, zeroShotEntry(), "b-new", at(3));
    await writeRun(root, zeroShotEntry(["sample-ln-coco"]), "c-other-sets", at(2));
    await writeRun(root, compareEntry(), "deep/er/compare", at(2));
    await writeRun(root, compareEntry("sample-flickr8k"), "compare-2", at(1));
    await writeRun(root, compareEntry("ln-coco"), "real", at(1));
    await writeRun(root, compareEntry("sample-flickr8k"), "compare-2/inner", at(9));
    const { entries, unusable } = await findResults(root);
    assert.deepEqual(unusable, []);
    const chosen = newest(entries, REPORT_KINDS);
    const short = chosen.map(({ stored: { run, written } }) =>
      `${run.slice(root.length + 1)} ${written.slice(11, 13)}`
    );
    assert.deepEqual(short, ["b-new 03", "c-other-sets 02", "deep/er/compare 02", "compare-2 01", "real 01"]);
    assert.deepEqual(await findResults(join(root, "not there")), { entries: [], unusable: [] });
  });
});

Deno.test("damaged and foreign results are named with the reason, and the others are used", async () => {
  await inFolder(async (root) => {
    await writeRun(root, zeroShotEntry(), "good", at(1));
    const put = async (name: string, text: string) => {
      await Deno.mkdir(join(root, name));
      await Deno.writeTextFile(join(root, name, "results.json"), text);
    };
    const { file } = zeroShotEntry().stored;
    await put("cut", JSON.stringify(file).slice(0, 200));
    await put("empty", "");
    await put("foreign", JSON.stringify({ accuracy: 0.9 }));
    await put("list", "[1, 2]");
    await put("null", "null");
    await put("newer", JSON.stringify({ ...file, experiment: "telepathy" }));
    await put("proto", `{"format": 1, "experiment": "__proto__", "settings": {}, "result": {}}`);
    const wrong = structuredClone(file) as unknown as { result: { rows: { recall: { speech2image: object } }[] } };
    wrong.result.rows[0]!.recall.speech2image = { "R@1": 400, "R@5": 1, "R@10": 1 };
    await put("wrong", JSON.stringify(wrong));
    await Deno.mkdir(join(root, "folder", "results.json"), { recursive: true });
    await Deno.mkdir(join(root, "nothing"));
    // A report that was made below runs/ is nothing to collect and nothing to tell of.
    await put("report", collectionText({ entries: [zeroShotEntry()], files: [] }));

    const { entries, unusable } = await findResults(root);
    assert.deepEqual(entries.map(({ stored }) => stored.run.slice(root.length + 1)), ["good"]);
    const reasons = Object.fromEntries(unusable.map(({ run, reason }) => [run.slice(root.length + 1), reason]));
    assert.deepEqual(Object.keys(reasons).sort(), [
      "cut",
      "empty",
      "folder",
      "foreign",
      "list",
      "newer",
      "null",
      "proto",
      "wrong",
    ]);
    assert.match(reasons.cut!, /is not JSON/);
    assert.match(reasons.foreign!, /must be the results.json of an experiment/);
    assert.match(reasons.newer!, /"telepathy" found, expected one of train, zero-shot/);
    assert.match(reasons.wrong!, /result\.rows\.0\.recall\.speech2image\.R@1/);
    for (const reason of Object.values(reasons)) assert.ok(!reason.includes("\n"), reason);
    for (const name of Object.keys(reasons)) {
      await assert.rejects(() => openResults(join(root, name)), InputError, name);
    }
    await assert.rejects(() => openResults(join(root, "nowhere")), InputError);
  });
});

Deno.test("a training run is one right below the folder; runs of an experiment are its own", async () => {
  await inFolder(async (root) => {
    const config = { ...preset("sample"), steps: 3 };
    const recall = { "R@1": 10, "R@5": 20, "R@10": 30 };
    const ends = { "R@1": [5, 15], "R@5": [10, 30], "R@10": [20, 40] };
    const table = {
      dataset: "ln-coco",
      split: "test",
      variant: "full",
      trained: true,
      speech2image: recall,
      image2speech: recall,
      images: 10,
      recordings: 10,
      intervals: { speech2image: ends, image2speech: ends },
    };
    const gain = { speech2image: recall, image2speech: recall, intervals: { speech2image: ends, image2speech: ends } };
    const results = { ...table, step: 3, baselines: [{ ...table, variant: "pip-zero-shot", trained: false }], gain };
    const train = async (name: string, command?: string[]) => {
      await Deno.mkdir(join(root, name), { recursive: true });
      await Deno.writeTextFile(join(root, name, "config.json"), JSON.stringify(config));
      await Deno.writeTextFile(join(root, name, "results.json"), JSON.stringify({ ...results, command }));
      const lines = [3.14159265, 2, 1].map((loss, i) => `${JSON.stringify({ step: i + 1, loss })}\n`);
      await Deno.writeTextFile(join(root, name, "metrics.jsonl"), lines.join(""));
    };
    await train("one", ["train", "--steps", "3"]);
    await train("unfinished/full-seed-1");
    await writeRun(root, compareEntry(), "finished", at(1));
    await train("finished/full-seed-1");

    const { entries } = await findResults(root);
    assert.deepEqual(entries.map(({ stored, file }) => [file.experiment, stored.run.slice(root.length + 1)]), [
      ["compare", "finished"],
      ["train", "one"],
    ]);
    const curve = { variant: "full", seed: 1, steps: [1, 2, 3], loss: [3.1416, 2, 1], devSteps: [], dev: [] };
    assert.deepEqual(entries[0]!.stored.curves, [{ run: "full-seed-1", ...curve }]);
    assert.deepEqual(entries[1]!.stored.curves, [{ run: "one", ...curve }]);
    assert.equal(entries[1]!.stored.command, "deno task train --steps 3");
    const old = await openResults(join(root, "unfinished", "full-seed-1"));
    assert.deepEqual(old.seeds, [1]);
    assert.equal(old.stored.command, `deno task eval --run ${old.stored.run}`, "it does not know its command");
  });
});

Deno.test("data come from the sample, from a published set or from the user", () => {
  const kind = (dataset: string, root: string) => {
    const { kind, set } = originOf(dataset, root);
    return `${kind} ${set}`;
  };
  assert.equal(kind("ln-coco", "data/sample/coco"), "sample ln-coco");
  assert.equal(kind("ln-coco", "./data/sample/coco/"), "sample ln-coco");
  assert.equal(kind("flickr8k", "C:\\brewclip\\data\\sample\\flickr8k"), "sample flickr8k");
  assert.equal(kind("own", "data/sample/tone/pairs.jsonl"), "sample tone");
  assert.equal(kind("ln-coco", "data/coco"), "published ln-coco");
  assert.equal(kind("ravdess", "/mnt/ravdess"), "published ravdess");
  assert.equal(kind("own", "data/samples/pairs.csv"), "own own");
  assert.equal(originSlug(originOf("own", "/x/My Pairs.v2.csv")), "own_my_pairs_v2");
  assert.match(originTitle(originOf("ln-coco", "data/sample/coco")), /not the paper's data/);
});

Deno.test("the command is the one that made the result; where it is not known, the file repeats it", () => {
  const made = compareEntry("sample-flickr8k").file;
  const command = (words?: string[]) => entry({ ...made, command: words }).stored.command;
  assert.equal(
    command(["compare", "--preset", "sample-flickr8k", "--seeds", "2"]),
    "deno task compare --preset sample-flickr8k --seeds 2",
  );
  assert.equal(
    command(["compare", "--data-root", "my data/it's", "--variants", "full"]),
    `deno task compare --data-root 'my data/it'\\''s' --variants full`,
  );
  assert.equal(command(), "deno task compare --from runs/made/results.json");
});

Deno.test("a report's results.json comes back as it was, and a damaged one is refused by name", async () => {
  await inFolder(async (root) => {
    const path = join(root, "results.json");
    const entries = [zeroShotEntry(), compareEntry(), crossEntry(), serEntry()];
    const files = ["index.html", "figures/a_1.svg", "tables/b.tex"];
    const text = collectionText({ entries, files });
    await Deno.writeTextFile(path, text);
    const back = await readCollection(path);
    assert.deepEqual(back.entries.map(({ stored }) => stored), entries.map(({ stored }) => stored));
    assert.deepEqual(back.entries.map(entryKey), entries.map(entryKey));
    assert.deepEqual(back.files, files);
    assert.equal(collectionText(back), text);

    const refused = async (text: string, pattern: RegExp) => {
      await Deno.writeTextFile(path, text);
      await assert.rejects(() => readCollection(path), (error: Error) => {
        assert.ok(error instanceof InputError);
        assert.match(error.message, pattern);
        return true;
      });
    };
    await refused(text.slice(0, -20), /is not JSON/);
    await refused(JSON.stringify(zeroShotEntry().stored.file), /must be the results.json of a report/);
    for (const file of ["../secret.txt", "figures/../../x.svg", "/etc/passwd", "figures/.svg", "notebooks/a.html"]) {
      await refused(collectionText({ entries, files: [file] }), /files\.0: expected a file of a report/);
    }
    await refused(text.replace(`"seed":1`, `"seed":2`), /its checksum does not fit/);
    const earlier = text.replace(/,\n"checksum":\d+/, ""); // as earlier versions wrote it
    await refused(earlier.replace(`"format":1,"experiment":"cross"`, `"format":2,"experiment":"cross"`), /entry 2 of/);
    await refused(earlier.replace(`"written":"2026`, `"written":"then`), /entries\.0\.written/);
  });
});

Deno.test("gaps are what is not there, in an order in which the commands can be run", async () => {
  const untouched = () => Promise.resolve(false);
  const all = await gapsOnSample([], untouched);
  const commands = all.map(({ command }) => command);
  assert.match(commands[0]!, /^deno task train --out runs\/report-train$/);
  assert.ok(commands.includes("deno task wer --run runs/report-train --out runs/report-wer-full-ln-coco"));
  assert.equal(new Set(commands).size, commands.length);
  const some = [compareEntry(), zeroShotEntry(["sample-flickr8k", "sample-spokencoco", "sample-ln-coco"])];
  const left = (await gapsOnSample(some, untouched)).map(({ command }) => command);
  assert.deepEqual(
    commands.filter((command) => !left.includes(command)),
    [
      "deno task zero-shot --out runs/report-zero-shot",
      "deno task compare --preset sample-ln-coco --seeds 5 --out runs/report-compare-ln-coco",
    ],
  );
  const [begun] = await gapsOnSample([], () => Promise.resolve(true));
  assert.equal(begun!.command, "deno task train --resume runs/report-train");
  // Published data do not fill the sample's gaps, nor the other way round.
  assert.deepEqual((await gapsOnSample([compareEntry("ln-coco")], untouched)).length, all.length);
  const published = gapsOnPublished([compareEntry()]).length;
  assert.equal(gapsOnPublished([compareEntry("ln-coco")]).length, published - 1);
});

Deno.test("results of a part of the data say so, and give way to those of all of it, newer or not", async () => {
  await inFolder(async (root) => {
    const whole = compareEntry();
    const part = structuredClone(whole.stored.file) as unknown as { settings: { config: { maxPictures: number } } };
    part.settings.config.maxPictures = 40;
    const small = entry(part as never);
    assert.match(originTitle(small.data[0]!), /sample, only its first 40 images of a split, not the paper's data/);
    await writeRun(root, small, "part", at(5));
    const chosen = async () => newest((await findResults(root)).entries, REPORT_KINDS).map(({ stored }) => stored.run);
    assert.deepEqual(await chosen(), [join(root, "part")]);
    await writeRun(root, whole, "whole", at(1));
    assert.deepEqual(await chosen(), [join(root, "whole")]);
  });
});
