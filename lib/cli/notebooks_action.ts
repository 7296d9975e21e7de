/** What `notebooks` does, loaded when it is asked for. */
import { formatSeconds } from "../experiments/report.ts";
import { chooseNotebooks, clearNotebook, notebookName } from "../notebook/jupyter/notebook_file.ts";
import { InputError } from "../errors.ts";
import { executeNotebook } from "../notebook/jupyter/execute_notebook.ts";
import { findJupyter } from "../notebook/jupyter/find_jupyter.ts";
import { onInterrupt } from "./interrupt.ts";
import { lazily } from "../lazily.ts";
import type { NotebooksOptions } from "./notebooks.ts";
import { startProgress } from "./progress.ts";

/**
 * Executes, checks or clears notebooks.
 *
 * @throws {InputError} where a name fits none, Jupyter is missing, a cell fails, or a check finds something.
 */
export async function notebooksFromOptions(
  names: readonly string[],
  options: NotebooksOptions,
): Promise<void> {
  const paths = await chooseNotebooks(options.folder, names);
  if (options.clear) {
    for (const path of paths) await mayWrite(path, "notebooks/");
    await clear(paths);
  }
  if (options.check) await check(paths);
  if (!options.clear && !options.check) await execute(paths, options);
}

async function execute(paths: readonly string[], { out, timeout }: NotebooksOptions): Promise<void> {
  await mayWrite(out, "reports/notebooks/");
  const { python, versions } = await findJupyter([["nbclient", "nbconvert"]]);
  console.error(
    `${python}: nbclient ${versions.nbclient}, nbconvert ${versions.nbconvert}; kernel Deno ${Deno.version.deno}`,
  );
  const signal = onInterrupt(() => console.error("stopping the kernel"), "stopped");
  for (const path of paths) {
    const began = performance.now();
    let shown: ReturnType<typeof startProgress> | undefined;
    let cells = 0;
    const onCell = (done: number, total: number): void => {
      shown ??= startProgress(notebookName(path), total, { unit: "cell" });
      shown.update(done);
      cells = total;
    };
    const written = await executeNotebook(path, { python, out, timeout, signal, onCell }).finally(() => shown?.stop());
    if (written === undefined) throw signal.reason;
    const seconds = (performance.now() - began) / 1000;
    console.log(`${notebookName(path)}: ${cells} cells in ${formatSeconds(seconds)}, ${written.page}`);
  }
}

async function clear(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const changed = await clearNotebook(path);
    console.log(`${path}: ${changed ? "cleared" : "has no outputs"}`);
  }
}

/** The rules are a development tool in tests/, not part of the package. */
async function check(paths: readonly string[]): Promise<void> {
  const { checkNotebooks } = await lazily<typeof import("../../tests/notebooks/check.ts")>(
    "../../tests/notebooks/check.ts",
    import.meta.url,
  );
  const findings = await checkNotebooks(paths);
  for (const finding of findings) console.log(finding);
  if (findings.length > 0) {
    throw new InputError(
      `The notebooks break ${findings.length} ${findings.length === 1 ? "rule" : "rules"}: see above.`,
    );
  }
  console.log(`${paths.map(notebookName).join(", ")}: form, types and lint are right`);
}

async function mayWrite(path: string, folder: string): Promise<void> {
  const { state } = await Deno.permissions.query({ name: "write", path });
  if (state === "granted") return;
  throw new InputError(
    `Cannot write to '${path}' as the task may write to ${folder} only: choose a folder there, or permit it with ` +
      `'deno run -P=notebooks --allow-write=${path} lib/cli/main.ts notebooks ...'.`,
  );
}
