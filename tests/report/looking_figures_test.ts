/** Figures of single pairs, of the space and of the model, against the results that they are made of. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import sharp from "sharp";
import type { AttentionResult, AttentionSettings } from "../../lib/experiments/attention/experiment.ts";
import type { SpaceResult, SpaceSettings } from "../../lib/experiments/space/experiment.ts";
import { exporterOn, openBrowser } from "../../lib/report/export/exporter.ts";
import { chromium } from "./chromium.ts";
import { architectureFigure, readArchitecture } from "../../lib/report/figures/architecture.ts";
import { DRAWN_SYSTEMS, systemFigure } from "../../lib/report/figures/systems.ts";
import { attentionFigure, relevanceOverTime } from "../../lib/report/figures/attention.ts";
import { spaceFigure } from "../../lib/report/figures/space.ts";
import { darkFigure } from "./dark.ts";
import { placeWords } from "../../lib/report/figures/text_lines.ts";
import { presetConfig } from "../../lib/training/presets.ts";
import { temporaryFolder } from "../temporary.ts";
import { layoutFaults } from "./layout_faults.ts";

const recall = { "R@1": 10, "R@5": 20, "R@10": 30 };
const band: [number, number] = [5, 40];
const intervals = { "R@1": band, "R@5": band, "R@10": band };
const whole = {
  speech2image: recall,
  image2speech: recall,
  intervals: { speech2image: intervals, image2speech: intervals },
};
const model = { config: presetConfig("sample-ln-coco"), run: null };

function space(): { settings: SpaceSettings; result: SpaceResult } {
  const map = (shift: number) => ({
    pictures: [0, 1, 2].map((i): [number, number] => [i + shift, -i]),
    recordings: [0, 1, 2].map((i): [number, number] => [i - shift, i]),
    trustworthiness: 0.9,
  });
  const found = (variant: string, shift: number) => ({
    name: variant,
    variant,
    run: null,
    step: 0,
    recall: whole,
    modalityGap: 0.5,
    pairDistance: 1.25,
    otherDistance: 1.5,
    explained: [0.4, 0.2] as [number, number],
    pca: map(shift),
    tsne: map(10 * shift),
  });
  return {
    settings: { models: [model, model], split: "test", pairs: 3, seed: 1, perplexity: 1, words: ["red"] },
    result: {
      of: { dataset: "ln-coco", split: "test", pictures: 3, recordings: 3 },
      labelledBy: "word",
      pairs: [["a", "red"], ["b", null], ["c", "red"]].map(([id, label]) => ({
        id: id!,
        imageId: `i${id}`,
        label: label!,
      })),
      models: [found("pip-zero-shot", 1), found("full", 2)],
    },
  };
}

Deno.test("the space has each pair's points and the line between them, in each model's map", () => {
  const { settings, result } = space();
  const { data, caption, alt } = spaceFigure({ settings, result });
  for (const [row, method] of (["pca", "tsne"] as const).entries()) {
    for (const [column, { [method]: map }] of result.models.entries()) {
      const axes = row * 2 + column;
      const own = data.filter(({ xaxis }) => xaxis === `x${axes === 0 ? "" : axes + 1}`);
      const [line, ...points] = own;
      assert.deepEqual(line!["x"], map.pictures.flatMap(([x], i) => [x, map.recordings[i]![0], null]));
      const shown = points.flatMap((trace) =>
        (trace["text"] as string[]).map((name, i) => [name, (trace["x"] as number[])[i], (trace["y"] as number[])[i]])
      );
      const expected = result.pairs.flatMap((
        { id, imageId },
        i,
      ) => [[imageId, ...map.pictures[i]!], [id, ...map.recordings[i]!]]);
      assert.deepEqual(shown.map(String).sort(), expected.map(String).sort());
      const red = points.filter(({ name }) => name === "red").flatMap((trace) => trace["text"] as string[]);
      assert.deepEqual(red.sort(), ["a", "c", "ia", "ic"]);
    }
  }
  assert.match(
    caption,
    /3 images \(squares\) .* Colors: the first word of the legend in the written caption\./,
  );
  assert.match(
    alt,
    /PCA \(60 % of variance, trust 0\.90\)\. .*t-SNE \(trust 0\.90\)\..* own pair 1\.25, other pairs 1\.50/,
  );
});

async function attention(): Promise<{ settings: AttentionSettings; result: AttentionResult }> {
  const dataFolder = await temporaryFolder();
  const pixels = { width: 60, height: 30, channels: 3 as const, background: "#4080c0" };
  await sharp({ create: pixels }).jpeg().toFile(join(dataFolder, "wide.jpg"));
  const map = (id: string, image: string) => ({
    id,
    image,
    recording: "r.wav",
    transcript: "a red cat",
    reference: "a red cat",
    similarity: 0.3,
    rank: 2,
    picture: {
      grid: 2,
      relevance: [0, 2, -1, 1],
      prompts: [],
      start: 0,
      seen: { left: 0.25, top: 0, width: 0.5, height: 1 },
    },
    text: {
      words: [["a", 0], ["red", 4], ["cat", 2]].map(([word, relevance]) => ({
        word: String(word),
        relevance: Number(relevance),
      })),
      prompts: [],
      start: 0,
      end: 0,
    },
    sound: { relevance: Array.from({ length: 100 }, (_, i) => i === 60 ? 3 : 0), framesPerSecond: 50 },
    spectrogram: { bands: 2, columns: 4, seconds: 2, levels: [0, 50, 100, 255, 255, 100, 50, 0] },
  });
  return {
    settings: { model, split: "test", choice: { by: "random", count: 2, seed: 0 } },
    result: {
      of: { dataset: "ln-coco", split: "test", pictures: 5, recordings: 5 },
      model: "m",
      step: 0,
      method: "m",
      dataFolder,
      maps: [map("one", "wide.jpg"), map("two", "gone.jpg")],
    },
  };
}

Deno.test("attention shows the patches that the tower sees and the relevance of words and frames; a lost image is reported", async () => {
  const { data, layout, alt } = await attentionFigure(await attention());
  const patches = data.filter(({ type }) => type === "heatmap");
  assert.equal(patches.length, 1, "the second pair's image is gone");
  assert.deepEqual(patches[0]!["z"], [[0, 1], [0, 0.5]], "shares of the strongest; nothing speaks against");
  assert.equal(
    patches[0]!["x0"],
    0.375,
    "the middle of the first patch: a quarter of the width is cut away at the left",
  );
  const lines = data.filter(({ type }) => type === "scatter");
  assert.equal(lines.length, 2);
  const [x, y] = ["x", "y"].map((field) => lines[0]![field] as number[]);
  assert.ok(Math.abs(x![y!.indexOf(1)]! - 1.21) < 0.01, "frame 60 of 50 a second, its middle");
  const texts = (layout["annotations"] as { text: string }[]).map(({ text }) => text);
  for (const word of ["a", "red", "cat"]) assert.equal(texts.filter((text) => text === word).length, 2, word);
  assert.equal(texts.filter((text) => text.includes("not found: gone.jpg")).length, 1);
  assert.match(alt, /the words 'red', 'cat' matter most, in the sound second 1\.2/);
});

Deno.test("attention colors no word if none raises the similarity, and says so", async () => {
  const made = await attention();
  for (const { text } of made.result.maps) for (const word of text!.words) word.relevance = -1;
  made.result.maps[0]!.text!.words[0]!.word = "a<b>&";
  const { layout, caption, alt } = await attentionFigure(made, { shown: 1 });
  assert.deepEqual(layout["shapes"], []);
  assert.ok((layout["annotations"] as { text: string }[]).some(({ text }) => text === "a&lt;b&gt;&amp;"), "no markup");
  assert.match(alt, /rank 2 of 5: no word raises it, in the sound second 1\.2 matters most\./);
  assert.match(caption, /Parts without color do not matter or lower the similarity/);
});

Deno.test("relevance over time averages to columns and leaves padding out", () => {
  const relevance = Array.from({ length: 1000 }, (_, i) => i < 500 ? Number(i >= 250) : 9);
  const { values, seconds } = relevanceOverTime({ relevance, framesPerSecond: 50 }, 10);
  assert.equal(seconds, 10);
  assert.equal(values.length, 250);
  assert.deepEqual([values[0], values[124], values[125], values[249]], [0, 0, 1, 1]);
});

Deno.test("words are placed one after the other within the room, and too many end in an ellipsis", () => {
  const words = Array.from({ length: 300 }, (_, i) => ({ word: `word${i}`, relevance: i }));
  const { words: placed, lines } = placeWords(words, 300);
  assert.equal(Math.max(...placed.map(({ line }) => line)) + 1, lines);
  assert.equal(placed.at(-1)!.word, "…");
  placed.slice(0, -1).forEach(({ x, width, line }, i) => {
    assert.ok(x + width <= 300);
    const next = placed[i + 1]!;
    assert.ok(next.line > line ? next.x === 0 : next.x >= x + width - 1e-9);
  });
  assert.deepEqual(placeWords([], 300), { words: [], lines: 0 });
});

Deno.test("the architecture shows the sizes of its model, which a run's models determine", async () => {
  const { layout, caption } = architectureFigure({
    promptLength: 7,
    textWidth: 11,
    visionWidth: 13,
    whisperWidth: 17,
    joint: 19,
  });
  const texts = (layout["annotations"] as { text: string }[]).map(({ text }) => text);
  for (const expected of ["P<sub>T</sub>: 7 × 11", "7 × 13", "50 / s × 17", "19"]) {
    assert.ok(texts.includes(expected), expected);
  }
  assert.match(caption, /7 shared prompts of width 11 .* projected to width 13, .* width 19\.$/);
  assert.match(architectureFigure().caption, /Sizes: CLIP ViT-L\/14 and Whisper base, as in the paper\.$/);
  assert.deepEqual(await readArchitecture(presetConfig("sample")), {
    models: "clip-tiny-sample and whisper-tiny-sample",
    promptLength: 4,
    textWidth: 128,
    visionWidth: 128,
    whisperWidth: 128,
    joint: 128,
  });
  assert.equal(await readArchitecture({ ...presetConfig("sample"), clip: "nowhere" }), undefined);
});

Deno.test({
  name:
    "architecture, systems, attention and space in a browser, by day and night: nothing clipped or covered, no panel empty",
  ignore: chromium === undefined,
  fn: async () => {
    const few = await attention(), silent = await attention(), long = await attention();
    for (const map of silent.result.maps) map.sound = map.text = null;
    for (const { text } of long.result.maps) {
      text!.words = Array.from({ length: 90 }, (_, i) => ({ word: `WWWmm&<b>${i}`, relevance: i % 3 }));
    }
    const figures = [
      architectureFigure(),
      ...DRAWN_SYSTEMS.map((name) => systemFigure(name)),
      spaceFigure(space()),
      ...await Promise.all([few, silent, long].map((made) => attentionFigure(made))),
    ];
    const browser = await openBrowser(chromium!);
    await using exporter = await exporterOn(browser);
    const page = await browser.page();
    for (const [i, figure] of figures.entries()) {
      for (const [mode, shown] of [["day", figure], ["night", darkFigure(figure)]] as const) {
        await page.setContent(await exporter.svg(shown));
        assert.deepEqual(await layoutFaults(page), [], `figure ${i}: ${figure.name} by ${mode}`);
      }
    }
  },
});
