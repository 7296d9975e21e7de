/**
 * `lab`: opens the notebooks in JupyterLab.
 *
 * @module
 */
import { Command } from "commander";
import { lazily } from "../lazily.ts";
import { nonEmpty } from "./options.ts";

/** Defines the sub-command. */
export function labCommand(exit: (code: number) => void): Command {
  return new Command("lab")
    .description(
      "Open the notebooks in JupyterLab (or Jupyter Notebook) with the Deno kernel, which is installed where it is missing.",
    )
    .argument("[passed...]", "options for Jupyter itself, after --, such as: -- --no-browser --port 9000")
    .option("--folder <dir>", "where the notebooks are", nonEmpty, "notebooks")
    .action(async (passed: string[], { folder }: { folder: string }) => {
      const { openLab } = await lazily<typeof import("../notebook/jupyter/lab.ts")>(
        "../notebook/jupyter/lab.ts",
        import.meta.url,
      );
      exit(await openLab(folder, { passed, line: (text) => console.error(text) }));
    });
}
