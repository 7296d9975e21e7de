/** The JSON header of a safetensors file, and a text within it, as texts that can be damaged. */
import type { Inner } from "./text_mutation.ts";

/** The header: its length is put right, so that the damage within is seen. */
export const HEADER: Inner = {
  take: (bytes) => new TextDecoder().decode(bytes.subarray(8, startOf(bytes))),
  put(bytes, text) {
    const header = new TextEncoder().encode(text);
    const data = bytes.subarray(startOf(bytes));
    const all = new Uint8Array(8 + header.length + data.length);
    new DataView(all.buffer).setBigUint64(0, BigInt(header.length), true);
    all.set(header, 8);
    all.set(data, 8 + header.length);
    return all;
  },
};

/** One of the texts of `__metadata__`. */
export function metadata(name: string): Inner {
  const json = (bytes: Uint8Array) => JSON.parse(HEADER.take(bytes));
  return {
    take: (bytes) => json(bytes).__metadata__[name],
    put(bytes, text) {
      const header = json(bytes);
      header.__metadata__[name] = text;
      return HEADER.put(bytes, JSON.stringify(header));
    },
  };
}

function startOf(bytes: Uint8Array): number {
  return 8 + Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
}
