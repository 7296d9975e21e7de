/**
 * Jupyter in the browser, with this very Deno as its kernel.
 *
 * @module
 */
import { InputError } from "../../errors.ts";
import { findJupyter, type JupyterPart, PYTHONS, toolPath } from "./find_jupyter.ts";

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
