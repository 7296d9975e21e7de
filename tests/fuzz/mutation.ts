/** Files damaged in the ways that disks, transfers and bad writers damage them, and in worse ones. */
import fc from "fast-check";

/** One change of a file; places are parts of its length, or bytes from its start. */
export type Mutation =
  | { kind: "flip"; place: number; bit: number }
  | { kind: "field"; at: number; width: 1 | 2 | 4 | 8; value: bigint; little: boolean }
  | { kind: "cut"; place: number }
  | { kind: "drop"; place: number; bytes: number }
  | { kind: "repeat"; place: number; bytes: number }
  | { kind: "fill"; place: number; bytes: number; value: number }
  | { kind: "splice"; place: number; from: number; other: number };

/** A damaged file: which of the good ones, and what happens to it, one after the other. */
export interface Damage {
  file: number;
  mutations: Mutation[];
}

const EXTREMES = [0n, 1n, 2n, 0x7fn, 0x80n, 0xffn, 0x7fffn, 0x8000n, 0xffffn, 0x7ffffff0n, 0x7fffffffn, 0x80000000n]
  .concat([0xfffffffen, 0xffffffffn, 0x100000000n, 0x7fffffffffffffffn, 0xffffffffffffffffn]);

/** What names the format: were it damaged in every other case, no decoder would see much. */
const NAME = 4;
/** Anywhere, or where headers are. */
const place = fc.oneof(fc.double({ min: 0.01, max: 1, noNaN: true }), fc.double({ min: 0, max: 0.05, noNaN: true }));
const bytes = fc.oneof(fc.integer({ min: 1, max: 16 }), fc.integer({ min: 1, max: 3000 }));

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({ kind: fc.constant("flip" as const), place, bit: fc.integer({ min: 0, max: 7 }) }),
  fc.record({
    kind: fc.constant("field" as const),
    at: fc.integer({ min: NAME, max: 120 }),
    width: fc.constantFrom(1 as const, 2 as const, 4 as const, 8 as const),
    value: fc.oneof(fc.constantFrom(...EXTREMES), fc.bigInt({ min: 0n, max: 0xffffffffn })),
    little: fc.boolean(),
  }),
  fc.record({ kind: fc.constant("cut" as const), place: fc.double({ min: 0.02, max: 1, noNaN: true }) }),
  fc.record({ kind: fc.constant("drop" as const), place, bytes }),
  fc.record({ kind: fc.constant("repeat" as const), place, bytes }),
  fc.record({ kind: fc.constant("fill" as const), place, bytes, value: fc.integer({ min: 0, max: 255 }) }),
  fc.record({ kind: fc.constant("splice" as const), place, from: place, other: fc.nat(1000) }),
);

/** Damages of a number of good files. */
export const damage: fc.Arbitrary<Damage> = fc.record({
  file: fc.nat(1000),
  mutations: fc.array(mutation, { minLength: 1, maxLength: 4 }),
});

/** The damaged file. */
export function damaged({ file, mutations }: Damage, files: readonly Uint8Array[]): Uint8Array {
  let content: Uint8Array = files[file % files.length]!.slice();
  for (const one of mutations) content = applied(one, content, files);
  return content;
}

function applied(one: Mutation, content: Uint8Array, files: readonly Uint8Array[]): Uint8Array {
  if (content.length === 0) return content;
  if (one.kind === "field") {
    for (let i = 0; i < one.width; i++) {
      const at = one.at + (one.little ? i : one.width - 1 - i);
      if (at < content.length) content[at] = Number((one.value >> BigInt(8 * i)) & 255n);
    }
    return content;
  }
  const at = Math.min(content.length - 1, Math.max(NAME, Math.floor(one.place * content.length)));
  switch (one.kind) {
    case "flip":
      content[at]! ^= 1 << one.bit;
      return content;
    case "cut":
      return content.slice(0, at);
    case "fill":
      return content.fill(one.value, at, at + one.bytes);
    case "drop":
      return concat(content.subarray(0, at), content.subarray(at + one.bytes));
    case "repeat":
      return concat(content.subarray(0, at + one.bytes), content.subarray(at));
    case "splice": {
      const other = files[one.other % files.length]!;
      return concat(content.subarray(0, at), other.subarray(Math.floor(one.from * other.length)));
    }
  }
}

function concat(first: Uint8Array, second: Uint8Array): Uint8Array {
  const all = new Uint8Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}
