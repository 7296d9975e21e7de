import { dirname, join } from "@std/path";
import { temporaryFolder } from "../temporary.ts";

/** Writes files below a fresh temporary folder, runs the test with it, and removes it. */
export async function withFiles(files: Record<string, string>, test: (root: string) => Promise<void>): Promise<void> {
  const root = await temporaryFolder("brewclip-test-");
  try {
    for (const [name, content] of Object.entries(files)) {
      await Deno.mkdir(dirname(join(root, name)), { recursive: true });
      await Deno.writeTextFile(join(root, name), content);
    }
    await test(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}
