import { join } from "@std/path";
import fc from "fast-check";
import assert from "node:assert/strict";
import { InputError } from "../../lib/errors.ts";
import {
  encodeSafetensors,
  openSafetensors,
  readSafetensors,
  type TensorToWrite,
  writeSafetensors,
} from "../../lib/files/safetensors.ts";
import { inFolder } from "../helpers.ts";
import { anyCharacter } from "../any_character.ts";

/** A file of a header and data, put together by hand. */
function fileOf(header: unknown, data = new Uint8Array(), length?: number): Uint8Array {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length ?? text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}

const rejected = (path: string, ...words: string[]) => (error: Error) => {
  for (const word of [path, ...words]) assert.ok(error.message.includes(word), `'${error.message}' lacks '${word}'`);
  return error instanceof InputError;
};

Deno.test("the reference's file is read: names, shapes, first values", async () => {
  const tensors = await readSafetensors(
    new URL("../fixtures/brewclip_tiny/batch.safetensors", import.meta.url).pathname,
  );
  assert.deepEqual([...tensors.keys()].sort(), ["ids", "image_ids", "lengths", "pixels", "whisper"]);
  assert.deepEqual(tensors.get("lengths"), {
    dtype: "I64",
    shape: [6],
    data: new BigInt64Array([30n, 12n, 25n, 7n, 30n, 18n]),
  });
  assert.deepEqual(tensors.get("pixels")!.shape, [6, 3, 32, 32]);
});

Deno.test("half precisions are read by their bits", async () => {
  await inFolder(async (directory) => {
    const path = join(directory, "a.safetensors");
    const data = new Uint8Array(new Uint16Array([0x3c00, 0xc000, 0x0001, 0x3f80, 0xc040, 0x7f80]).buffer);
    const header = {
      half: { dtype: "F16", shape: [3], data_offsets: [0, 6] },
      brain: { dtype: "BF16", shape: [3, 1], data_offsets: [6, 12] },
    };
    await Deno.writeFile(path, fileOf(header, data));
    const tensors = await readSafetensors(path);
    assert.deepEqual(Array.from(tensors.get("half")!.data as Float32Array), [1, -2, 2 ** -24]);
    assert.deepEqual(Array.from(tensors.get("brain")!.data as Float32Array), [1, -3, Infinity]);
  });
});

Deno.test("what is written is read again", async () => {
  await inFolder(async (directory) => {
    const path = join(directory, "a.safetensors");
    const tensor: fc.Arbitrary<TensorToWrite> = fc.oneof(
      fc.float32Array({ noNaN: true }).map((data) => ({ shape: [data.length], data: new Float32Array(data) })),
      fc.int32Array({ minLength: 6, maxLength: 6 }).map((data) => ({ shape: [2, 3], data: new Int32Array(data) })),
      fc.bigInt64Array({ minLength: 1, maxLength: 1 }).map((data) => ({ shape: [], data: new BigInt64Array(data) })),
    );
    const name = fc.string({ unit: anyCharacter, minLength: 1 }).filter((text) =>
      text !== "__metadata__" && text.isWellFormed()
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(name, tensor)), async (pairs) => {
        const tensors = new Map(pairs);
        await writeSafetensors(path, tensors, { metadata: { made: "here" } });
        const file = await openSafetensors(path);
        assert.deepEqual(file.metadata, { made: "here" });
        assert.deepEqual([...file.entries.keys()].sort(), [...tensors.keys()].sort());
        for (const [name, { shape, data }] of tensors) {
          const found = await file.read(name);
          assert.deepEqual({ shape: found.shape, data: found.data }, { shape, data });
        }
      }),
      { numRuns: 30 },
    );
  });
});

Deno.test("F16 rounds to the nearest and refuses what it cannot hold", async () => {
  await inFolder(async (directory) => {
    const path = join(directory, "a.safetensors");
    const data = new Float32Array([1, 0.1, -65504, 1e-8]);
    await writeSafetensors(path, new Map([["x", { shape: [4], data }]]), { dtype: "F16" });
    const { dtype, data: read } = (await readSafetensors(path)).get("x")!;
    assert.equal(dtype, "F16");
    data.forEach((value, i) =>
      assert.ok(Math.abs(Number(read[i]) - value) <= Math.max(Math.abs(value) / 2048, 2 ** -25))
    );
    const large = new Map([["large", { shape: [1], data: new Float32Array([70000]) }]]);
    assert.throws(() => encodeSafetensors(large, { dtype: "F16" }), /'large'.*70000/);
    const wrong = new Map([["short", { shape: [3], data: new Float32Array(2) }]]);
    assert.throws(() => encodeSafetensors(wrong), /'short'.*2 values/);
  });
});

Deno.test("shards are joined, and an index that does not fit them is refused", async () => {
  await inFolder(async (directory) => {
    const one = (value: number) => ({ shape: [1], data: new Float32Array([value]) });
    await writeSafetensors(join(directory, "m-1.safetensors"), new Map([["a", one(1)]]));
    await writeSafetensors(join(directory, "m-2.safetensors"), new Map([["b", one(2)]]));
    const path = join(directory, "model.safetensors.index.json");
    const index = (weight_map: unknown) => Deno.writeTextFile(path, JSON.stringify({ weight_map }));
    await index({ a: "m-1.safetensors", b: "m-2.safetensors" });
    const tensors = await readSafetensors(path);
    assert.deepEqual([...tensors].map(([name, { data }]) => [name, data[0]]), [["a", 1], ["b", 2]]);
    await index({ a: "m-1.safetensors", b: "m-1.safetensors" });
    await assert.rejects(readSafetensors(path), rejected(path, "'b'", "m-1"));
    await index({ a: "../m-1.safetensors" });
    await assert.rejects(readSafetensors(path), rejected(path, "../m-1"));
    await index({ a: "m-3.safetensors" });
    await assert.rejects(readSafetensors(path), rejected(join(directory, "m-3.safetensors"), "does not exist"));
    await index(undefined);
    await assert.rejects(readSafetensors(path), rejected(path, "weight_map"));
    await writeSafetensors(join(directory, "m-2.safetensors"), new Map([["a", one(2)]]));
    await index({ a: "m-1.safetensors", b: "m-2.safetensors" });
    await assert.rejects(readSafetensors(path), rejected("m-2.safetensors", "'a'", "another shard"));
  });
});

Deno.test("a key that is given twice is refused, in whatever object and however it is escaped", async () => {
  const entry = '{"dtype":"F32","shape":[1],"data_offsets":[0,4]}';
  const cases: [string, string, string][] = [
    ["tensor", `{"a":${entry},"a":${entry.replace("F32", "I32")}}`, "'a' twice"],
    ["escaped", `{"ab":${entry},"\\u0061b" : ${entry}}`, "'ab' twice"],
    ["dtype", `{"a":${entry.replace("{", '{"dtype":"I32",')}}`, "'dtype' twice"],
    ["shape", `{"a":${entry.replace("}", ',"shape":[1]}')}}`, "'shape' twice"],
    ["metadata", `{"__metadata__":{"k":"1","k":"2"},"a":${entry}}`, "'k' twice"],
    ["both metadata", `{"__metadata__":{},"a":${entry},"__metadata__":{}}`, "'__metadata__' twice"],
  ];
  await inFolder(async (directory) => {
    const path = join(directory, "x.safetensors");
    for (const [name, header, words] of cases) {
      await Deno.writeFile(path, fileOf(header, new Uint8Array(4)));
      await assert.rejects(readSafetensors(path), rejected(path, words), name);
    }
    // The same name in two objects, as a value, or with quotes and backslashes in it is no key given twice.
    const once = `{"__metadata__":{"a":"a","dtype":"a\\\\\\"","b":"{\\"a\\":1"},"a":${entry}}`;
    await Deno.writeFile(path, fileOf(once, new Uint8Array(4)));
    assert.equal((await openSafetensors(path)).metadata.b, '{"a":1');
    const index = join(directory, "x.safetensors.index.json");
    await Deno.writeTextFile(index, '{"weight_map":{"a":"x.safetensors","a":"y.safetensors"}}');
    await assert.rejects(readSafetensors(index), rejected(index, "'a' twice"));
  });
});

Deno.test("a malformed file is refused by name, before anything is allocated by what it says", async () => {
  const entry = (change: object) => ({ x: { dtype: "F32", shape: [2], data_offsets: [0, 8], ...change } });
  const eight = new Uint8Array(8);
  const cases: [string, Uint8Array, ...string[]][] = [
    ["empty", new Uint8Array(), "0 bytes"],
    ["long header", fileOf({}, eight, 2 ** 52), String(2 ** 52)],
    ["no JSON", fileOf("{"), "not JSON"],
    ["list", fileOf([]), "JSON object"],
    ["metadata", fileOf({ __metadata__: null }), "__metadata__"],
    ["no entry", fileOf({ x: null }, eight), "'x'", "element type"],
    ["type", fileOf(entry({ dtype: "F33" }), eight), "'x'", "F33"],
    ["inherited type", fileOf(entry({ dtype: "constructor" }), eight), "'x'", "constructor"],
    ["shape", fileOf(entry({ shape: [-2] }), eight), "'x'", "[-2]"],
    ["huge shape", fileOf(entry({ shape: [2 ** 40, 2 ** 40] }), eight), "'x'", "needs"],
    ["fractional shape", fileOf(entry({ shape: [1.5] }), eight), "'x'", "1.5"],
    ["offsets", fileOf(entry({ data_offsets: [0] }), eight), "'x'", "data_offsets"],
    ["beyond the end", fileOf(entry({ data_offsets: [0, 800] }), eight), "'x'", "bytes"],
    ["backwards", fileOf(entry({ data_offsets: [8, 0] }), eight), "'x'"],
    ["other size", fileOf(entry({ shape: [1] }), eight), "'x'", "needs 4"],
    [
      "overlap",
      fileOf({ ...entry({}), y: { dtype: "F32", shape: [2], data_offsets: [0, 8] } }, eight),
      "'y'",
      "begins",
    ],
    ["hole", fileOf(entry({ data_offsets: [4, 12] }), new Uint8Array(12)), "'x'", "begins"],
    ["more data", fileOf(entry({}), new Uint8Array(12)), "end at byte"],
  ];
  await inFolder(async (directory) => {
    for (const [name, bytes, ...words] of cases) {
      const path = join(directory, `${name}.safetensors`);
      await Deno.writeFile(path, bytes);
      await assert.rejects(readSafetensors(path), rejected(path, ...words), name);
    }
    const path = join(directory, "double.safetensors");
    await Deno.writeFile(path, fileOf({ x: { dtype: "F64", shape: [1], data_offsets: [0, 8] } }, eight));
    const file = await openSafetensors(path); // other types may stand in a file as long as nobody reads them
    await assert.rejects(file.read("x"), rejected(path, "'x'", "F64"));
    await assert.rejects(file.read("y"), rejected(path, "'y'"));
    await assert.rejects(readSafetensors(join(directory, "none")), rejected("none", "does not exist"));
  });
});
