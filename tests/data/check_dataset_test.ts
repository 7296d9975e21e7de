import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { join } from "@std/path";
import { checkDataset, type CheckOptions } from "../../lib/data/check/check_dataset.ts";
import { reportSchema } from "./check_report.ts";
import { openManifest } from "../../lib/data/check/manifest.ts";
import { readManifestLines } from "../../lib/data/check/manifest.ts";
import type { Finding } from "../../lib/data/check/findings.ts";
import { readJson } from "../../lib/files/read.ts";
import { inFolder } from "../helpers.ts";
import { picture, put, putFaults, putFlickr8k, recording } from "./check_world.ts";

/** Runs with a folder for data and one for checks. */
async function inFolders(use: (root: string, options: CheckOptions) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    const root = join(folder, "data");
    await Deno.mkdir(root);
    await use(root, { checks: join(folder, "checks"), workers: 2 });
  });
}

/** A finding without its sentence. */
const brief = ({ kind, leftOut, files, entries, splits }: Finding) => [
  kind,
  leftOut ? "skipped" : "told",
  files.map((file) => file.replace("flickr_audio/wavs/", "")).join(" "),
  entries.join(" "),
  splits.join(" "),
];

const linesOf = async (path: string): Promise<string[]> => (await Deno.readTextFile(path)).trimEnd().split("\n");

Deno.test("each fault of a set is found, counted and reported, and nothing else is", async () => {
  await inFolders(async (root, options) => {
    await putFaults(root);
    const { report, findings, folder, looked } = await checkDataset("flickr8k", root, options);
    strictEqual(looked, 31); // 8 pictures and 23 recordings
    const whole = "whole_0 whole_1 whole_2 whole_3 whole_4";
    deepStrictEqual(findings.map(brief), [
      ["missing", "skipped", "whole_1.wav", "whole_1", "train"],
      ["missing", "skipped", "Images/gone.jpg", "gone_0", "train"],
      ["empty", "skipped", "whole_2.wav", "whole_2", "train"],
      ["empty", "skipped", "whole_3.wav", "whole_3", "train"],
      ["empty", "skipped", "Images/hollow.jpg", "hollow_0", "dev"],
      ["unknown-format", "skipped", "cut_2.wav", "cut_2", "train"],
      ["unknown-format", "skipped", "Images/other.jpg", "other_0", "dev"],
      ["corrupt", "skipped", "cut_3.wav", "cut_3", "train"],
      ["truncated", "skipped", "whole_4.wav", "whole_4", "train"],
      ["truncated", "skipped", "Images/cut.jpg", "cut_0 cut_1 cut_2 cut_3", "train"],
      ["not-finite", "skipped", "cut_1.wav", "cut_1", "train"],
      ["silent", "skipped", "cut_0.wav", "cut_0", "train"],
      ["splits-share-picture", "told", "Images/whole.jpg Images/twin.jpg", `${whole} twin_0 twin_1`, "train test"],
      ["splits-share-recording", "told", "whole_0.wav twin_0.wav", "whole_0 twin_0", "train test"],
      ["same-recording-content", "told", "double_0.wav double_1.wav", "double_0 double_1", "dev"],
      [
        "same-picture-content",
        "told",
        "Images/same.jpg Images/double.jpg",
        "same_0 same_1 same_2 same_3 same_4 double_0 double_1 double_2 double_3",
        "dev",
      ],
      ["too-short", "told", "same_2.wav", "same_2", "dev"],
      ["too-many-words", "told", "same_3.wav", "same_3", "dev"],
      ["too-few-words", "told", "same_4.wav", "same_4", "dev"],
      ["other-channels", "told", "same_0.wav", "same_0", "dev"],
      ["other-rate", "told", "same_1.wav", "same_1", "dev"],
      ["clipped", "told", "double_2.wav", "double_2", "dev"],
      ["nearly silent", "told", "double_3.wav", "double_3", "dev"],
    ]);
    const detail = (kind: string) => findings.find((one) => one.kind === kind)!.detail;
    match(detail("missing"), /^Cannot read recording '.*whole_1\.wav' as there is no such file/);
    match(detail("truncated"), /^Cannot read audio '.*whole_4\.wav' as /);
    strictEqual(detail("too-short"), "it lasts 0.10 s");
    strictEqual(detail("too-many-words"), "9 words in 1.00 s");
    strictEqual(detail("too-few-words"), "2 letters in 6.00 s");
    strictEqual(detail("other-channels"), "it has 2 channels, most recordings have 1 channel");
    strictEqual(detail("other-rate"), "it has 48000 Hz, most recordings have 16000 Hz");

    const { checked, ...fixed } = report;
    match(checked, /^\d{4}-\d\d-\d\dT/);
    const left = { leftOut: true }, told = { count: 1, leftOut: false };
    deepStrictEqual(fixed, {
      version: 1,
      dataset: "flickr8k",
      root,
      usable: true,
      all: {
        entries: 23,
        usable: 12, // 1 of train, 2 of test, 9 of dev
        pictures: 8,
        recordings: 23,
        speakers: 5,
        hours: (1 + 1 + 2 + 1 + 1 + 1 + 1 + 1 + 0.1 + 1 + 6 + 3 + 3 + 1 + 1) / 3600,
        seconds: { min: 0.1, median: 1, max: 6 },
        captions: { min: 1, median: 3, max: 5 }, // 1 1 1 2 4 4 5 5
      },
      splits: {
        train: {
          entries: 10,
          usable: 1, // whole_0
          pictures: 3,
          recordings: 10,
          speakers: 2,
          hours: 2 / 3600, // whole_0, and gone_0, whose picture is missing
          seconds: { min: 1, median: 1, max: 1 },
          captions: { min: 1, median: 4, max: 5 },
        },
        dev: {
          entries: 11,
          usable: 9,
          pictures: 4,
          recordings: 11,
          speakers: 3,
          hours: 19.1 / 3600,
          seconds: { min: 0.1, median: 1, max: 6 },
          captions: { min: 1, median: 2.5, max: 5 },
        },
        test: {
          entries: 2,
          usable: 2,
          pictures: 1,
          recordings: 2,
          speakers: 1,
          hours: 3 / 3600,
          seconds: { min: 1, median: 1.5, max: 2 },
          captions: { min: 2, median: 2, max: 2 },
        },
      },
      recordings: { formats: { wav: 15 }, rates: { 16000: 14, 48000: 1 }, channels: { 1: 14, 2: 1 } },
      pictures: { formats: { jpeg: 4 }, sides: { min: 20, max: 64 } },
      clips: null,
      findings: {
        "missing": { count: 2, ...left },
        "empty": { count: 3, ...left },
        "unknown-format": { count: 2, ...left },
        "corrupt": { count: 1, ...left },
        "truncated": { count: 2, ...left },
        "not-finite": { count: 1, ...left },
        "silent": { count: 1, ...left },
        "splits-share-picture": told,
        "splits-share-recording": told,
        "same-recording-content": told,
        "same-picture-content": told,
        "too-short": told,
        "too-many-words": told,
        "too-few-words": told,
        "other-channels": told,
        "other-rate": told,
        "clipped": told,
        "nearly silent": told,
      },
    });

    // the files say the same
    deepStrictEqual(reportSchema.parse(await readJson(join(folder, "report.json"))), report);
    const problems = (await linesOf(join(folder, "problems.jsonl"))).map((line) => JSON.parse(line));
    deepStrictEqual(problems, findings);
    const text = await Deno.readTextFile(join(folder, "report.md"));
    for (const { files } of findings) for (const file of files) ok(text.includes(`\`${file}\``), `no ${file}`);
    match(text, /12 of 23 entries can be used/);
    strictEqual((await linesOf(join(folder, "manifest.jsonl"))).length, 31);
    deepStrictEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), [
      "lock",
      "manifest.jsonl",
      "problems.jsonl",
      "report.json",
      "report.md",
    ]);

    // and later runs know which files to leave out
    const manifest = await openManifest("flickr8k", root, options.checks);
    const bad = new Set(findings.filter(({ leftOut }) => leftOut).flatMap(({ files }) => files));
    strictEqual(bad.size, 12);
    for (const file of (await readManifestLines(join(folder, "manifest.jsonl"))).lines.keys()) {
      strictEqual(await manifest.problemOf(join(root, file)) !== undefined, bad.has(file), file);
    }
    strictEqual(manifest.secondsOf(join(root, "flickr_audio/wavs/same_4.wav")), 6);
  });
});

Deno.test("a second check inspects only changed files, and its report follows them", async () => {
  await inFolders(async (root, options) => {
    await putFaults(root);
    const { folder } = await checkDataset("flickr8k", root, options);
    const path = join(folder, "manifest.jsonl");
    const lines = await Deno.readTextFile(path);
    const again = await checkDataset("flickr8k", root, options);
    strictEqual(again.looked, 0);
    strictEqual(await Deno.readTextFile(path), lines);

    await put(root, "flickr_audio/wavs/whole_1.wav", recording(999)); // was missing
    await put(root, "flickr_audio/wavs/whole_2.wav", recording(998)); // was empty
    await put(root, "flickr_audio/wavs/twin_1.wav", "no sound"); // was good
    await Deno.remove(join(root, "Images/same.jpg")); // was good
    const third = await checkDataset("flickr8k", root, options);
    strictEqual(third.looked, 4);
    const kinds = third.report.findings;
    strictEqual(kinds["missing"]?.count, 2);
    strictEqual(kinds["empty"]?.count, 2);
    strictEqual(kinds["unknown-format"]?.count, 3);
    strictEqual(kinds["same-picture-content"], undefined);
    strictEqual(third.report.all.usable, 12 + 2 - 1 - 5);
    strictEqual((await linesOf(path)).length, 31 + 4);

    const fourth = await checkDataset("flickr8k", root, options); // which also clears the four old lines away
    strictEqual(fourth.looked, 0);
    strictEqual((await linesOf(path)).length, 31);
    deepStrictEqual(fourth.findings, third.findings);
  });
});

Deno.test("a stopped check keeps its findings, and the next one inspects the rest", async () => {
  await inFolders(async (root, options) => {
    await putFaults(root);
    const controller = new AbortController();
    const progress = (done: number): void => {
      if (done === 10) controller.abort(new Error("stopped"));
    };
    await rejects(checkDataset("flickr8k", root, { ...options, progress, signal: controller.signal }), /stopped/);
    const { folder } = await openManifest("flickr8k", root, options.checks);
    const before = await linesOf(join(folder, "manifest.jsonl"));
    strictEqual(before.length, 10);
    const begun: number[] = [];
    const rest = await checkDataset("flickr8k", root, {
      ...options,
      begin: (known, total) => begun.push(known, total),
    });
    deepStrictEqual(begun, [10, 31]);
    strictEqual(rest.looked, 21);
    const after = await linesOf(join(folder, "manifest.jsonl"));
    deepStrictEqual(after.slice(0, 10), before);
    strictEqual(new Set(after.map((line) => JSON.parse(line).file)).size, 31);
    strictEqual(after.length, 31);
  });
});

Deno.test("a file that the system refuses is skipped, and looked at again by the next check", async () => {
  await inFolders(async (root, options) => {
    const spoken = [{ bytes: recording(200) }, { bytes: recording(210) }];
    await putFlickr8k(root, { a: { split: "train", bytes: await picture(1), spoken } });
    const wav = join(root, "flickr_audio/wavs/a_0.wav");
    await Deno.remove(wav);
    await Deno.symlink("a_0.wav", wav); // a link to itself: ELOOP
    for (const lines of [3, 3]) { // the same finding again is no new line
      const { report, findings, looked, folder } = await checkDataset("flickr8k", root, options);
      deepStrictEqual(findings.map(brief), [
        ["unreadable", "skipped", "a_0.wav", "a_0", "train"],
        ["empty-split", "told", "", "", "test"],
      ]);
      strictEqual(report.all.usable, 1);
      ok(looked >= 1);
      strictEqual((await linesOf(join(folder, "manifest.jsonl"))).length, lines);
    }
  });
});

Deno.test("a set without a usable entry is reported as such, with a report", async () => {
  await inFolders(async (root, options) => {
    await putFlickr8k(root, { a: { split: "train", bytes: undefined, spoken: [{ bytes: recording(200) }] } });
    const { report, folder } = await checkDataset("flickr8k", root, options);
    strictEqual(report.usable, false);
    strictEqual(report.pictures?.sides, null);
    match(await Deno.readTextFile(join(folder, "report.md")), /None of the 1 entries can be used/);
  });
});

Deno.test("a report has the documented fields, no others", async () => {
  await inFolders(async (root, options) => {
    await putFlickr8k(root, {
      a: { split: "train", bytes: await picture(1), spoken: [{ bytes: recording(200) }] },
      b: { split: "test", bytes: await picture(2), spoken: [{ bytes: recording(210) }] },
    });
    const { report, folder, findings } = await checkDataset("flickr8k", root, options);
    deepStrictEqual(findings, []);
    match(await Deno.readTextFile(join(folder, "report.md")), /No fault was found/);
    deepStrictEqual(reportSchema.parse(report), report);
    for (const wrong of [{ ...report, more: 1 }, { ...report, version: 2 }, { ...report, all: null }]) {
      strictEqual(reportSchema.safeParse(wrong).success, false);
    }
  });
});
