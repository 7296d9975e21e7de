/** The databases that an index is tested in: a folder, and a server if `BREWCLIP_TEST_DATABASE` has its address. */
import { join } from "@std/path";
import { removeAtEnd, temporaryFolder } from "../../temporary.ts";

/** Address of a server with pgvector that `tests/postgres.sh` has started. */
export const SERVER: string | undefined = Deno.env.get("BREWCLIP_TEST_DATABASE") || undefined;

/** A place for an index that no other test uses. */
export type Place = { place: string; name: string };

/** A fresh place in a folder. */
export async function folderPlace(): Promise<Place> {
  return { place: join(await temporaryFolder("brewclip-index-"), "index"), name: "images" };
}

/** A fresh name in the server. */
export function serverPlace(): Place {
  return { place: SERVER!, name: `test-${crypto.randomUUID().slice(0, 8)}` };
}

/** Defines a test for each kind of database. */
export function inEachDatabase(name: string, test: (place: Place) => Promise<void>): void {
  Deno.test(`${name}, in a folder`, async () => await test(await folderPlace()));
  Deno.test({
    name: `${name}, in a server${SERVER === undefined ? " (skipped: BREWCLIP_TEST_DATABASE is not set)" : ""}`,
    ignore: SERVER === undefined,
    fn: () => test(serverPlace()),
  });
}

/** Copies of images of the sample, in a folder of their own. */
export async function imageFolder(count: number): Promise<string> {
  const folder = await temporaryFolder("brewclip-images-");
  removeAtEnd(folder);
  const sample = "data/sample/flickr8k/Images";
  const names = Array.from(Deno.readDirSync(sample), ({ name }) => name).sort().slice(0, count);
  await Deno.mkdir(join(folder, "sub"));
  for (const [i, name] of names.entries()) {
    await Deno.copyFile(join(sample, name), join(folder, i % 2 === 0 ? "" : "sub", `${i}.jpg`));
  }
  return await Deno.realPath(folder);
}
