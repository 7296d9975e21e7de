/** ONNX files as protocol-buffer messages: enough to read a graph's structure and to add or replace its parts. */
import { joinBytes } from "../files/read.ts";

/** The length-delimited fields of a message; the others, which are numbers, are skipped. */
export function* fieldsOf(
  message: Uint8Array,
): Generator<{ number: number; start: number; end: number; bytes: Uint8Array }> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; at < message.length; scale *= 128) {
      const byte = message[at++]!;
      value += (byte & 127) * scale;
      if (byte < 128) break;
    }
    return value;
  };
  while (at < message.length) {
    const start = at, tag = varint(), number = Math.floor(tag / 8), kind = tag % 8;
    if (kind === 0) varint();
    else if (kind === 1) at += 8;
    else if (kind === 5) at += 4;
    else if (kind === 2) {
      const length = varint();
      at += length;
      yield { number, start, end: at, bytes: message.subarray(at - length, at) };
    } else return; // no message: what follows is damaged
  }
}

export function field(number: number, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const varint = (value: number): number[] =>
    value < 128 ? [value] : [value % 128 + 128, ...varint(Math.floor(value / 128))];
  return joinBytes([Uint8Array.from([...varint(8 * number + 2), ...varint(bytes.length)]), bytes]);
}
