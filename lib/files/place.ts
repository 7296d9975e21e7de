/**
 * Where a path really leads. Deno checks permissions by name, so a link below a folder that may be written would lead
 * writes out of it.
 */
import { dirname, relative, resolve, sep } from "node:path";
import { InputError } from "../errors.ts";
import { isAbsence } from "./read.ts";

/**
 * Checks that a path below the current folder does not leave its first folder, such as `runs`, through a link. That folder
 * itself may be a link. A target that this process may write by its own name is allowed.
 *
 * @param path a file or folder, which may not exist yet
 * @throws {InputError} if it does, or if it is a link to nothing.
 */
export async function checkPlace(path: string): Promise<void> {
  const place = resolve(path);
  const below = relative(Deno.cwd(), place);
  const [first = ""] = below.split(sep);
  if (below === first || first === "..") return; // a link that the user named, or a place with a permission of its own
  const [real, root] = [await realPlace(place), await realPlace(resolve(first))];
  if (real === root || real.startsWith(root.endsWith(sep) ? root : root + sep)) return;
  if ((await Deno.permissions.query({ name: "write", path: real })).state === "granted") return;
  throw new InputError(
    `Cannot write '${path}' as a link below '${first}' leads it to '${real}', outside of '${root}': expected a place within. ` +
      `Replace the link by a folder, make '${first}' itself the link, or allow the place with --allow-write=${real}.`,
  );
}

/** The real path of the part that exists, and the rest. */
async function realPlace(path: string): Promise<string> {
  try {
    return await Deno.realPath(path);
  } catch (error) {
    if (!isAbsence(error) || dirname(path) === path) throw error;
  }
  if (await Deno.lstat(path).then(({ isSymlink }) => isSymlink, () => false)) {
    throw new InputError(`Cannot write '${path}' as it is a link to nothing: remove it.`);
  }
  return resolve(await realPlace(dirname(path)), path.slice(dirname(path).length).replace(/^[/\\]+/, ""));
}
