/** Finds a Python with Jupyter, and opens the notebooks in it. */
import { InputError } from "../../errors.ts";

/** Usual names and paths of Python, which are also the ones that `deno.json` lets the tasks run. */
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

/** A Python with the versions of its parts of Jupyter; null for a missing part. */
export type Jupyter = { python: string; versions: Record<JupyterPart, string | null> };

/** Returns the path of a file in this folder. */
export function toolPath(name: string): string {
  return new URL(name, import.meta.url).pathname.replace(/^\/([A-Za-z]:)/, "$1");
}

/**
 * Finds a Python that has all parts of one of the lists, preferring the first list.
 *
 * @param wanted lists of parts, the best first
 * @param pythons where to look. Default {@link PYTHONS}.
 * @throws {InputError} if there is none, with the commands that install the first list.
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

/** Describes what is missing and how to install it. */
function missing(parts: readonly JupyterPart[], found: readonly Jupyter[]): string {
  const seen = found.length === 0
    ? "no Python 3 was found"
    : `${found.map(({ python }) => python).join(", ")} ${found.length === 1 ? "lacks" : "lack"} ${parts.join(" and ")}`;
  return [
    `Cannot use Jupyter as ${seen}: expected a Python with ${parts.join(" and ")}. Install it with one of`,
    ...installCommands(parts).map((command) => `  ${command}`),
    "or, if another Python has it, put its folder first on the PATH.",
  ].join("\n");
}

/** Lists the commands that install parts of Jupyter on a system. */
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

interface LabOptions {
  line: (text: string) => void;
  /** Options for Jupyter, such as `--no-browser`. */
  passed?: readonly string[];
  /** Where to look for Python. Default {@link PYTHONS}. */
  pythons?: readonly string[];
  /** Ends Jupyter. */
  signal?: AbortSignal | undefined;
}

/** The output of ensure_kernel.py. */
type Installed = { kernel: "there" | "installed" | "renewed"; executable: string } | {
  kernel: "failed";
  error: string;
};

/**
 * Installs the Deno kernel in Jupyter (`deno jupyter --install`) if it is missing or its executable is gone.
 *
 * @param python a Python with Jupyter
 * @throws {InputError} if it cannot be installed.
 */
export async function ensureKernel(python: string): Promise<Installed & { kernel: "there" | "installed" | "renewed" }> {
  const args = [toolPath("ensure_kernel.py"), Deno.execPath()];
  const { success, stdout, stderr } = await new Deno.Command(python, { args, stdin: "null" }).output();
  const decoder = new TextDecoder();
  const result: Installed = success
    ? JSON.parse(decoder.decode(stdout))
    : { kernel: "failed", error: decoder.decode(stderr).trim().slice(-800) };
  if (result.kernel !== "failed") return result;
  throw new InputError(
    `Cannot install the Deno kernel: ${result.error}. Try it by hand: ${Deno.execPath()} jupyter --install --force`,
  );
}

/** Milliseconds after the signal in which Jupyter must have ended. */
const PATIENCE = 4000;

/**
 * Opens JupyterLab in a folder, or Jupyter Notebook if only that is installed, and waits until it is closed.
 *
 * @returns Jupyter's exit code.
 * @throws {InputError} if Jupyter is missing or the kernel cannot be installed.
 * @throws the signal's reason, if it was aborted.
 */
export async function openLab(folder: string, options: LabOptions): Promise<number> {
  const { line, passed = [], pythons = PYTHONS, signal } = options;
  const wanted: JupyterPart[][] = [["jupyterlab"], ["notebook"]];
  const { python, versions } = await findJupyter(wanted, pythons);
  const { kernel, executable } = await ensureKernel(python);
  if (kernel !== "there") line(`the Deno kernel is ${kernel}: ${executable}`);
  const [module, name] = versions.jupyterlab === null ? ["notebook", "Jupyter Notebook"] : ["jupyterlab", "JupyterLab"];
  line(`${name} ${versions.jupyterlab ?? versions.notebook} on ${folder}; Ctrl-C ends it`);
  const child = new Deno.Command(python, { args: ["-m", module, folder, ...passed] }).spawn();
  const kill = (): void => child.kill("SIGKILL");
  let killing: ReturnType<typeof setTimeout> | undefined;
  const stop = (): void => { // after SIGINT alone Jupyter would ask, and go on without an answer
    child.kill("SIGTERM");
    killing = setTimeout(kill, PATIENCE);
  };
  signal?.addEventListener("abort", stop);
  addEventListener("unload", kill);
  try {
    const { code } = await child.status;
    signal?.throwIfAborted();
    return code;
  } finally {
    clearTimeout(killing);
    signal?.removeEventListener("abort", stop);
    removeEventListener("unload", kill);
  }
}
