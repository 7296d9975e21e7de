/**
 * Parses arguments, runs a command and turns what it throws into an exit code.
 *
 * @module
 */
import { type Command, CommanderError } from "commander";
import { InputError, StoppedError } from "../errors.ts";
import { INTERRUPTED } from "./interrupt.ts";

/** Exit code of a command line that cannot be parsed. */
export const WRONG_USE = 2;

/**
 * Runs a command with its sub-commands. Wrong use and faulty input are printed as one line.
 *
 * @returns the exit code: 0 done, 1 an input is at fault, 2 wrong use, 130 stopped
 * @throws anything else: a fault of the program, shown with its stack
 */
export async function runCommand(root: Command, args: readonly string[]): Promise<number> {
  for (const command of withSubcommands(root)) {
    command.exitOverride().showSuggestionAfterError(true).allowExcessArguments(false).configureOutput({
      outputError: (text, write) => write(`${text.trim().replace(/\s*\n\s*/g, " ")}\n`),
    });
  }
  try {
    await root.parseAsync([...args], { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : WRONG_USE;
    if (error instanceof StoppedError) {
      console.error(error.message);
      return INTERRUPTED;
    }
    if (!(error instanceof InputError)) throw error;
    console.error(`error: ${error.message}`);
    return 1;
  }
}

function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}
