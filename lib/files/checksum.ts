/**
 * SHA-256 of files and texts.
 */

/** The SHA-256 of bytes or of a text (UTF-8), as 64 hexadecimal digits. */
export async function sha256(content: string | BufferSource): Promise<string> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
