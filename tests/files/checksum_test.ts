/** Checksums in JSON files. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { InputError } from "../../lib/errors.ts";
import { sealed, sha256, sha256OfFile, unsealed } from "../../lib/files/checksum.ts";

Deno.test("sealed JSON comes back, whatever it holds, and without a checksum it is taken as it is", () => {
  fc.assert(fc.property(fc.dictionary(fc.string().filter((key) => key !== "checksum"), fc.jsonValue()), (value) => {
    const plain = JSON.parse(JSON.stringify(value));
    assert.deepEqual(unsealed(JSON.parse(sealed(value, 1)), "x.json"), plain);
    assert.deepEqual(unsealed(plain, "x.json"), plain);
  }));
});

Deno.test("a changed character of sealed JSON is an error that names the file", () => {
  const text = sealed({ result: { "R@1": 12.5, ranks: [1, 2, 3] }, seed: 1 }, 1);
  let refused = 0;
  for (let at = 0; at < text.length; at++) {
    for (let bit = 0; bit < 7; bit++) {
      const changed = text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ (1 << bit)) + text.slice(at + 1);
      let value: Record<string, unknown>;
      try {
        value = JSON.parse(changed);
      } catch {
        continue;
      }
      if (JSON.stringify(value) === JSON.stringify(JSON.parse(text))) continue; // white space
      if (value !== null && typeof value === "object" && !("checksum" in value)) continue; // an unknown field instead
      assert.throws(() => unsealed(value, "'runs/a/results.json'"), (error: Error) => {
        return error instanceof InputError && error.message.includes("'runs/a/results.json'");
      }, changed);
      refused++;
    }
  }
  assert.ok(refused > 100, String(refused));
});

Deno.test("the checksum of a file is that of its bytes", async () => {
  const path = await Deno.makeTempFile();
  const bytes = Uint8Array.from({ length: 3_000_001 }, (_, i) => i * 7);
  await Deno.writeFile(path, bytes);
  assert.equal(await sha256OfFile(path), await sha256(bytes));
  await Deno.remove(path);
});
