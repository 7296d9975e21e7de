/** The package as somebody's own project sees it: in another folder, by local path, by `links` and by its registry name. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { pathToFileURL } from "node:url";
import { ROOT } from "./cli/run.ts";
import { publishLocally } from "./local_registry.ts";
import { temporaryFolder } from "./temporary.ts";

const NAME = "@brewclip/brewclip";
const { version } = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json")));
const readme = await Deno.readTextFile(join(ROOT, "README.md"));
const example = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code!).find((code) =>
  code.includes("loadBrewClip")
)!;

/** A project with the example and some of its images. */
async function project(config: Record<string, unknown>): Promise<string> {
  const folder = await temporaryFolder("brewclip-project-");
  const sample = "data/sample/flickr8k";
  const sound = `${sample}/flickr_audio/wavs`;
  await Deno.mkdir(join(folder, sample, "Images"), { recursive: true });
  await Deno.mkdir(join(folder, sound), { recursive: true });
  const images = Array.from(Deno.readDirSync(join(ROOT, sample, "Images")), ({ name }) => name).sort().slice(0, 8);
  for (const name of images) {
    await Deno.copyFile(join(ROOT, sample, "Images", name), join(folder, sample, "Images", name));
  }
  const recording = `${images[0]!.replace(".jpg", "")}_0.opus`;
  assert.ok(example.includes(recording), "the example asks for the first image");
  await Deno.copyFile(join(ROOT, sound, recording), join(folder, sound, recording));
  await Deno.writeTextFile(join(folder, "deno.json"), JSON.stringify(config));
  await Deno.copyFile(join(ROOT, "deno.lock"), join(folder, "deno.lock")); // the same packages, without a network
  await Deno.writeTextFile(join(folder, "example.ts"), example);
  return folder;
}

async function deno(cwd: string, args: string[], env: Record<string, string> = {}): Promise<string> {
  const command = new Deno.Command(Deno.execPath(), {
    args,
    cwd,
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", ...env },
    stdin: "null",
  });
  const { success, stdout, stderr } = await command.output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assert.ok(success, `deno ${args.join(" ")}: ${err}`);
  return out!;
}

/** Type-checks the example in a project of this config, runs it, and looks at what it ranks first. */
async function tryExample(config: Record<string, unknown>, env: Record<string, string> = {}): Promise<string> {
  const folder = await project(config);
  await deno(folder, ["check", "example.ts"], env);
  const permissions = ["--allow-read", "--allow-env", "--allow-ffi", "--allow-sys"];
  const lines = (await deno(folder, ["run", "-q", "--no-prompt", ...permissions, "example.ts"], env)).trim().split(
    "\n",
  );
  assert.equal(lines.length, 5);
  assert.match(lines[0]!, /^0\.\d{3} data\/sample\/flickr8k\/Images\/1003785260_9262d8cd24\.jpg$/);
  return folder;
}

Deno.test("the README's example has at most 12 lines", () => {
  assert.ok(example.trimEnd().split("\n").length <= 12, example);
});

Deno.test("a project in another folder imports the package by local path", async () => {
  await tryExample({ imports: { [NAME]: String(pathToFileURL(join(ROOT, "mod.ts"))) } });
});

const byName = { [NAME]: `jsr:${NAME}@^${version}` };

Deno.test("a project in another folder imports the package by links", async () => {
  await tryExample({ links: [ROOT], imports: byName });
});

Deno.test("a project imports the published package by its registry name; the bundled models come from a clone", async () => {
  const { denoDir } = JSON.parse(await deno(ROOT, ["info", "--json"]));
  const cache = await temporaryFolder("brewclip-deno-");
  await Deno.symlink(join(denoDir, "npm"), join(cache, "npm"), { type: "dir" }); // the same packages, without a network
  await using registry = await publishLocally(version);
  const env = { JSR_URL: registry.url, DENO_DIR: cache, BREWCLIP_PROJECT: ROOT };
  const folder = await tryExample({ imports: byName }, env);
  await Deno.writeTextFile(
    join(folder, "parts.ts"),
    `import { useBackend } from "${NAME}";
    import { transcriptionFigure } from "${NAME}/report";
    console.log((await useBackend("wasm")).name, typeof transcriptionFigure);
    const { plotlyScript } = await import("${registry.url}${NAME}/${version}/lib/report/figures/figure.ts");
    console.log((await plotlyScript()).length > 1e6);`,
  );
  assert.equal(await deno(folder, ["run", "-q", "--no-prompt", "-A", "parts.ts"], env), "wasm function\ntrue\n");
});

Deno.test("what is published is the library and its documentation, without tasks, tests and data, at most 2.1 MB", async () => {
  const args = ["publish", "--dry-run", "--allow-dirty", "--no-check"];
  const env = { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" };
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd: ROOT, env }).output();
  const told = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assert.ok(success, told.slice(0, 2000));
  const root = `${pathToFileURL(ROOT)}/`;
  const files = [...told.matchAll(/^\s*(file:\S+) \([\d.]+[KM]?B\)$/gm)].map(([, url]) => url!.slice(root.length));
  assert.ok(files.includes("mod.ts") && files.length > 100, told.slice(0, 2000));
  const other = files.filter((file) => !/^(lib\/.*|mod\.ts|deno\.json|LICENSE|[A-Z]+\.md)$/.test(file));
  assert.deepEqual(other, []);
  assert.deepEqual(
    files.filter((file) => !/(\.(ts|md|json)|LICENSE|kernels_binary\.txt)$/.test(file)),
    [],
  );
  const sizes = await Promise.all(files.map(async (file) => (await Deno.stat(join(ROOT, file))).size));
  assert.ok(sizes.reduce((sum, size) => sum + size, 0) <= 2.1e6);
});
