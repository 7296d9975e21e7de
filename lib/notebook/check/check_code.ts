/**
 * Types and lint of the code in notebooks, as the Deno kernel would see it. The kernel itself checks no types, and an
 * imported name that does not exist is `undefined` there.
 *
 * @module
 */
import { join, resolve } from "@std/path";
import { pathToFileURL } from "node:url";
import { joinCode, type JoinedCode } from "./joined_code.ts";
import type { NotebookFile } from "./notebook_file.ts";

/** A notebook with its path. */
export interface NamedNotebook {
  /** The path of its file. */
  path: string;
  /** What stands in it. */
  notebook: NotebookFile;
}

/**
 * Runs `deno check` and `deno lint` over the code of notebooks.
 *
 * @param options.root the project, which has `mod.ts` and `deno.json`. Default the working directory.
 * @returns a text for each program that found something, with the cell and the line in it of each finding.
 */
export async function checkCode(
  notebooks: readonly NamedNotebook[],
  options: { root?: string } = {},
): Promise<string[]> {
  const root = resolve(options.root ?? ".");
  const folder = join(root, "reports", "notebooks", `.check-${crypto.randomUUID().slice(0, 8)}`);
  await Deno.mkdir(folder, { recursive: true });
  try {
    const codes = new Map<string, { path: string; code: JoinedCode }>();
    for (const [i, { path, notebook }] of notebooks.entries()) {
      const code = joinCode(notebook);
      const file = join(folder, `notebook_${i}.ts`);
      await Deno.writeTextFile(file, code.text);
      codes.set(file, { path, code });
    }
    const files = [...codes.keys()];
    const told = [
      await deno(["check", "-q", "--config", join(root, "deno.json"), ...files], root),
      await deno(["lint", "-q", "--no-config", ...files], root),
    ];
    return told.filter((text) => text !== undefined).map((text) => atCells(text, codes));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Runs Deno; what it says where it is not content. */
async function deno(args: string[], cwd: string): Promise<string | undefined> {
  const env = { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" };
  const own = await Deno.permissions.query({ name: "run", command: Deno.execPath() });
  const command = own.state === "granted" ? Deno.execPath() : "deno"; // deno.json can name the one on the PATH only
  const { success, stdout, stderr } = await new Deno.Command(command, { args, cwd, env, stdin: "null" }).output();
  const text = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("").trim();
  return success ? undefined : text.replace(/\s*Stack backtrace:[^]*$/, "");
}

/** Replaces places in the joined modules by those in the notebooks. */
function atCells(text: string, codes: ReadonlyMap<string, { path: string; code: JoinedCode }>): string {
  let result = text;
  for (const [file, { path, code: { origins } }] of codes) {
    for (const name of [String(pathToFileURL(file)), file]) {
      result = result.replaceAll(new RegExp(`${RegExp.escape(name)}:(\\d+)(?::\\d+)?`, "g"), (_, line: string) => {
        const origin = origins[Number(line) - 1];
        return origin === undefined ? path : `${path}, cell ${origin.cell}, line ${origin.line}`;
      });
    }
  }
  return result;
}
