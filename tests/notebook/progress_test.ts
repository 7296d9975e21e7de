/** Progress in a cell: what is shown of a job, and that the last state always is. */
import assert from "node:assert/strict";
import { curveSvg, throttle } from "../../lib/notebook/notebook_report.ts";
import { executeCells, inNotebookFolder, jupyterTest, library } from "./jupyter.ts";

jupyterTest(
  "a job shows one bar with its last state and a curve of all that was measured",
  (python) =>
    inNotebookFolder(async (folder) => {
      const { outputs: [, steps, stopped] } = await executeCells(python, folder, [
        `import { notebookReport } from "${library("lib/notebook/notebook_report.ts")}";`,
        `const report = notebookReport();
report.line("begins");
report.line("begins"); // told once
const part = report.progress("train", 300, "step", 100);
for (let step = 101; step <= 300; step++) {
  part.update(step, "loss " + (3 / step).toFixed(3));
  part.measure?.(step, { loss: 3 / step });
  if (step % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
}
part.stop();
report.result("ends");`,
        `const other = notebookReport({ every: 60_000 }).progress("<hear>", 9, "recording");
other.update(1);
other.update(2);
other.stop();`,
      ]);
      const [begins, bar, ends] = steps!;
      assert.equal(begins?.text, "begins\n");
      assert.equal(ends?.text?.trim(), "ends");
      assert.match(String(bar?.data?.["text/plain"]), /^train {2}300\/300 {2}100 % {2}.* steps\/s {2}loss 0\.010$/);
      const html = String(bar?.data?.["text/html"]);
      assert.match(html, /<progress max="300" value="300"/);
      assert.match(html, /loss: 0\.01 at step 300/);
      assert.equal(html.match(/<polyline points="([^"]*)"/)![1]!.split(" ").length, 200);
      assert.equal(stopped?.length, 1);
      assert.match(String(stopped![0]?.data?.["text/plain"]), /^<hear> {2}2\/9 {2}22 %/);
      assert.match(String(stopped![0]?.data?.["text/html"]), /&lt;hear&gt; {2}2\/9/);
    }),
);

Deno.test("a throttle sends the newest state, one at a time, and the last one always", async () => {
  let state = 0;
  const sent: number[] = [];
  let release = (): void => {};
  const { changed, finish } = throttle(() => {
    sent.push(state);
    return new Promise((resolve) => release = resolve);
  }, 1e6);
  for (state = 1; state <= 50; state++) changed();
  assert.deepEqual(sent, [1], "only the first is sent at once");
  state = 99;
  finish();
  assert.deepEqual(sent, [1], "the next one waits for the one that is on its way");
  release();
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.deepEqual(sent, [1, 99]);
  release();
});

Deno.test("a throttle sends changes made in between without another call", async () => {
  let state = 0;
  const sent: number[] = [];
  const { changed } = throttle(() => Promise.resolve(void sent.push(state)), 5);
  for (state = 1; state < 20; state++) changed();
  while (sent.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(sent, [1, 20]);
});

Deno.test("a curve rises with its numbers and stays inside its chart", () => {
  const points = Array.from({ length: 30 }, (_, i) => [i, Math.sin(i / 9)] as const);
  const svg = String(curveSvg({ name: "loss <1>", points: [...points, [30, NaN]], from: 0, to: 30, unit: "step" }));
  const drawn = svg.match(/<polyline points="([^"]*)"/)![1]!.split(" ").map((pair) => pair.split(",").map(Number));
  assert.equal(drawn.length, 30, "a number that is none is left out");
  drawn.forEach(([x, y], i) => {
    assert.ok(x! >= 0 && x! <= 340 && y! >= 0 && y! <= 130);
    if (i === 0) return;
    assert.ok(x! > drawn[i - 1]![0]!);
    assert.equal(Math.sign(drawn[i - 1]![1]! - y!), Math.sign(points[i]![1] - points[i - 1]![1]));
  });
  assert.match(svg, /loss &lt;1&gt;: -0\.0805 at step 29/);
});
