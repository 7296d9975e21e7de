/**
 * The command line. Each sub-command has a file, reads its options and makes one library call.
 *
 * Exit codes: 0 done, 1 an input is at fault, 2 wrong use, 130 stopped by the user (saved).
 */
import { Command } from "commander";
import { dataCommand } from "./data.ts";
import project from "../../deno.json" with { type: "json" };
import { type ExperimentName, EXPERIMENTS } from "../experiments/registry.ts";
import { experimentCommand } from "./experiment.ts";
import { labCommand, notebooksCommand } from "./notebooks.ts";
import { reportCommand } from "./report.ts";
import { runCommand, WRONG_USE } from "./run_command.ts";
import { embedCommand, indexCommand, searchCommand } from "./search.ts";
import { serveCommand } from "./serve.ts";
import { evalCommand, trainCommand } from "./train.ts";
import { transcribeCommand } from "./transcribe.ts";

/** The command line's definition. An action returns nothing; an exit code other than 0 is put into `exit`. */
export function program(args: readonly string[], exit: (code: number) => void): Command {
  const root = new Command("deno task")
    .description("BrewCLIP: find images by speech and speech by images")
    .usage("<command> [options]")
    .version(project.version, "--version", "print the version")
    .helpCommand(false);
  const experiments = Object.keys(EXPERIMENTS) as ExperimentName[];
  for (
    const command of [
      trainCommand(args),
      evalCommand(args),
      transcribeCommand(),
      indexCommand(),
      searchCommand(),
      embedCommand(),
      ...experiments.map((name) => experimentCommand(name, args)),
      reportCommand(),
      serveCommand(),
      dataCommand(exit),
      notebooksCommand(),
      labCommand(exit),
    ]
  ) {
    root.addCommand(command.version(project.version, "--version", "print the version"));
  }
  return root;
}

/**
 * Runs one command.
 *
 * @returns the exit code.
 * @throws errors that are neither wrong use nor an {@link InputError}: bugs, shown with their stack.
 */
export async function main(args: readonly string[]): Promise<number> {
  let code = 0;
  const root = program(args, (value) => code = value);
  if (args.length === 0) {
    const names = root.commands.map((command) => command.name()).join(", ");
    console.error(`error: no command is given: expected one of ${names} (see --help)`);
    return WRONG_USE;
  }
  const failed = await runCommand(root, args);
  return failed || code;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
