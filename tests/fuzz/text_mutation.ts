/** Texts damaged where it hurts a parser: their tokens, keys, numbers and paths, their encoding, the file itself. */
import fc from "fast-check";
import { type Damage, damage, damaged } from "./mutation.ts";
import { anyCharacter } from "../any_character.ts";

/** What stands in the place of a token. */
const NUMBERS = ["0", "-1", "1e999", "NaN", "Infinity", "1e15", "9007199254740993", "4294967296", "1e-320", "0.5", "-0"]
  .concat(["99999999999999999999999", "2147483648", '"7"', '"-1"', '"NaN"', "00", "+1", "0x10"]);
const WORDS = ["null", "true", "false", "{}", "[]", '""', '" "', "undefined", "[null]", "{", "}", "[", "]", ",", ":"]
  .concat(['"', "\\", "#", "#2", "\t", "\n", "\r\n", ";", "a", '"a"', "[[1]]"]);
const KEYS = ["__proto__", "constructor", "toString", "prototype", "hasOwnProperty", "length", "then"]
  .flatMap((key) => [key, `"${key}"`, `"${key}":{"polluted":1}`]);
const PATHS = ["../../x", "/etc/passwd", "..", ".", "a/../../x", "C:\\x", "..\\x", "\\\\server\\x", "%2e%2e/x", "~/x"]
  .concat(["a\\u0000b", "a\0b", "./a", "a//b", "file:///etc/passwd", "..%2fx", "\u202e", "x".repeat(5000) + ".jpg"])
  .flatMap((path) => [path, JSON.stringify(path), JSON.stringify(path).replaceAll("\\\\", "\\")]);
const MONSTERS = ["[".repeat(100_000), "[".repeat(100_000) + "]".repeat(100_000), '{"a":'.repeat(50_000)]
  .concat(['{"a":'.repeat(50_000) + "1" + "}".repeat(50_000), `"${"x".repeat(200_000)}"`, "9".repeat(10_000)])
  .concat([`[${"0,".repeat(50_000)}0]`, "\ud800", "\ufeff", "\u2028"]);

const value = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...NUMBERS, ...WORDS) },
  { weight: 2, arbitrary: fc.constantFrom(...KEYS, ...PATHS) },
  { weight: 1, arbitrary: fc.json() },
  { weight: 1, arbitrary: fc.string({ unit: anyCharacter, maxLength: 20 }) },
  { weight: 1, arbitrary: fc.constantFrom(...MONSTERS) },
);
/** What leaves JSON whole, so that the damage comes through to what reads the fields. */
const whole = fc.oneof(
  fc.constantFrom(
    ...[...NUMBERS, ...WORDS, ...KEYS, ...PATHS].filter(isJson),
    '"\\u001b[31m"',
    "[[[[]]]]",
    "-7",
    "3",
    "16",
  ),
  fc.json({ maxDepth: 2 }),
);
const place = fc.nat(2 ** 30 - 1).map((part) => part / 2 ** 30);

/** A change of one token; `from` is the place of another one. */
const edit = fc.record({
  how: fc.constantFrom("replace", "replace", "replace", "insert", "drop", "copy", "copy"),
  place,
  value: fc.oneof(value, whole, whole),
  from: place,
});

/** A change of the whole file. */
const WHOLES: Record<string, (bytes: Uint8Array) => Uint8Array> = {
  empty: () => new Uint8Array(0),
  mark: (bytes) => joined(Uint8Array.of(0xef, 0xbb, 0xbf), bytes),
  marks: (bytes) => joined(Uint8Array.of(0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf), bytes),
  utf16: (bytes) => {
    const text = `\ufeff${new TextDecoder().decode(bytes)}`;
    return new Uint8Array(Uint16Array.from(text, (letter) => letter.charCodeAt(0)).buffer);
  },
  windows: (bytes) => new TextEncoder().encode(new TextDecoder().decode(bytes).replaceAll("\n", "\r\n")),
  twice: (bytes) => joined(bytes, bytes),
  zeros: (bytes) => new Uint8Array(bytes.length),
  foreign: (bytes) => joined(bytes.subarray(0, bytes.length >> 1), Uint8Array.of(0xff, 0xc3, 0x28, 0xed, 0xa0, 0x80)),
  brackets: () => new TextEncoder().encode("[".repeat(100_000)),
  objects: () => new TextEncoder().encode('{"a":'.repeat(100_000)),
  line: () => new Uint8Array(3_000_000).fill(120),
  spaces: () => new Uint8Array(300_000).fill(32),
  quote: (bytes) => joined(new TextEncoder().encode('"'), bytes),
};

/** What may stand at a file's place instead of it. */
export type Stranger = "nothing" | "folder" | "loop" | "link to nowhere";

/** A damage of a text file. */
export type TextDamage =
  | { kind: "edits"; edits: { how: string; place: number; value: string; from: number }[] }
  | { kind: "bytes"; damage: Damage }
  | { kind: "whole"; how: string }
  | { kind: "json"; text: string }
  | { kind: "stranger"; what: Stranger };

/** Damages of text files. */
export const textDamage: fc.Arbitrary<TextDamage> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant("edits" as const),
      edits: fc.oneof(fc.array(edit, { minLength: 1, maxLength: 1 }), fc.array(edit, { minLength: 1, maxLength: 5 })),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("bytes" as const), damage }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("whole" as const), how: fc.constantFrom(...Object.keys(WHOLES)) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("json" as const), text: fc.json() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("stranger" as const),
      what: fc.constantFrom("nothing" as const, "folder" as const, "loop" as const, "link to nowhere" as const),
    }),
  },
);

/** Where a text of another kind of file stands: a header, a text within a header. */
export interface Inner {
  /** Takes it out. */
  take(bytes: Uint8Array): string;
  /** Puts another one in, with lengths that fit. */
  put(bytes: Uint8Array, text: string): Uint8Array;
}

const WHOLE_TEXT: Inner = {
  take: (bytes) => new TextDecoder().decode(bytes),
  put: (_, text) => new TextEncoder().encode(text),
};

/** The damaged content; undefined where something else is to stand at the file's place. */
export function damagedText(one: TextDamage, bytes: Uint8Array, inner: Inner = WHOLE_TEXT): Uint8Array | undefined {
  switch (one.kind) {
    case "edits":
      return inner.put(bytes, edited(inner.take(bytes), one.edits));
    case "bytes":
      return damaged(one.damage, [bytes]);
    case "whole":
      return WHOLES[one.how]!(bytes);
    case "json":
      return inner.put(bytes, one.text);
    case "stranger":
      return undefined;
  }
}

/** A text with some of its tokens changed. */
function edited(text: string, edits: Extract<TextDamage, { kind: "edits" }>["edits"]): string {
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[\w.+-]+|\s+|[^\w\s]/g) ?? [];
  const solid = tokens.flatMap((token, i) => /^\s*$|^[{}[\]:,]$/.test(token) ? [] : [i]);
  for (const { how, place, value, from } of edits) {
    const index = solid[Math.floor(place * solid.length)] ?? 0;
    if (how === "replace") tokens[index] = value;
    else if (how === "insert") tokens[index] = value + (tokens[index] ?? "");
    else if (how === "drop") tokens[index] = "";
    else tokens[index] = tokens[solid[Math.floor(from * solid.length)] ?? 0] ?? "";
  }
  return tokens.join("");
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const all = new Uint8Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}
