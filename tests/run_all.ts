/**
 * Runs several test files at once, each in a `deno test` of its own, so that none is affected by what another does to its
 * process (variables, folder, native libraries). The types of all files are checked meanwhile. The last line has the sums
 * over all files, in the form of Deno's own.
 *
 *     deno task test [FILES or FOLDERS] [OPTIONS of deno test]
 *
 * DENO_JOBS sets how many run at once. Default: the number of cores, at most 4.
 */
import { resolve } from "@std/path";
import { exists } from "../lib/files/read.ts";

const ROOT = resolve(import.meta.dirname as string, "..");
/** Folders with long-running files, which start first, so that none of them is the last. */
const LONG = ["notebooks", "cli", "experiments", "generator", "notebook", "fuzz", "whisper", "runtime"];

interface Sums {
  passed: number;
  failed: number;
  ignored: number;
}

async function testFiles(path: string): Promise<string[]> {
  if (!(await Deno.stat(resolve(ROOT, path))).isDirectory) return [path];
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(resolve(ROOT, path))) {
    if (isDirectory) found.push(...await testFiles(`${path}/${name}`));
    else if (name.endsWith("_test.ts")) found.push(`${path}/${name}`);
  }
  return found.sort();
}

function rankOf(file: string): number {
  const place = LONG.indexOf(file.split("/").at(-2)!);
  return place < 0 ? LONG.length : place;
}

/** The sums of Deno's closing line, "ok | 10 passed (3 steps) | 0 failed | 1 ignored (9s)", which is the last of its kind. */
function sumsOf(text: string, success: boolean): Sums {
  const closing = text.split("\n").findLast((line) => /^(ok|FAILED) \|/.test(line)) ?? "";
  const of = (word: string): number => Number(new RegExp(`(\\d+) ${word}`).exec(closing)?.[1] ?? 0);
  const [passed, failed, ignored] = [of("passed"), of("failed"), of("ignored")];
  return { passed, failed: success ? failed : Math.max(failed, 1), ignored };
}

/** The output of a file's tests without Deno's summary. */
function ownOutput(text: string): string {
  return text.replace(/^Warning Permissions in the config file .*\n/m, "").replace(/\s*^ok \|.*\s*/m, "").trim();
}

/**
 * Whether all tests of a file passed, and then its process crashed while it unloaded a graphics driver, as Mesa's software driver
 * makes one in ten do.
 */
async function onlyDriverCrashed(file: string, text: string, signal: Deno.Signal | null): Promise<boolean> {
  const crashed = signal === "SIGSEGV" || signal === "SIGABRT";
  return crashed && /^ok \|/m.test(text) && /webgpu/i.test(await Deno.readTextFile(resolve(ROOT, file)));
}

async function deno(args: string[]): Promise<{ success: boolean; signal: Deno.Signal | null; text: string }> {
  const env = { DENO_NO_UPDATE_CHECK: "1", OPENBLAS_NUM_THREADS: Deno.env.get("OPENBLAS_NUM_THREADS") ?? "1" };
  const child = new Deno.Command(Deno.execPath(), { args, cwd: ROOT, env: { ...env, NO_COLOR: "1" }, stdin: "null" });
  const { success, signal, stdout, stderr } = await child.output();
  const text = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
  return { success, signal, text: signal === null ? text : `${text}\nended by ${signal}\n` };
}

const began = performance.now();
const there = await Promise.all(Deno.args.map((word) => exists(resolve(ROOT, word))));
const paths = Deno.args.filter((_, i) => there[i]);
const options = Deno.args.filter((_, i) => !there[i]);
const lost = options.find((word) => word.endsWith("_test.ts"));
if (lost !== undefined) {
  console.error(`error: there is no test file '${lost}'`);
  Deno.exit(2);
}
const files = (await Promise.all((paths.length > 0 ? paths : ["tests"]).map(testFiles))).flat()
  .sort((a, b) => rankOf(a) - rankOf(b));
const total: Sums = { passed: 0, failed: 0, ignored: 0 };
const bad: string[] = [];

const check = async (): Promise<void> => {
  const { success, text } = await deno(["check", "-q", ...files]);
  if (success) return;
  console.log(text);
  total.failed++;
  bad.push("deno check");
};
const test = async (file: string): Promise<void> => {
  const { success: ended, signal, text } = await deno([
    "test",
    "--no-check",
    "--no-prompt",
    "-P=test",
    ...options,
    file,
  ]);
  const success = ended || await onlyDriverCrashed(file, text, signal);
  const sums = sumsOf(text, success);
  total.passed += sums.passed;
  total.failed += sums.failed;
  total.ignored += sums.ignored;
  if (!success) bad.push(file);
  console.log(success ? ownOutput(text) : text);
};
// The first process installs the packages.
if (!await exists(resolve(ROOT, "node_modules"))) await deno(["install", "-q"]);
const waiting = [check, ...files.map((file) => () => test(file))].values();
const work = async (): Promise<void> => {
  for (const job of waiting) await job();
};
const jobs = Number(Deno.env.get("DENO_JOBS") ?? Math.min(navigator.hardwareConcurrency, 4));
await Promise.all(Array.from({ length: jobs }, work));

if (bad.length > 0) console.log(`\nfailed: ${bad.join(" ")}`);
const seconds = Math.round((performance.now() - began) / 1000);
const word = total.failed > 0 ? "FAILED" : "ok";
const { passed, failed, ignored } = total;
console.log(
  `\n${word} | ${passed} passed | ${failed} failed | ${ignored} ignored (${Math.floor(seconds / 60)}m${seconds % 60}s)`,
);
Deno.exit(failed > 0 ? 1 : 0);
