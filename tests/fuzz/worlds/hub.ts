/** The cache of models, and what a hub answers: its listings must not lead out of the cache, whatever they say. */
import { createHash } from "node:crypto";
import { dirname, join } from "@std/path";
import { downloadModel } from "../../../lib/hub/download_model.ts";
import { findModel } from "../../../lib/hub/find_model.ts";
import { sha256 } from "../../hub/hub_server.ts";
import { check, checkInside, type World } from "../world.ts";

const MAIN = "1".repeat(40), OTHER = "2".repeat(40), ID = "org/clip";
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const FILES: Record<string, Uint8Array> = {
  "config.json": bytes('{"model_type":"clip"}'),
  "tokenizer.json": bytes("{}"),
  "model.safetensors": bytes("weights"),
};

/** Answers with what stands in the folder; files by their names. */
function serve(folder: string): Deno.HttpServer<Deno.NetAddr> {
  const reply = async (name: string): Promise<Response> => {
    const text = await Deno.readFile(join(folder, name)).catch(() => undefined);
    return new Response(text ?? null, {
      status: text === undefined ? 404 : 200,
      headers: { "content-type": "application/json" },
    });
  };
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname.includes("/revision/")) {
      return await reply(pathname.endsWith("/main") ? "revision.json" : "conversion.json");
    }
    if (pathname.includes("/tree/")) return await reply(pathname.endsWith(MAIN) ? "tree.json" : "converted.json");
    if (pathname.includes("/discussions")) return await reply("discussions.json");
    const content = FILES[pathname.replace(/^.*\/resolve\/[^/]+\//, "")];
    return new Response(content as Uint8Array<ArrayBuffer> ?? null, { status: content === undefined ? 404 : 200 });
  });
}

/** Every file and link below a folder, and where links lead. */
async function everything(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory, isSymlink } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) found.push(...await everything(path));
    else found.push(isSymlink ? join(dirname(path), await Deno.readLink(path)) : path);
  }
  return found;
}

/** The worlds of the hub. */
export async function worlds(root: string): Promise<World[]> {
  const answers = join(root, "answers"),
    home = join(root, "home"),
    cache = join(home, "hub"),
    cached = join(root, "cached");
  await Deno.mkdir(answers);
  const entry = (path: string) => {
    const content = FILES[path]!;
    const large = path.endsWith(".safetensors");
    const oid = createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex");
    const lfs = large ? { lfs: { oid: sha256(content), size: content.length, pointerSize: 134 } } : {};
    return { type: "file", path, size: content.length, oid, ...lfs };
  };
  const info = { _id: "1", id: ID, private: false, gated: false, downloads: 1, likes: 1, lastModified: "2026-01-01" };
  const write = (name: string, value: unknown) => Deno.writeTextFile(join(answers, name), JSON.stringify(value));
  await write("revision.json", { ...info, sha: MAIN });
  await write("conversion.json", { ...info, sha: OTHER });
  await write("tree.json", ["config.json", "tokenizer.json"].map(entry)); // so that a conversion is looked for
  await write("converted.json", Object.keys(FILES).map(entry));
  const request = { title: "Adding `safetensors` variant of this model", status: "open", isPullRequest: true };
  await write("discussions.json", { discussions: [{ ...request, num: 7, author: { name: "SFconvertbot" } }] });

  const repository = join(cached, "hub", "models--org--clip");
  const snapshot = join(repository, "snapshots", MAIN);
  await Deno.mkdir(snapshot, { recursive: true });
  await Deno.mkdir(join(repository, "refs/pr"), { recursive: true });
  await Deno.writeTextFile(join(repository, "refs/main"), MAIN);
  await Deno.writeTextFile(join(repository, "refs/pr/7"), OTHER);
  for (const name of ["config.json", "tokenizer.json"]) await Deno.writeFile(join(snapshot, name), FILES[name]!);
  const index = { weight_map: { a: "model-00001-of-00002.safetensors", b: "model-00002-of-00002.safetensors" } };
  await Deno.writeTextFile(join(snapshot, "model.safetensors.index.json"), JSON.stringify(index));
  for (const name of Object.values(index.weight_map)) await Deno.writeTextFile(join(snapshot, name), "x");

  const server = serve(answers);
  server.unref();
  const endpoint = `http://127.0.0.1:${server.addr.port}`;
  return [
    {
      name: "hub",
      folder: answers,
      named: ID,
      files: ["revision.json", "conversion.json", "tree.json", "converted.json", "discussions.json"],
      async read() {
        Deno.env.set("HF_HOME", home);
        const before = (await everything(root)).filter((path) => !path.startsWith(cache));
        try {
          const { folder, commit } = await downloadModel(ID, { endpoint, token: undefined }, { attempts: 1, pause: 1 });
          checkInside(folder, cache);
          check(/^[0-9a-f]{40}$/.test(commit), `the commit ${commit}`);
        } finally {
          for (const path of await everything(cache).catch(() => [])) {
            checkInside(path, join(cache, "models--org--clip"));
          }
          const after = (await everything(root)).filter((path) => !path.startsWith(cache));
          check(after.join() === before.join(), `files were written outside of the cache: ${after}`);
          await Deno.remove(cache, { recursive: true }).catch(() => {});
        }
      },
    },
    {
      name: "cache",
      folder: repository,
      named: "org",
      files: ["refs/main", "refs/pr/7", `snapshots/${MAIN}/model.safetensors.index.json`],
      async read() {
        Deno.env.set("HF_HOME", cached);
        checkInside(await findModel(ID, "clip"), repository);
      },
    },
  ];
}
