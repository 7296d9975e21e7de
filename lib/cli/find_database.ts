/**
 * Prints host and port of the database in `BREWCLIP_DATABASE`, so that a task can permit this address only. Without one it
 * prints a name that no machine has.
 */
import { InputError } from "../errors.ts";
import { serverOf } from "../retrieval/index/server_address.ts";

function address(): string {
  try {
    return serverOf(Deno.env.get("BREWCLIP_DATABASE") ?? "").host;
  } catch (error) {
    if (error instanceof InputError) return "database.invalid:5432";
    throw error;
  }
}

if (import.meta.main) console.log(address());
