import fc from "fast-check";

/**
 * Any character but halves of pairs, as the unit of `fc.string`. fast-check's own `"binary"` takes seconds to list them all
 * before the first string is drawn.
 */
export const anyCharacter: fc.Arbitrary<string> = fc.nat(0x10ffff - 0x800).map((code) =>
  String.fromCodePoint(code < 0xd800 ? code : code + 0x800)
);
