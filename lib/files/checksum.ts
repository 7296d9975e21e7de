/** Checksums of files, texts, tensors and JSON files. */
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { InputError } from "../errors.ts";
import { reading } from "./read.ts";

/** CRC-32 of the bytes of a tensor or of a text (UTF-8). */
export function crc(content: string | ArrayBufferView<ArrayBuffer>): number {
  if (typeof content === "string") return crc32(content);
  return crc32(new Uint8Array(content.buffer, content.byteOffset, content.byteLength));
}

/** JSON text of an object with a checksum of its other fields, for {@link unsealed}. */
export function sealed(value: object, indent: number): string {
  const text = JSON.stringify(value);
  return `${JSON.stringify({ ...JSON.parse(text), checksum: crc(text) }, null, indent)}\n`;
}

/**
 * Checks the checksum of a JSON object and removes it. A file of an earlier version has none.
 *
 * @param source where it comes from, for the message
 * @throws {InputError} if it does not fit.
 */
export function unsealed(value: unknown, source: string): unknown {
  if (typeof value !== "object" || value === null || !("checksum" in value)) return value;
  const { checksum, ...content } = value;
  if (checksum === crc(JSON.stringify(content))) return content;
  throw new InputError(
    `Cannot use ${source} as its checksum does not fit: it was damaged or changed by hand. Make it again with the command ` +
      "that made it, or take a copy of it; remove its field 'checksum' only if you changed it on purpose.",
  );
}

/** The SHA-256 of a file as hexadecimal digits. The file is read in pieces. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  await reading(path, async () => {
    using file = await Deno.open(path);
    const chunk = new Uint8Array(2 ** 20);
    for (let read = await file.read(chunk); read !== null; read = await file.read(chunk)) {
      hash.update(chunk.subarray(0, read));
    }
  });
  return hash.digest("hex");
}

/** The SHA-256 of bytes or of a text (UTF-8), as 64 hexadecimal digits. */
export async function sha256(content: string | BufferSource): Promise<string> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
