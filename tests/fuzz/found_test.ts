/** What fuzzing found, and what it would need luck to find. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import fc from "fast-check";
import { parseClipConfig } from "../../lib/clip/config.ts";
import { loadClipTokenizer } from "../../lib/clip/tokenizer.ts";
import { indexLines, uniqueName } from "../../lib/data/index_files.ts";
import { separatedRows } from "../../lib/data/own_table.ts";
import { loadRavdess } from "../../lib/data/ravdess.ts";
import { InputError } from "../../lib/errors.ts";
import { exists, readJson } from "../../lib/files/read.ts";
import { downloadModel } from "../../lib/hub/download_model.ts";
import { shardsOf } from "../../lib/hub/models.ts";
import { makeFiles } from "../../data/generator/make_files.ts";
import { openSafetensors } from "../../lib/files/safetensors.ts";
import { readJsonLines } from "../../lib/files/json_lines.ts";
import { openWhisper } from "../../lib/whisper/whisper.ts";
import { randomWhisper } from "../whisper/random_whisper.ts";
import { cacheIn, withVariables } from "../hub/hub_server.ts";
import { inFolder } from "../helpers.ts";
import { peakMemory } from "./peak_memory.ts";
import { checkClips } from "./worlds/datasets.ts";

const refused = (work: Promise<unknown>, message: RegExp) =>
  assert.rejects(work, (error) => error instanceof InputError && message.test(error.message));

Deno.test("headers that announce gigabytes allocate nothing", async () => {
  await inFolder(async (folder) => {
    const before = peakMemory();
    for (const length of [2n ** 33n, 2n ** 62n, 2n ** 64n - 1n, 50_000_000n]) {
      const bytes = new Uint8Array(100);
      new DataView(bytes.buffer).setBigUint64(0, length, true);
      const path = join(folder, `${length}.safetensors`);
      await Deno.writeFile(path, bytes);
      await refused(openSafetensors(path), /its header announces \d+ bytes, but only 92 follow/);
    }
    for (const shape of [[2 ** 40], [2 ** 30, 2 ** 30], [2 ** 52, 0, 2 ** 52], Array(1000).fill(2 ** 50)]) {
      const header = JSON.stringify({ a: { dtype: "F32", shape, data_offsets: [0, shape[0]! * 4] } });
      const bytes = new Uint8Array(8 + header.length);
      new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
      bytes.set(new TextEncoder().encode(header), 8);
      const path = join(folder, "shape.safetensors");
      await Deno.writeFile(path, bytes);
      await refused(openSafetensors(path), /data_offsets are the bytes|needs|expected two whole/);
    }
    assert.ok(peakMemory() - before < 150, `${peakMemory() - before} MB more`);
  });
});

Deno.test("a configuration of towers of terabytes is refused before any tensor is made", () => {
  for (
    const text of [{ num_hidden_layers: 1e9 }, { max_position_embeddings: 2 ** 50 }, { max_position_embeddings: 2 }]
  ) {
    assert.throws(() => parseClipConfig({ text_config: text, vision_config: {} }, "config.json"), InputError);
  }
  assert.throws(() => parseClipConfig({ text_config: {}, vision_config: { image_size: 1e6 } }, "c"), InputError);
});

Deno.test("a Whisper of billions of layers is refused before a cache is made for each", async () => {
  const folder = await randomWhisper();
  try {
    const path = join(folder, "config.json"), good = await readJson(path) as Record<string, unknown>;
    for (const name of ["encoder_layers", "decoder_layers"]) {
      await Deno.writeTextFile(path, JSON.stringify({ ...good, [name]: 2 ** 32 }));
      await refused(openWhisper(folder), new RegExp(`'${name}' in config.json must be a whole number from 1 to 1024`));
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a tokenizer that makes half a token is refused", async () => {
  await inFolder(async (folder) => {
    for (const name of ["config.json", "tokenizer.json", "tokenizer_config.json"]) {
      await Deno.copyFile(join("data/models/clip-tiny-sample", name), join(folder, name));
    }
    const json = await readJson(join(folder, "tokenizer.json")) as { model: { vocab: Record<string, number> } };
    json.model.vocab["a</w>"] = 0.5;
    await Deno.writeTextFile(join(folder, "tokenizer.json"), JSON.stringify(json));
    const tokenizer = await loadClipTokenizer(folder);
    assert.throws(() => tokenizer.encode(["a dog"]), /makes token 0\.5 of 'a dog', but config\.json has \d+ tokens/);
  });
});

Deno.test("names stay unique, whatever names the entries have already", () => {
  const name = fc.constantFrom("a", "a#2", "a#3", "a#2#2", "b");
  fc.assert(fc.property(fc.array(name, { maxLength: 12 }), (names) => {
    const taken = new Map<string, number>();
    const made = names.map((name) => uniqueName(name, taken));
    assert.equal(new Set(made).size, names.length, made.join());
  }));
});

Deno.test("a folder or link in place of a file is reported in one line", async () => {
  await inFolder(async (folder) => {
    const loop = join(folder, "loop");
    await Deno.symlink(loop, loop);
    for (const path of [folder, loop, join(folder, "x".repeat(300)), join(folder, "a\0b")]) {
      for (const read of [readJson, openSafetensors, indexLines]) await refused(read(path), /^Cannot read '/);
      assert.equal(await exists(path), path === folder);
    }
  });
});

Deno.test("a damaged line of a log is reported by its number, an endless line by its length", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "metrics.jsonl");
    await Deno.writeTextFile(path, '{"step":1}\n{"step":\n{"step":3}\n');
    await refused(readJsonLines(path), /metrics\.jsonl:2 as it is no line of such a file: '\{"step":'\. Remove/);
    await Deno.writeTextFile(path, `image,audio\n"${"x".repeat(2_000_000)}`);
    const options = { columns: ["image", "audio"], required: ["image"], onOddity: () => {} };
    await refused(Array.fromAsync(separatedRows(path, options)), /not well-formed CSV: Max Record Size/);
    assert.equal(new InputError("x".repeat(100_000)).message.length < 2000, true);
  });
});

Deno.test("a damaged list of what the sample made removes nothing outside of its folder", async () => {
  await inFolder(async (folder) => {
    const [directory, ledger, other] = ["corpus", "ledger.json", "mine.txt"].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    await Deno.writeTextFile(other, "mine");
    for (const path of ["../mine.txt", other, "a/../../mine.txt"]) {
      await Deno.writeTextFile(ledger, JSON.stringify({ [path]: 1 }));
      await refused(makeFiles([], { directory, ledger }), /leaves the data set's folder/);
    }
    await Deno.writeTextFile(ledger, "[1]");
    await refused(makeFiles([], { directory, ledger }), /must be a list of files/);
    assert.equal(await Deno.readTextFile(other), "mine");
  });
});

Deno.test("shards are files beside their index", () => {
  const map = { a: "../../x", b: "/etc/passwd", c: "model-1.safetensors", d: ".hidden", e: "a/b", f: "a\0b", g: 7 };
  assert.deepEqual(shardsOf({ weight_map: map }), ["model-1.safetensors"]);
});

Deno.test("a hub leads neither out of the cache nor round and round", async () => {
  const commit = "1".repeat(40);
  const oid = "2".repeat(40);
  const tree = ["config.json", "tokenizer.json"].map((path) => ({ type: "file", path, size: 21, oid }));
  let number: unknown = "../../../../escaped",
    title = '"safetensors variant"',
    modified = "null",
    endless = false,
    pages = 0;
  const blob = new TextEncoder().encode('{"model_type":"clip"}');
  const digest = await crypto.subtle.digest("SHA-1", Uint8Array.of(...new TextEncoder().encode("blob 21\0"), ...blob));
  for (const file of tree) file.oid = new Uint8Array(digest).toHex();
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const { pathname } = new URL(request.url);
    const json = (value: unknown, headers = {}) => new Response(JSON.stringify(value), { headers });
    if (pathname.includes("/revision/")) {
      return new Response(`{"id":"org/clip","sha":"${commit}","lastModified":${modified}}`);
    }
    if (pathname.includes("/tree/")) {
      pages++;
      return json(endless ? [] : tree, endless ? { link: `<${request.url}>; rel="next"` } : {});
    }
    if (pathname.includes("/discussions")) {
      const pull = {
        title: "TITLE",
        status: "open",
        isPullRequest: true,
        author: { name: "SFconvertbot" },
      };
      return new Response(JSON.stringify({ discussions: [{ ...pull, num: number }] }).replace('"TITLE"', title));
    }
    return new Response(blob);
  });
  const hub = { endpoint: `http://127.0.0.1:${server.addr.port}`, token: undefined };
  await inFolder((home) =>
    withVariables(cacheIn(home), async () => {
      for (number of ["../../../../escaped", -0.5, null, { toString: 1 }]) {
        await refused(downloadModel("org/clip", hub, { pause: 1 }), /'org\/clip' as its repository has no model\.saf/);
      }
      const deep = `${"[".repeat(20_000)}${"]".repeat(20_000)}`; // no text, and too deep to become one
      [number, title] = [7, deep];
      await refused(downloadModel("org/clip", hub, { pause: 1 }), /'org\/clip' as its repository has no model\.saf/);
      modified = deep;
      await refused(downloadModel("org/clip", hub, { pause: 1 }), /does not answer as a hub/);
      modified = "null";
      await refused(downloadModel("org/clip", hub, { revision: "../../../escaped" }), /expected a tag, a commit/);
      endless = true;
      await refused(downloadModel("org/clip", hub, { pause: 1 }), /more than 1000 pages/);
      assert.ok(pages <= 1010, `${pages} pages`);
      assert.deepEqual((await Array.fromAsync(Deno.readDir(home))).map(({ name }) => name), ["hub"]);
    })
  );
});

Deno.test("names of RAVDESS's files, whatever they are", async () => {
  await inFolder(async (root) => {
    await Deno.mkdir(join(root, "Actor_01"));
    for (const ending of ["wav", "flac"]) {
      await Deno.writeTextFile(join(root, "Actor_01", `03-01-01-01-01-01-01.${ending}`), "");
    }
    const told: string[] = [];
    const clips = await loadRavdess(root, { onOddity: ({ kind }) => told.push(kind) });
    assert.deepEqual(clips.map(({ audio }) => audio), [join(root, "Actor_01", "03-01-01-01-01-01-01.flac")]);
    assert.ok(told.includes("recording in another format too, skipped"), told.join());
  });
  const code = fc.constantFrom("01", "02", "03", "05", "08", "09", "00", "99", "1", "__proto__", "");
  const ending = fc.constantFrom(".wav", ".WAV", ".flac", ".mp4", "", ".wav.wav", ".txt");
  const likely = fc.constantFrom("03-01-01-01-01-01-01", "03-01-05-02-02-01-01", "03-01-03-01-01-01-02");
  const odd = { weight: 1, arbitrary: fc.array(code, { minLength: 6, maxLength: 8 }).map((codes) => codes.join("-")) };
  const stem = fc.oneof({ weight: 6, arbitrary: likely }, odd);
  const file = fc.tuple(stem, ending).map((parts) => parts.join("")).filter((name) => !["", ".", ".."].includes(name));
  const actor = fc.constantFrom("Actor_01", "Actor_01", "Actor_02", "Actor_99", "Actor_1", "actor_01");
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(actor, file), { maxLength: 6 }), async (files) => {
      await inFolder(async (root) => {
        for (const [actor, name] of files) {
          await Deno.mkdir(join(root, actor), { recursive: true });
          await Deno.writeTextFile(join(root, actor, name), "");
        }
        try {
          checkClips(await loadRavdess(root), root);
        } catch (error) {
          if (!(error instanceof InputError)) throw error;
          assert.ok(error.message.includes(root), error.message);
        }
      });
    }),
    { numRuns: 150 },
  );
});
