/** `deno task report` as a user runs it: real processes with the task's own permissions. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import sharp from "sharp";
import { exists } from "../../lib/files/read.ts";
import { chromium } from "./chromium.ts";
import { freshRun } from "../cli/leftovers.ts";
import { ROOT } from "../cli/run.ts";
import { ablateEntry, compareEntry, serEntry, writeRun, zeroShotEntry } from "./made.ts";

const runs = freshRun("report-runs");
await writeRun(join(ROOT, runs), compareEntry(), "cmp", new Date(0));
await writeRun(join(ROOT, runs), zeroShotEntry(), "zs", new Date(0));
await writeRun(join(ROOT, runs), zeroShotEntry(), "zs-newer", new Date(86_400_000));
await writeRun(join(ROOT, runs), serEntry(), "ser", new Date(0));
await writeRun(join(ROOT, runs), ablateEntry(), "ablate", new Date(0));
const named = (...names: string[]) => ["--runs", names.map((name) => `${runs}/${name}`).join()];

function command(args: readonly string[], env: Record<string, string> = {}): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: ["task", "-q", "report", ...args],
    cwd: ROOT,
    env: { DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

async function report(args: readonly string[], env: Record<string, string> = {}) {
  const { code, stdout, stderr } = await command(args, env).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** Every file below a folder with its content. */
async function contents(folder: string, prefix = ""): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) {
      for (const [path, text] of await contents(join(folder, name), `${prefix}${name}/`)) found.set(path, text);
    } else found.set(prefix + name, (await Deno.readFile(join(folder, name))).toBase64());
  }
  return found;
}

const kinds = (files: Iterable<string>, ending: string) => [...files].filter((file) => file.endsWith(ending)).length;

Deno.test("without a browser the page and the tables are made, and one line says what is missing", async () => {
  const out = freshRun("report-plain");
  const { code, stderr } = await report([...named("cmp", "zs"), "--out", out], { CHROME_PATH: "none" });
  assert.equal(code, 0, stderr);
  assert.equal(stderr.split("\n").filter((line) => /No SVG, PNG or PDF/.test(line)).length, 1, stderr);
  const files = [...(await contents(join(ROOT, out))).keys()];
  assert.ok(files.includes("index.html") && files.includes("README.md") && files.includes("results.json"));
  assert.equal(kinds(files, ".svg") + kinds(files, ".png") + kinds(files, ".pdf"), 0);
  assert.equal(kinds(files, ".csv"), kinds(files, ".tex"));
  assert.ok(kinds(files, ".csv") >= 4);
  assert.ok(files.some((file) => /^figures\/.*\.html$/.test(file)));
});

Deno.test("a named run that a newer one of the same kind replaces is reported", async () => {
  const out = freshRun("report-newest");
  const { code, stderr } = await report([...named("zs", "zs-newer"), "--out", out, "--formats", "html"]);
  assert.equal(code, 0, stderr);
  assert.match(stderr, new RegExp(`^skipped ${runs}/zs: ${runs}/zs-newer has the same experiment`, "m"));
  assert.match(stderr, /^1 results, /m);
});

Deno.test({
  name: "with one all copies are made, and made again from results.json alone they are the same",
  ignore: chromium === undefined,
}, async () => {
  const out = freshRun("report-whole"), again = freshRun("report-again");
  const { code, stderr } = await report([...named("cmp"), "--out", out]);
  assert.equal(code, 0, stderr);
  assert.match(stderr, /figures.* 100 %/);
  const made = await contents(join(ROOT, out));
  const svgs = [...made.keys()].filter((file) => file.endsWith(".svg"));
  assert.ok(svgs.length >= 2);
  for (const svg of svgs) {
    for (const ending of ["html", "png", "pdf"]) {
      assert.ok(made.has(svg.replace(/svg$/, ending)), `${svg} as ${ending}`);
    }
    const png = await sharp(join(ROOT, out, svg.replace(/svg$/, "png"))).metadata();
    assert.ok([1050, 2148].includes(png.width), `one or two columns at 300 dpi: ${png.width}`);
  }
  await report(["--from", `${out}/results.json`, "--out", again, "--formats", "svg"]);
  const remade = await contents(join(ROOT, again));
  for (const [file, content] of remade) {
    if (/^(figures|tables)\//.test(file)) assert.equal(content, made.get(file), file);
  }
  assert.equal(kinds(remade.keys(), ".svg"), svgs.length);
});

Deno.test({
  name: "Ctrl-C leaves the former report whole and nothing else behind",
  ignore: chromium === undefined || Deno.build.os === "windows",
}, async () => {
  const out = freshRun("report-stopped");
  assert.equal((await report([...named("zs"), "--out", out, "--formats", "html"])).code, 0);
  const before = await contents(join(ROOT, out));
  const child = command([...named("cmp", "zs", "ser", "ablate"), "--out", out]).spawn();
  const reader = child.stderr.getReader();
  const output = child.stdout.text();
  const staged = async (): Promise<boolean> => {
    for await (const { name } of Deno.readDir(join(ROOT, out))) {
      if (name.startsWith(".new-") && await exists(join(ROOT, out, name, "figures"))) return true;
    }
    return false;
  };
  while (!await staged()) await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill("SIGINT");
  while (!(await reader.read()).done);
  await output;
  assert.equal((await child.status).code, 130);
  assert.deepEqual(await contents(join(ROOT, out)), before);
});

Deno.test("what is missing is printed as commands, one a line, and nothing else", async () => {
  const { code, stdout, stderr } = await report(["--missing", ...named("cmp")]);
  assert.equal(code, 0, stderr);
  const lines = stdout.trimEnd().split("\n");
  assert.ok(lines.length > 8);
  for (const line of lines) assert.match(line, /^deno task [a-z-]+( [\w./=,-]+)*$/);
  assert.match(stderr, new RegExp(`^${lines.length} results are missing`, "m"));
});

Deno.test("wrong use and faulty inputs are one line and no report", async () => {
  const out = freshRun("report-none");
  const damaged = freshRun("report-damaged");
  await Deno.mkdir(join(ROOT, damaged), { recursive: true });
  await Deno.writeTextFile(join(ROOT, damaged, "results.json"), "{");
  for (
    const [args, code, pattern] of [
      [["--runs", "runs/not-there"], 1, /Cannot read 'runs.not-there.results.json' as it does not exist/],
      [["--runs", damaged], 1, /is not JSON/],
      [["--from", `${damaged}/results.json`], 1, /is not JSON/],
      [["--from", `${runs}/cmp/results.json`], 1, /must be the results.json of a report/],
      [[...named("cmp"), "--only", "published"], 1, /there are no results of published data/],
      [[...named("cmp"), "--formats", "gif"], 2, /'gif' is none of html, svg, png, pdf/],
      [[...named("cmp"), "--from", "x"], 2, /cannot be used with/],
    ] as const
  ) {
    const ended = await report([...args, "--out", out]);
    assert.equal(ended.code, code, ended.stderr);
    assert.match(ended.stderr, pattern);
    assert.equal(ended.stderr.trimEnd().split("\n").length, 1, ended.stderr);
    assert.equal(ended.stdout, "");
  }
  const elsewhere = await Deno.makeTempDir();
  const ended = await report([...named("cmp"), "--out", elsewhere]);
  assert.equal(ended.code, 1);
  assert.match(ended.stderr, /may write to .\/reports and .\/runs only/);
  await Deno.remove(elsewhere);
  assert.equal(await exists(join(ROOT, out)), false);
});
