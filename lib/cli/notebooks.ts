/** `notebooks` and `lab`: the notebooks executed, checked or cleared, or opened in JupyterLab. */
import { Command } from "commander";
import { lazily } from "../lazily.ts";
import { onInterrupt } from "./interrupt.ts";
import { nonEmpty, wholeNumber } from "./options.ts";

/** The options as commander gives them. */
export interface NotebooksOptions {
  folder: string;
  out: string;
  timeout: number;
  check?: true;
  clear?: true;
}

export function notebooksCommand(): Command {
  return new Command("notebooks")
    .description(
      "Execute the notebooks from the first cell to the last with Jupyter and this Deno as its kernel, and write them with " +
        "their outputs as NAME.ipynb and NAME.html. Stops at the first cell that fails.",
    )
    .argument("[names...]", "notebooks by number, name or path (default: all, in their order)")
    .option("--folder <dir>", "where the notebooks are", nonEmpty, "notebooks")
    .option("--out <dir>", "where the executed ones are written", nonEmpty, "reports/notebooks")
    .option("--timeout <seconds>", "how long a cell may take", wholeNumber(1), 1800)
    .option("--check", "do not execute: check form, types and lint")
    .option("--clear", "do not execute: remove outputs and counts from the notebooks themselves")
    .action(async (names: string[], options: NotebooksOptions) => {
      const { notebooksFromOptions } = await lazily<typeof import("./notebooks_action.ts")>(
        "./notebooks_action.ts",
        import.meta.url,
      );
      await notebooksFromOptions(names, options);
    });
}

export function labCommand(exit: (code: number) => void): Command {
  return new Command("lab")
    .description(
      "Open the notebooks in JupyterLab (or Jupyter Notebook) with the Deno kernel, which is installed if it is missing.",
    )
    .argument("[passed...]", "options for Jupyter itself, after --, such as: -- --no-browser --port 9000")
    .option("--folder <dir>", "where the notebooks are", nonEmpty, "notebooks")
    .action(async (passed: string[], { folder }: { folder: string }) => {
      const { openLab } = await lazily<typeof import("../notebook/jupyter/find_jupyter.ts")>(
        "../notebook/jupyter/find_jupyter.ts",
        import.meta.url,
      );
      const signal = onInterrupt(() => console.error("stopping Jupyter (again Ctrl-C: stop at once)"), "stopped");
      exit(await openLab(folder, { passed, line: (text) => console.error(text), signal }));
    });
}
