/**
 * The command line: one sub-command a file, each with options in, one library call, lines out.
 *
 * Exit codes: 0 done, 1 an input is at fault, 2 wrong use, 130 stopped by the user (saved).
 *
 * @module
 */
import { Command } from "commander";
import { ablateCommand } from "./ablate.ts";
import { attentionCommand } from "./attention.ts";
import { compareCommand } from "./compare.ts";
import { cropCommand } from "./crop.ts";
import { spaceCommand } from "./space.ts";
import { crossCommand } from "./cross.ts";
import { dataCommand } from "./data.ts";
import { evalCommand } from "./eval.ts";
import { galleryCommand } from "./gallery.ts";
import { labCommand } from "./lab.ts";
import { notebooksCommand } from "./notebooks.ts";
import { reportCommand } from "./report.ts";
import { runCommand, WRONG_USE } from "./run_command.ts";
import { serCommand } from "./ser.ts";
import { toneCommand } from "./tone.ts";
import { trainCommand } from "./train.ts";
import { transcribeCommand } from "./transcribe.ts";
import { werCommand } from "./wer.ts";
import { zeroShotCommand } from "./zero_shot.ts";

/** The command line's definition. An action returns nothing; an exit code other than 0 is put into `exit`. */
export function program(exit: (code: number) => void): Command {
  const root = new Command("brewclip")
    .description("BrewCLIP: find pictures by speech and speech by pictures")
    .helpCommand(false);
  for (
    const command of [
      trainCommand(exit),
      evalCommand(),
      transcribeCommand(exit),
      zeroShotCommand(exit),
      compareCommand(exit),
      crossCommand(exit),
      ablateCommand(exit),
      werCommand(exit),
      toneCommand(exit),
      serCommand(exit),
      galleryCommand(exit),
      attentionCommand(exit),
      cropCommand(exit),
      spaceCommand(exit),
      reportCommand(exit),
      dataCommand(exit),
      notebooksCommand(exit),
      labCommand(exit),
    ]
  ) {
    root.addCommand(command);
  }
  return root;
}

/**
 * Runs one command.
 *
 * @returns the exit code.
 * @throws whatever is neither wrong use nor an {@link InputError}: a fault of the program, shown with its stack.
 */
export async function main(args: readonly string[]): Promise<number> {
  let code = 0;
  const root = program((value) => code = value);
  if (args.length === 0) {
    const names = root.commands.map((command) => command.name()).join(", ");
    console.error(`error: no command is given: expected one of ${names} (see --help)`);
    return WRONG_USE;
  }
  const failed = await runCommand(root, args);
  return failed || code;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
