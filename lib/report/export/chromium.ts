/** Finding an installed Chromium or Chrome. */
import { join } from "@std/path";
import { InputError } from "../../errors.ts";

export const NO_CHROMIUM: string =
  "No Chromium or Chrome was found, so no SVG, PNG or PDF is made: install one (Debian and Ubuntu: 'apt install chromium'; " +
  "macOS: 'brew install --cask google-chrome'; Windows: 'winget install Google.Chrome') or set CHROME_PATH to its program.";

const NAMES = [
  "chromium",
  "chromium-browser",
  "google-chrome-stable",
  "google-chrome",
  "chrome",
  "microsoft-edge-stable",
  "microsoft-edge",
];

export interface System {
  os: typeof Deno.build.os;
  env: (name: string) => string | undefined;
  isFile: (path: string) => Promise<boolean>;
}

/**
 * Finds a Chromium, Chrome or Edge: `CHROME_PATH`, else a well-known name on the PATH, else a well-known location.
 *
 * @throws {InputError} if `CHROME_PATH` is set and names no file.
 */
export async function findChromium(system: System = HERE): Promise<string | undefined> {
  const named = system.env("CHROME_PATH");
  if (named !== undefined && named !== "") {
    if (await system.isFile(named)) return named;
    throw new InputError(
      `Cannot use CHROME_PATH as it must be the program of a Chromium or Chrome: '${named}' found, where no file is. ` +
        `Correct it, or unset it to have the browser found.`,
    );
  }
  for (const path of [...onPath(system), ...wellKnown(system)]) if (await system.isFile(path)) return path;
  return undefined;
}

function onPath({ os, env }: System): string[] {
  const windows = os === "windows";
  const folders = (env("PATH") ?? "").split(windows ? ";" : ":").filter((folder) => folder !== "");
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, windows ? `${name}.exe` : name)));
}

function wellKnown({ os, env }: System): string[] {
  if (os === "darwin") {
    const programs = ["Google Chrome", "Chromium", "Microsoft Edge"];
    const roots = ["/Applications", ...folderOf(env("HOME"), "Applications")];
    return roots.flatMap((root) => programs.map((name) => join(root, `${name}.app`, "Contents", "MacOS", name)));
  }
  if (os === "windows") {
    const roots = ["PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"].flatMap((name) => env(name) ?? []);
    const programs = ["Google\\Chrome\\Application\\chrome.exe", "Chromium\\Application\\chrome.exe"];
    return roots.flatMap((root) =>
      [...programs, "Microsoft\\Edge\\Application\\msedge.exe"].map((program) => join(root, program))
    );
  }
  return ["/usr/bin/chromium", "/usr/bin/google-chrome", "/snap/bin/chromium", "/opt/google/chrome/chrome"];
}

function folderOf(root: string | undefined, name: string): string[] {
  return root === undefined ? [] : [join(root, name)];
}

const HERE: System = {
  os: Deno.build.os,
  env: (name) => Deno.env.get(name),
  isFile: async (path) => {
    try {
      return (await Deno.stat(path)).isFile;
    } catch {
      return false;
    }
  },
};
