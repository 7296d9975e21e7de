/**
 * The few parts of protocol buffers' binary format that a writer needs.
 *
 * @module
 */

/** A length-delimited field: tag, length, bytes. */
export function field(number: number, bytes: Uint8Array): Uint8Array {
  return message([varint(number << 3 | 2), varint(bytes.length), bytes]);
}

/** A field of a whole number: tag and value. */
export function integerField(number: number, value: number): Uint8Array {
  return message([varint(number << 3), varint(value)]);
}

/** Base-128 number, low groups first; a negative one in two's complement of 64 bits. */
export function varint(value: number): Uint8Array {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  do {
    const group = Number(rest & 127n);
    rest >>= 7n;
    bytes.push(rest > 0n ? group | 128 : group);
  } while (rest > 0n);
  return Uint8Array.from(bytes);
}

/** The UTF-8 bytes of a text. */
export function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

/** The raw bytes of a typed array (little-endian, as ONNX wants them and as every platform of Deno stores them). */
export function bytesOf(values: ArrayBufferView): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** Fields one after the other, which is what a message is. */
export function message(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
