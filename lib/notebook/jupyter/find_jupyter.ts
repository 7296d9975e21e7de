/**
 * Finds a Python with Jupyter, and opens the notebooks in it.
 *
 * @module
 */
import { InputError } from "../../errors.ts";

/** Names and places where Python usually is; also those that `deno.json` lets the tasks run. */
export const PYTHONS: readonly string[] = [
  "python3",
  "python",
  "py",
  "/usr/bin/python3",
  "/usr/local/bin/python3",
  "/opt/homebrew/bin/python3",
];

/** Parts of Jupyter that a Python may have. */
export type JupyterPart = "nbclient" | "nbconvert" | "jupyterlab" | "notebook";

/** A Python with what it has of Jupyter. */
export interface Jupyter {
  /** What to run. */
  python: string;
  /** The parts' versions; null where one is missing. */
  versions: Record<JupyterPart, string | null>;
}

/** The path of a file beside this module. */
export function toolPath(name: string): string {
  return new URL(name, import.meta.url).pathname.replace(/^\/([A-Za-z]:)/, "$1");
}

/**
 * Finds a Python that has at least one of the lists of parts, looking for the first list in all places before the next.
 *
 * @param wanted lists of parts, the best first
 * @param pythons where to look. Default {@link PYTHONS}.
 * @throws {InputError} where there is none; tells the commands that install the first list.
 */
export async function findJupyter(
  wanted: readonly (readonly JupyterPart[])[],
  pythons: readonly string[] = PYTHONS,
): Promise<Jupyter> {
  const found: Jupyter[] = [];
  for (const python of pythons) {
    const jupyter = await probe(python);
    if (jupyter === undefined) continue;
    if (wanted[0]!.every((part) => jupyter.versions[part] !== null)) return jupyter;
    found.push(jupyter);
  }
  for (const parts of wanted.slice(1)) {
    const jupyter = found.find(({ versions }) => parts.every((part) => versions[part] !== null));
    if (jupyter !== undefined) return jupyter;
  }
  throw new InputError(missing(wanted[0]!, found));
}

async function probe(python: string): Promise<Jupyter | undefined> {
  try {
    const { success, stdout } = await new Deno.Command(python, {
      args: [toolPath("probe.py")],
      stdin: "null",
      stderr: "null",
    }).output();
    if (!success) return undefined;
    const { versions } = JSON.parse(new TextDecoder().decode(stdout));
    return { python, versions };
  } catch (error) {
    const absent = error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable ||
      error instanceof Deno.errors.PermissionDenied || error instanceof SyntaxError;
    if (absent) return undefined;
    throw error;
  }
}

/** What is missing and how it is installed. */
function missing(parts: readonly JupyterPart[], found: readonly Jupyter[]): string {
  const seen = found.length === 0
    ? "no Python 3 was found"
    : `${found.map(({ python }) => python).join(", ")} ${found.length === 1 ? "lacks" : "lack"} ${parts.join(" and ")}`;
  return [
    `Cannot use Jupyter as ${seen}: expected a Python with ${parts.join(" and ")}. Install it with one of`,
    ...installCommands(parts).map((command) => `  ${command}`),
    "or, where another Python has it, put that one's folder first on the PATH.",
  ].join("\n");
}

/** The commands that install parts of Jupyter, for this system. */
export function installCommands(parts: readonly JupyterPart[], os: typeof Deno.build.os = Deno.build.os): string[] {
  const names = parts.join(" ");
  const debian: Record<JupyterPart, string> = {
    nbclient: "python3-nbclient",
    nbconvert: "python3-nbconvert",
    jupyterlab: "jupyter-notebook",
    notebook: "jupyter-notebook",
  };
  const venv = (python: string, bin: string): string =>
    `${python} -m venv .venv && ${bin}pip install ${names} (and then: ${
      os === "windows" ? ".venv\\Scripts\\activate" : "source .venv/bin/activate"
    })`;
  const conda = `conda install -c conda-forge ${names}`;
  if (os === "windows") return [`py -m pip install ${names}`, conda];
  if (os === "darwin") return ["brew install jupyterlab", venv("python3", ".venv/bin/"), conda];
  const packages = [...new Set(parts.map((part) => debian[part]))].join(" ");
  return [`sudo apt-get install ${packages}   (Debian, Ubuntu)`, venv("python3", ".venv/bin/"), conda];
}

/** How Jupyter is opened. */
export interface LabOptions {
  /** Takes lines on what happens. */
  line: (text: string) => void;
  /** Options that Jupyter gets as they are, such as `--no-browser`. */
  passed?: readonly string[];
  /** Where Python is looked for. Default the usual places. */
  pythons?: readonly string[];
}

/** What the kernel's installation tells. */
type Installed = { kernel: "there" | "installed" | "renewed"; executable: string } | {
  kernel: "failed";
  error: string;
};

/**
 * Makes sure that Jupyter knows the Deno kernel: installs it (`deno jupyter --install`) where it is missing, and anew where
 * its executable is gone.
 *
 * @param python a Python with Jupyter
 * @throws {InputError} where it cannot be installed.
 */
export async function ensureKernel(python: string): Promise<Installed & { kernel: "there" | "installed" | "renewed" }> {
  const args = [toolPath("ensure_kernel.py"), Deno.execPath()];
  const { success, stdout, stderr } = await new Deno.Command(python, { args, stdin: "null" }).output();
  const told = new TextDecoder();
  const result: Installed = success
    ? JSON.parse(told.decode(stdout))
    : { kernel: "failed", error: told.decode(stderr).trim().slice(-800) };
  if (result.kernel !== "failed") return result;
  throw new InputError(
    `Cannot install the Deno kernel: ${result.error}. Try it by hand: ${Deno.execPath()} jupyter --install --force`,
  );
}

/**
 * Opens JupyterLab on a folder, or Jupyter Notebook where only that is there, and waits until it is closed.
 *
 * @returns Jupyter's exit code.
 * @throws {InputError} where Jupyter is missing (tells the commands that install it), or the kernel cannot be installed.
 */
export async function openLab(folder: string, options: LabOptions): Promise<number> {
  const { line, passed = [], pythons = PYTHONS } = options;
  const wanted: JupyterPart[][] = [["jupyterlab"], ["notebook"]];
  const { python, versions } = await findJupyter(wanted, pythons);
  const { kernel, executable } = await ensureKernel(python);
  if (kernel !== "there") line(`the Deno kernel is ${kernel}: ${executable}`);
  const [module, name] = versions.jupyterlab === null ? ["notebook", "Jupyter Notebook"] : ["jupyterlab", "JupyterLab"];
  line(`${name} ${versions.jupyterlab ?? versions.notebook} on ${folder}; Ctrl-C ends it`);
  const child = new Deno.Command(python, { args: ["-m", module, folder, ...passed] }).spawn();
  const ignore = (): void => {}; // the terminal tells Jupyter too, which asks before it ends
  Deno.addSignalListener("SIGINT", ignore);
  try {
    return (await child.status).code;
  } finally {
    Deno.removeSignalListener("SIGINT", ignore);
  }
}
