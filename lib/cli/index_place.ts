/** From the options of a command to the place of an index. */
import { join } from "@std/path";
import { InputError } from "../errors.ts";
import { serverOf } from "../retrieval/index/server_address.ts";
import type { PlaceOptions } from "./search.ts";

/** Where an index is, as `openIndex` takes it. */
export function indexPlace({ index, database }: PlaceOptions): { place: string; name: string } {
  if (!/^[\w-][\w.-]{0,39}$/.test(index)) {
    throw new InputError(
      `Cannot use the index '${index}' as its name must be 1 to 40 letters, digits, '-', '_' or '.', with no '.' first.`,
    );
  }
  const address = database ?? (Deno.env.get("BREWCLIP_DATABASE") || undefined);
  if (address !== undefined) serverOf(address); // checked: else it would be a folder
  return address === undefined
    ? { place: join("runs", "index", index), name: "images" }
    : { place: address, name: index };
}
