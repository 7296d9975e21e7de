/** Folders and files that tests make, removed when the test file ends, however it ends. */

const left = new Set<string>();

addEventListener("unload", () => {
  for (const path of left) {
    try {
      Deno.removeSync(path, { recursive: true });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
});

/** Removes files and folders at the end, those that are there. */
export function removeAtEnd(...paths: string[]): void {
  for (const path of paths) left.add(path);
}

/** A fresh folder in the system's place for temporary files; removed at the end. */
export async function temporaryFolder(prefix = "brewclip-test-"): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix });
  removeAtEnd(folder);
  return folder;
}
