/** What the displays put into a notebook, looked at in one that a real kernel executed. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import sharp from "sharp";
import { InputError } from "../../lib/errors.ts";
import { plotlyLoader, showFigure, spectrogramFigure } from "../../lib/notebook/show_figure.ts";
import { plotlyScript } from "../../lib/report/figures/figure.ts";
import { showTable, tableBundle } from "../../lib/notebook/show.ts";
import { ROOT } from "../cli/run.ts";
import { executeCells, inNotebookFolder, jupyterTest, library, type Output } from "./jupyter.ts";

const SOUND = join(ROOT, "tests/fixtures/audio/tone.flac");
const PICTURE = join(ROOT, "data/sample/tone/images");

const figure = {
  name: "bars",
  title: "Bars </script>",
  caption: "Two bars & more.",
  alt: 'two "bars"',
  columns: 1 as const,
  height: 2,
  data: [{ type: "bar", x: ["</script><b>", "b"], y: [1.25, 3] }],
  layout: { margin: { l: 40, r: 10, t: 10, b: 30 } },
};

jupyterTest("every display reaches the notebook in all its forms", (python) =>
  inNotebookFolder(async (folder) => {
    const [first] = Array.from(Deno.readDirSync(PICTURE)).map(({ name }) => name).sort();
    const picture = join(PICTURE, first!);
    const names = ["figure", "table", "image", "audio", "spectrogram", "markdown"];
    const imports = names.map((name) =>
      `import { show${name[0]!.toUpperCase()}${name.slice(1)} } from "${library("lib/notebook/mod.ts")}";`
    );
    const { outputs, page } = await executeCells(python, folder, [
      imports.join("\n"),
      `await showFigure(${JSON.stringify(figure)});`,
      `await showFigure({ ...${JSON.stringify(figure)}, caption: "Two bars & more. Of a loop." });`,
      `await showTable({ title: "Counts", columns: ["split", "n"], rows: [["<i>test</i>", 110]] });`,
      `await showImage(${JSON.stringify(picture)}, { caption: "a <b>scene</b>", side: 40 });`,
      `await showAudio(${JSON.stringify(SOUND)}, { caption: "a tone" });`,
      `await showSpectrogram(${JSON.stringify(SOUND)});`,
      `await showMarkdown("**bold**");`,
      `await showFigure(${JSON.stringify(figure)});`,
    ]);
    const [, one, two, table, shown, audio, spectrogram, markdown, again] = outputs.map((cell) => {
      assert.equal(cell.length, cell === outputs[0] ? 0 : 1);
      return cell[0] as Output;
    });
    const html = (output: Output | undefined): string => String(output?.data?.["text/html"]);

    for (const output of [one, two]) {
      const plotly = output!.data!["application/vnd.plotly.v1+json"] as typeof figure;
      assert.deepEqual(plotly.data, figure.data);
      assert.deepEqual(plotly.layout, { width: 336, height: 192, ...figure.layout });
      assert.match(html(output), /aria-label="two &quot;bars&quot;"/);
      assert.match(html(output), /Two bars &amp; more\./);
      assert.equal(
        html(output).split("</script>").length,
        output === one ? 3 : 2,
        "a text of the figure ended its script",
      );
    }
    assert.equal(await scriptIn(html(one)), await plotlyScript());
    assert.equal(await scriptIn(html(two)), undefined);
    assert.ok(html(two).length < 3000, `the second figure has ${html(two).length} bytes`);
    assert.notEqual(await scriptIn(html(again)), undefined, "the cell that carried the script must carry it again");

    assert.match(
      html(table),
      /<td style="text-align:left">&lt;i&gt;test&lt;\/i&gt;<\/td><td style="text-align:right">110<\/td>/,
    );
    assert.equal(
      table!.data!["text/markdown"],
      "**Counts**\n\n| split | n |\n| --- | ---: |\n| &lt;i>test&lt;/i> | 110 |",
    );

    const jpeg = Uint8Array.fromBase64(String(shown!.data!["image/jpeg"]).trim());
    const { width, height, format } = await sharp(jpeg).metadata();
    assert.equal(`${format} ${Math.max(width, height)}`, "jpeg 40");
    assert.match(html(shown), /<figcaption>a &lt;b&gt;scene&lt;\/b&gt;<\/figcaption>/);

    const address = html(audio).match(/<audio controls[^>]* src="data:audio\/flac;base64,([^"]*)"/)![1]!;
    assert.deepEqual(Uint8Array.fromBase64(address), await Deno.readFile(SOUND));

    const map =
      (spectrogram!.data!["application/vnd.plotly.v1+json"] as { data: [{ z: number[][]; type: string }] }).data[0];
    assert.equal(map.type, "heatmap");
    assert.equal(map.z.length, 40);
    assert.ok(map.z.flat().includes(255) && map.z.flat().every((level) => level >= 0 && level <= 255));

    assert.equal(markdown!.data!["text/markdown"], "**bold**");
    assert.ok(page.includes("Two bars &amp; more."));
    assert.deepEqual(page.match(/<(?:script|link|img|audio|iframe)[^>]*(?:src|href)="(?!data:)[^"]*"/g), null);
  }));

/** The script of plotly that an output brings. */
async function scriptIn(html: string): Promise<string | undefined> {
  const packed = html.match(/atob\("([^"]+)"\)/)?.[1];
  if (packed === undefined) return undefined;
  const stream = new Blob([Uint8Array.fromBase64(packed)]).stream().pipeThrough(new DecompressionStream("gzip"));
  return await new Response(stream).text();
}

Deno.test("plotly's script stays below what a Jupyter server lets through in three seconds", async () => {
  assert.ok((await plotlyLoader()).length < 2.2e6);
});

Deno.test("spectrograms of two recordings are two figures: plotly's script comes with one of them", () => {
  const spectrogram = { bands: 1, columns: 2, seconds: 0.02, levels: [0, 255] };
  const names = ["a/1.wav", "a/2.wav", "a/1.wav"].map((path) => spectrogramFigure(spectrogram, path).name);
  assert.deepEqual(names, ["spectrogram_a_1_wav", "spectrogram_a_2_wav", "spectrogram_a_1_wav"]);
});

Deno.test("outside of a notebook a display says so", async () => {
  await assert.rejects(showTable({ columns: [], rows: [] }), (error: Error) => {
    assert.ok(error instanceof InputError);
    assert.match(error.message, /this is not a notebook.*deno task lab/);
    return true;
  });
  await assert.rejects(showFigure(figure), InputError);
});

Deno.test("a table keeps bars, line breaks and empty cells apart", () => {
  const bundle = tableBundle({
    columns: ["a|b", "number", "mixed"],
    rows: [["x\ny", -1.5, "2"], [null, "41.8 (35-49)", "two"]],
    note: "As <seen>.",
  });
  assert.equal(
    bundle["text/markdown"],
    "| a\\|b | number | mixed |\n| --- | ---: | --- |\n| x y | -1.5 | 2 |\n|  | 41.8 (35-49) | two |\n\nAs &lt;seen>.",
  );
  assert.match(bundle["text/html"]!, /As &lt;seen&gt;\./);
});
